// Charts as inline SVG: no script, nothing loaded from elsewhere. Colors come from the page's style (see
// html_report.cc), so that they fit light, dark and paper. Texts are escaped and stand in both languages.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/rehearsal/words.h"

namespace sabun::bench {

// `text` with & < > " ' as references, so that it may stand in an element or an attribute.
std::string EscapeMarkup(const std::string& text);

// "ja / en", or one of them when they are the same; escaped.
std::string BothLanguages(const Words& words);

constexpr int kChartColors = 4;

// A bar from `start` to `start + length`, in the chart's unit.
struct Bar {
  Words label;
  double start = 0;
  double length = 0;
  Words value;    // written behind the bar
  int color = 0;  // 0 to kChartColors - 1
};

// Horizontal bars below each other, the scale from zero to the farthest end. With starts it is a time line.
std::string BarChart(const std::vector<Bar>& bars);

struct Series {
  Words label;
  std::vector<std::pair<double, double>> points;  // ascending x
  int color = 0;
  bool dashed = false;  // for what is extrapolated
};

struct LineChartOptions {
  std::function<Words(double)> x_text;  // of a tick
  std::function<Words(double)> y_text;
  std::vector<std::pair<Words, double>> limits;  // horizontal lines with their names
  double most_x = 0;                             // where the axis ends; 0: at a round number
};

// Lines over axes that begin at zero. Empty when no series has a point.
std::string LineChart(const std::vector<Series>& series, const LineChartOptions& options);

// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below `value`; 1 for zero.
double NiceCeiling(double value);

}  // namespace sabun::bench
