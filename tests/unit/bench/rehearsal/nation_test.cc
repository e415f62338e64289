#include "bench/rehearsal/nation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/rehearsal/nation_command.h"
#include "bench/rehearsal/nation_report.h"

namespace sabun::bench {
namespace {

using ::testing::ElementsAre;

NationStep Step(uint64_t records, double seconds, double engine_cpu) {
  NationStep step;
  step.records = records;
  RunCost slow;
  slow.counts.set_received(records);
  slow.compare = {absl::Seconds(seconds), absl::ZeroDuration(), absl::Seconds(engine_cpu), records};
  RunCost slower = slow;
  slower.compare.engine_cpu *= 2;
  step.days = {slower, slow};
  return step;
}

TEST(ParseSteps, TakesUnits) {
  EXPECT_THAT(ParseSteps("20k,5M,125000000").value(), ElementsAre(20'000, 5'000'000, 125'000'000));
}

TEST(ParseSteps, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "5,", "M", "5G", "-1", "0", "2000M", "99999999999999999999"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseSteps(text).status())) << text;
  }
}

TEST(NationStep, DailyIsTheRunWithTheLeastEngineTime) {
  const NationStep step = Step(1000, 1, 2);
  EXPECT_EQ(step.daily().whole().engine_cpu, absl::Seconds(2));
}

TEST(RatioOf, ComparesRecordsAndNotRuns) {
  const CostRatio ratio = RatioOf(Step(1000, 1, 0.5), Step(4000, 5, 2));
  EXPECT_DOUBLE_EQ(ratio.time, 1.25);
  EXPECT_DOUBLE_EQ(ratio.engine_cpu, 1);
}

TEST(RatioOf, NothingMeasuredIsNoRatio) {
  const CostRatio ratio = RatioOf(Step(1000, 1, 0), Step(4000, 5, 1));
  EXPECT_DOUBLE_EQ(ratio.engine_cpu, 1);
}

TEST(RunNation, StepsThatDoNotAscendAreRefused) {
  NationOptions options;
  options.steps = {20, 10};
  EXPECT_TRUE(absl::IsInvalidArgument(RunNation(options, RunControl()).status()));
  options.steps = {};
  EXPECT_TRUE(absl::IsInvalidArgument(RunNation(options, RunControl()).status()));
}

TEST(RunNation, DiskThatIsTooSmallIsToldBefore) {
  NationOptions options;
  options.steps = {1'000'000'000'000'000};
  EXPECT_TRUE(absl::IsResourceExhausted(RunNation(options, RunControl()).status()));
}

TEST(NationJson, HasEveryStep) {
  NationFindings findings;
  findings.steps = {Step(1000, 1, 0.5), Step(4000, 5, 2)};
  const nlohmann::ordered_json json = NationJson(findings);
  EXPECT_EQ(json["steps"].size(), 2u);
  EXPECT_DOUBLE_EQ(json["steps"][1]["ratio_time"], 1.25);
  EXPECT_DOUBLE_EQ(json["steps"][1]["daily_engine_cpu_nanoseconds_per_record"], 500'000);
}

}  // namespace
}  // namespace sabun::bench
