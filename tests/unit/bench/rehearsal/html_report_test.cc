#include "bench/rehearsal/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/match.h"
#include "bench/rehearsal/full_load_report.h"
#include "bench/rehearsal/svg_chart.h"

namespace sabun::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report Sample() {
  Report report;
  report.title = {"題<1>", "title<1>"};
  report.subtitle = {"小", "small"};
  ReportSection section;
  section.heading = {"見出し", "heading"};
  section.lines = {
      {{"名\"", "name\""}, {"<script>alert(1)</script>", "<script>alert(1)</script>"}, Basis::kExtrapolated}};
  section.table = ReportTable{{{"列", "column"}, {"値", "value"}}, {{{"行", "row"}, {"1&2", "1&2"}}}};
  section.figures = {{{"図", "figure"}, BarChart({{{"棒", "bar"}, 0, 1, {"1", "1"}, 0}})}};
  section.notes = {{"注", "note"}};
  report.sections = {section};
  return report;
}

// Elements that are opened and closed in order; void elements and the doctype are left out.
bool TagsBalance(const std::string& html) {
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/', tag.find_first_of(" \n", 1) - (tag[0] == '/'));
    if (tag[0] == '!' || name == "meta" || tag.back() == '/') continue;
    if (tag[0] != '/') {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

TEST(HtmlReport, EscapesEveryText) {
  const std::string html = HtmlReport(Sample());
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, HasSubstr("題&lt;1&gt;"));
  EXPECT_THAT(html, HasSubstr("1&amp;2"));
}

TEST(HtmlReport, NeedsNothingButItself) {
  for (const Report& report : {Sample(), FullLoadReport([] {
                                 FullLoadFindings findings;
                                 findings.full.days.resize(1);
                                 findings.full.day_submissions.resize(1);
                                 return findings;
                               }())}) {
    const std::string html = HtmlReport(report);
    for (const char* outside : {"http:", "https:", "//", "src=", "href=", "url(", "@import", "<link", "<script"}) {
      EXPECT_THAT(html, Not(HasSubstr(outside)));
    }
  }
}

TEST(HtmlReport, TagsBalance) { EXPECT_TRUE(TagsBalance(HtmlReport(Sample()))); }

TEST(HtmlReport, SpeaksBothLanguagesAndFitsDarkScreensAndPaper) {
  const std::string html = HtmlReport(Sample());
  for (const char* part : {"見出し", "heading", "lang=\"en\"", "推計 / extrapolated", "prefers-color-scheme: dark",
                           "@media print", "<meta charset=\"utf-8\">"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
}

}  // namespace
}  // namespace sabun::bench
