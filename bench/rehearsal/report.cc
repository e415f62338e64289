#include "bench/rehearsal/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "adapters/cli/text_layout.h"

namespace sabun::bench {
namespace {

void AppendLines(const std::vector<ReportLine>& lines, bool japanese, std::string* text) {
  std::vector<std::vector<std::string>> rows;
  for (const ReportLine& line : lines) {
    rows.push_back({"  " + line.label.In(japanese), line.value.In(japanese),
                    absl::StrCat("[", BasisText(line.basis).In(japanese), "]")});
  }
  for (const std::string& row : cli::AlignColumns(rows)) absl::StrAppend(text, row, "\n");
}

// Numbers are set to the right, so that digits stand below digits.
void AppendTable(const ReportTable& table, bool japanese, std::string* text) {
  std::vector<size_t> widths(table.columns.size());
  const auto widen = [&](const std::vector<Words>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cli::DisplayWidth(cells[i].In(japanese)));
  };
  const auto append = [&](const std::vector<Words>& cells) {
    std::string line = "  ";
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string& cell = cells[i].In(japanese);
      absl::StrAppend(&line, i == 0 ? cli::PadRight(cell, widths[i]) : "  " + cli::PadLeft(cell, widths[i]));
    }
    line.resize(line.find_last_not_of(' ') + 1);
    absl::StrAppend(text, line, "\n");
  };
  widen(table.columns);
  for (const auto& row : table.rows) widen(row);
  append(table.columns);
  for (const auto& row : table.rows) append(row);
}

}  // namespace

Words BasisText(Basis basis) {
  switch (basis) {
    case Basis::kGiven:
      return {"指定", "given"};
    case Basis::kMeasured:
      return {"実測", "measured"};
    case Basis::kExtrapolated:
      return {"推計", "extrapolated"};
  }
  return {};
}

std::string ReportText(const Report& report, bool japanese) {
  std::string text = absl::StrCat(report.title.In(japanese), "\n", report.subtitle.In(japanese), "\n");
  for (const ReportSection& section : report.sections) {
    absl::StrAppend(&text, "\n", section.heading.In(japanese), "\n");
    AppendLines(section.lines, japanese, &text);
    if (section.table.has_value()) AppendTable(*section.table, japanese, &text);
    for (const Words& note : section.notes) absl::StrAppend(&text, "  * ", note.In(japanese), "\n");
  }
  return text;
}

}  // namespace sabun::bench
