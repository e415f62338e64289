#include "bench/rehearsal/svg_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace sabun::bench {
namespace {

constexpr double kWidth = 860;
constexpr double kLabelWidth = 270;
constexpr double kValueWidth = 170;
constexpr double kRowHeight = 34;
constexpr double kBarHeight = 18;

constexpr double kPlotLeft = 110;
constexpr double kPlotRight = 830;
constexpr double kPlotTop = 14;
constexpr double kPlotBottom = 250;
constexpr double kLegendHeight = 20;
constexpr int kTicks = 4;

std::string Open(double height) {
  return absl::StrFormat(R"(<svg viewBox="0 0 %.0f %.0f" role="img" class="chart">)", kWidth, height);
}

std::string Text(double x, double y, const char* anchor, const std::string& escaped) {
  return absl::StrFormat(R"(<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>)", x, y, anchor, escaped);
}

// One language a line, so that both have room.
std::string BarLabel(double top, const Words& label) {
  const double x = kLabelWidth - 10;
  if (label.ja == label.en) return Text(x, top + 19, "end", EscapeMarkup(label.ja));
  return Text(x, top + 14, "end", EscapeMarkup(label.ja)) + Text(x, top + 28, "end", EscapeMarkup(label.en));
}

std::string Rule(double x1, double y1, double x2, double y2, const char* style) {
  return absl::StrFormat(R"(<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>)", x1, y1, x2, y2, style);
}

// The scales of a line chart.
struct Plot {
  double most_x;
  double most_y;

  double X(double value) const { return kPlotLeft + (kPlotRight - kPlotLeft) * value / most_x; }
  double Y(double value) const { return kPlotBottom - (kPlotBottom - kPlotTop) * value / most_y; }
};

std::string Axes(const Plot& plot, const LineChartOptions& options) {
  std::string svg;
  for (int tick = 0; tick <= kTicks; ++tick) {
    const double x = plot.most_x * tick / kTicks;
    const double y = plot.most_y * tick / kTicks;
    absl::StrAppend(
        &svg, Rule(kPlotLeft, plot.Y(y), kPlotRight, plot.Y(y), "grid"),
        Text(kPlotLeft - 8, plot.Y(y) + 4, "end", BothLanguages(options.y_text(y))),
        Text(plot.X(x), kPlotBottom + 18, tick < kTicks ? "middle" : "end", BothLanguages(options.x_text(x))));
  }
  return svg;
}

std::string Line(const Plot& plot, const Series& series) {
  std::string points;
  for (const auto& [x, y] : series.points) absl::StrAppendFormat(&points, "%.1f,%.1f ", plot.X(x), plot.Y(y));
  std::string svg = absl::StrFormat(R"(<polyline points="%s" class="line c%d%s"/>)", points, series.color,
                                    series.dashed ? " dashed" : "");
  if (series.points.size() > 40) return svg;
  for (const auto& [x, y] : series.points) {
    absl::StrAppendFormat(&svg, R"(<circle cx="%.1f" cy="%.1f" r="3" class="dot c%d"/>)", plot.X(x), plot.Y(y),
                          series.color);
  }
  return svg;
}

std::string Legend(const std::vector<Series>& series) {
  std::string svg;
  double y = kPlotBottom + 44;
  for (const Series& line : series) {
    absl::StrAppendFormat(&svg, R"(<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="line c%d%s"/>)", kPlotLeft,
                          y - 4, kPlotLeft + 28, y - 4, line.color, line.dashed ? " dashed" : "");
    absl::StrAppend(&svg, Text(kPlotLeft + 36, y, "start", BothLanguages(line.label)));
    y += kLegendHeight;
  }
  return svg;
}

}  // namespace

std::string EscapeMarkup(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string BothLanguages(const Words& words) {
  if (words.ja == words.en || words.en.empty()) return EscapeMarkup(words.ja);
  return words.ja.empty() ? EscapeMarkup(words.en) : EscapeMarkup(absl::StrCat(words.ja, " / ", words.en));
}

double NiceCeiling(double value) {
  if (!(value > 0)) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

std::string BarChart(const std::vector<Bar>& bars) {
  double most = 0;
  for (const Bar& bar : bars) most = std::max(most, bar.start + bar.length);
  if (most <= 0) most = 1;
  const double scale = (kWidth - kLabelWidth - kValueWidth) / most;
  std::string svg = Open(kRowHeight * static_cast<double>(bars.size()) + 4);
  double top = 2;
  for (const Bar& bar : bars) {
    const double x = kLabelWidth + bar.start * scale;
    const double width = std::max(1.0, bar.length * scale);
    absl::StrAppend(&svg, BarLabel(top, bar.label));
    absl::StrAppendFormat(&svg, R"(<rect x="%.1f" y="%.1f" width="%.1f" height="%.0f" rx="2" class="bar c%d"/>)", x,
                          top + 6, width, kBarHeight, bar.color);
    absl::StrAppend(&svg, Text(x + width + 8, top + 19, "start", BothLanguages(bar.value)));
    top += kRowHeight;
  }
  return svg + "</svg>";
}

std::string LineChart(const std::vector<Series>& series, const LineChartOptions& options) {
  Plot plot = {0, 0};
  bool empty = true;
  for (const Series& line : series) {
    for (const auto& [x, y] : line.points) {
      plot.most_x = std::max(plot.most_x, x);
      plot.most_y = std::max(plot.most_y, y);
      empty = false;
    }
  }
  if (empty) return "";
  for (const auto& limit : options.limits) plot.most_y = std::max(plot.most_y, limit.second);
  plot = {options.most_x > 0 ? options.most_x : NiceCeiling(plot.most_x), NiceCeiling(plot.most_y)};
  std::string svg = Open(kPlotBottom + 36 + kLegendHeight * static_cast<double>(series.size()));
  absl::StrAppend(&svg, Axes(plot, options));
  for (const auto& [name, y] : options.limits) {
    absl::StrAppend(&svg, Rule(kPlotLeft, plot.Y(y), kPlotRight, plot.Y(y), "limit"),
                    Text(kPlotRight, plot.Y(y) - 5, "end", BothLanguages(name)));
  }
  for (const Series& line : series) absl::StrAppend(&svg, Line(plot, line));
  return svg + Legend(series) + "</svg>";
}

}  // namespace sabun::bench
