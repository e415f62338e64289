#include "bench/rehearsal/html_report.h"

#include "absl/strings/str_cat.h"
#include "bench/rehearsal/svg_chart.h"

namespace sabun::bench {
namespace {

// Colors that people who see no red or no green can tell apart; the second set is for dark screens.
constexpr char kStyle[] = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #5b6470; --rule: #d5dae0;
  --c0: #1f6fb2; --c1: #d1711b; --c2: #2b8a5a; --c3: #8a4fb0; --limit: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171a; --ink: #e8eaed; --soft: #a4adb8; --rule: #3a4149;
    --c0: #6fb3ea; --c1: #f0a45c; --c2: #6fcf9c; --c3: #c79be6; --limit: #ff8a80; } }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --soft: #444444; --rule: #bbbbbb;
    --c0: #1f6fb2; --c1: #d1711b; --c2: #2b8a5a; --c3: #8a4fb0; --limit: #b3261e; }
  section, figure { break-inside: avoid; }
  .bar, .dot { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
body { background: var(--paper); color: var(--ink); max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  font: 15px/1.6 "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", Meiryo, system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
.en { color: var(--soft); font-weight: normal; } p.subtitle { color: var(--soft); margin-top: .3rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--rule); padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; } td .en, th .en { display: block; font-size: .82rem; }
td.basis { white-space: nowrap; color: var(--soft); font-size: .85rem; }
ul.notes { color: var(--soft); font-size: .9rem; } ul.notes .en { display: block; }
figure { margin: 1rem 0; } figcaption { font-size: .9rem; color: var(--soft); }
svg.chart { width: 100%; height: auto; font-size: 12px; } svg text { fill: var(--ink); }
.grid { stroke: var(--rule); stroke-width: 1; } .limit { stroke: var(--limit); stroke-dasharray: 2 4; }
.line { fill: none; stroke-width: 2; } .dashed { stroke-dasharray: 7 5; }
.bar.c0, .dot.c0 { fill: var(--c0); } .bar.c1, .dot.c1 { fill: var(--c1); }
.bar.c2, .dot.c2 { fill: var(--c2); } .bar.c3, .dot.c3 { fill: var(--c3); }
.line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); }
.line.c2 { stroke: var(--c2); } .line.c3 { stroke: var(--c3); }
)";

// Japanese first, English below or behind it, marked with its language.
std::string Both(const Words& words) {
  if (words.ja == words.en) return EscapeMarkup(words.ja);
  return absl::StrCat(EscapeMarkup(words.ja), " <span class=\"en\" lang=\"en\">", EscapeMarkup(words.en), "</span>");
}

std::string Lines(const std::vector<ReportLine>& lines) {
  if (lines.empty()) return "";
  std::string html = "<table>\n";
  for (const ReportLine& line : lines) {
    absl::StrAppend(&html, "<tr><td>", Both(line.label), "</td><td class=\"number\">", Both(line.value),
                    "</td><td class=\"basis\">", BothLanguages(BasisText(line.basis)), "</td></tr>\n");
  }
  return html + "</table>\n";
}

std::string Row(const std::vector<Words>& cells, const std::string& element) {
  std::string html = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::StrAppend(&html, "<", element, i > 0 ? " class=\"number\">" : ">", Both(cells[i]), "</", element, ">");
  }
  return html + "</tr>\n";
}

std::string Table(const ReportTable& table) {
  std::string html = "<table>\n" + Row(table.columns, "th");
  for (const auto& row : table.rows) html += Row(row, "td");
  return html + "</table>\n";
}

std::string Section(const ReportSection& section) {
  std::string html = absl::StrCat("<section>\n<h2>", Both(section.heading), "</h2>\n", Lines(section.lines));
  if (section.table.has_value()) html += Table(*section.table);
  for (const ReportFigure& figure : section.figures) {
    if (figure.svg.empty()) continue;
    absl::StrAppend(&html, "<figure>\n", figure.svg, "\n<figcaption>", Both(figure.caption),
                    "</figcaption></figure>\n");
  }
  if (!section.notes.empty()) {
    html += "<ul class=\"notes\">\n";
    for (const Words& note : section.notes) absl::StrAppend(&html, "<li>", Both(note), "</li>\n");
    html += "</ul>\n";
  }
  return html + "</section>\n";
}

}  // namespace

std::string HtmlReport(const Report& report) {
  std::string html = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      BothLanguages(report.title), "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<h1>", Both(report.title),
      "</h1>\n<p class=\"subtitle\">", Both(report.subtitle), "</p>\n");
  for (const ReportSection& section : report.sections) html += Section(section);
  return html + "</body>\n</html>\n";
}

}  // namespace sabun::bench
