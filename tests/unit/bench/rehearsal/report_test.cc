#include "bench/rehearsal/report.h"

#include <gtest/gtest.h>

namespace sabun::bench {
namespace {

TEST(ReportText, AlignsLinesAndTables) {
  Report report;
  report.title = {"題", "Title"};
  report.subtitle = {"小", "small"};
  ReportSection section;
  section.heading = {"答え", "Answer"};
  section.lines = {{{"件数", "records"}, {"5", "5"}, Basis::kGiven}, {{"時間", "time"}, {"12秒", "12 s"}}};
  section.table = ReportTable{{{"段階", "stage"}, {"速さ", "rate"}}, {{{"比較", "compare"}, {"7", "7"}}}};
  section.notes = {{"注", "note"}};
  report.sections = {section};
  EXPECT_EQ(ReportText(report, false),
            "Title\nsmall\n\nAnswer\n"
            "  records  5     [given]\n"
            "  time     12 s  [measured]\n"
            "  stage    rate\n"
            "  compare     7\n"
            "  * note\n");
  EXPECT_EQ(ReportText(report, true),
            "題\n小\n\n答え\n"
            "  件数  5     [指定]\n"
            "  時間  12秒  [実測]\n"
            "  段階  速さ\n"
            "  比較     7\n"
            "  * 注\n");
}

}  // namespace
}  // namespace sabun::bench
