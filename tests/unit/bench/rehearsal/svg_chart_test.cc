#include "bench/rehearsal/svg_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "bench/rehearsal/quantities.h"

namespace sabun::bench {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LineChartOptions Options() {
  LineChartOptions options;
  options.x_text = CountText;
  options.y_text = BytesText;
  return options;
}

size_t Count(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(EscapeMarkup, LeavesNoMarkup) {
  EXPECT_EQ(EscapeMarkup("<b a=\"1\" c='2'>&愛"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;愛");
}

TEST(BothLanguages, SaysTheSameOnlyOnce) {
  EXPECT_EQ(BothLanguages({"差分", "change"}), "差分 / change");
  EXPECT_EQ(BothLanguages({"42", "42"}), "42");
  EXPECT_EQ(BothLanguages({"a<b", "a>b"}), "a&lt;b / a&gt;b");
}

TEST(NiceCeiling, IsTheNextRoundNumber) {
  EXPECT_DOUBLE_EQ(NiceCeiling(0), 1);
  EXPECT_DOUBLE_EQ(NiceCeiling(1), 1);
  EXPECT_DOUBLE_EQ(NiceCeiling(1.01), 2);
  EXPECT_DOUBLE_EQ(NiceCeiling(2.2e6), 2.5e6);
  EXPECT_DOUBLE_EQ(NiceCeiling(4.2e9), 5e9);
  EXPECT_DOUBLE_EQ(NiceCeiling(0.07), 0.1);
}

TEST(BarChart, LongestBarTakesTheRoomAndOthersTheirShare) {
  const std::string svg =
      BarChart({{SameText("a"), 0, 10, SameText("ten"), 0}, {SameText("b"), 0, 5, SameText("five"), 1}});
  EXPECT_THAT(svg, HasSubstr(R"(width="420.0")"));
  EXPECT_THAT(svg, HasSubstr(R"(width="210.0")"));
}

TEST(BarChart, TimeLineBarsBeginWhereTheirStartIs) {
  const std::string svg = BarChart({{SameText("a"), 5, 5, SameText(""), 0}});
  EXPECT_THAT(svg, HasSubstr(R"(x="480.0")"));
}

TEST(BarChart, EscapesLabelsAndValues) {
  const std::string svg = BarChart({{SameText("<script>"), 0, 1, SameText("1 & 2"), 0}});
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("1 &amp; 2"));
}

TEST(BarChart, NothingToShowIsStillAChart) { EXPECT_EQ(Count(BarChart({}), "</svg>"), 1u); }

TEST(LineChart, PointsLieBetweenTheAxes) {
  const std::string svg = LineChart({{SameText("line"), {{0, 0}, {100, 1000}}, 0, false}}, Options());
  EXPECT_THAT(svg, HasSubstr(R"(points="110.0,250.0 830.0,14.0 ")"));
  EXPECT_THAT(svg, HasSubstr("1.00 kB"));
}

TEST(LineChart, LimitAboveTheLinesIsStillShown) {
  LineChartOptions options = Options();
  options.limits = {{{"上限<", "limit<"}, 2000}};
  const std::string svg = LineChart({{SameText("line"), {{0, 0}, {100, 1000}}, 0, true}}, options);
  EXPECT_THAT(svg, HasSubstr("上限&lt; / limit&lt;"));
  EXPECT_THAT(svg, HasSubstr(R"(class="line c0 dashed")"));
  EXPECT_THAT(svg, HasSubstr("2.00 kB"));
}

TEST(LineChart, WithoutPointsThereIsNone) { EXPECT_EQ(LineChart({{SameText("line"), {}, 0, false}}, Options()), ""); }

TEST(LineChart, AllZeroDoesNotDivideByZero) {
  const std::string svg = LineChart({{SameText("line"), {{0, 0}, {0, 0}}, 0, false}}, Options());
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace sabun::bench
