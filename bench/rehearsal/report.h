// A report as data: one content for the terminal and for the page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/rehearsal/words.h"

namespace sabun::bench {

// Where a value comes from.
enum class Basis { kGiven, kMeasured, kExtrapolated };

// "given", "measured", "extrapolated".
Words BasisText(Basis basis);

struct ReportLine {
  Words label;
  Words value;
  Basis basis = Basis::kMeasured;
};

struct ReportTable {
  std::vector<Words> columns;
  std::vector<std::vector<Words>> rows;  // as many cells as columns; the first is a label, the others are numbers
};

struct ReportFigure {
  Words caption;
  std::string svg;  // see svg_chart.h
};

struct ReportSection {
  Words heading;
  std::vector<ReportLine> lines;
  std::optional<ReportTable> table;
  std::vector<ReportFigure> figures;  // on the page only
  std::vector<Words> notes;
};

struct Report {
  Words title;
  Words subtitle;
  std::vector<ReportSection> sections;
};

// The report without its figures, in one language, lines aligned for a terminal.
std::string ReportText(const Report& report, bool japanese);

}  // namespace sabun::bench
