#include "bench/rehearsal/full_load.h"

#include <gtest/gtest.h>

#include "bench/rehearsal/full_load_report.h"

namespace sabun::bench {
namespace {

RunCost Run(double seconds, uint64_t received, uint64_t added, uint64_t updated = 0) {
  RunCost run;
  run.id = "first_load";
  run.fingerprints.time = absl::Seconds(seconds / 2);
  run.seal.time = absl::Seconds(seconds / 2);
  run.counts.set_received(received);
  run.counts.set_added(added);
  run.counts.set_updated(updated);
  return run;
}

SizeFindings Size(uint64_t records, double load_seconds, double day_seconds, uint64_t memory) {
  SizeFindings size;
  size.records = records;
  size.first_load = Run(load_seconds, records, records);
  size.days = {Run(day_seconds, records, 0, records / 100)};
  size.day_submissions.resize(1);
  size.disk_peak = records * 500;
  size.disk_in_step = records * 400;
  size.disk_at_end = records * 400 + records;
  size.engine_peak = memory;
  return size;
}

// 1,000 and 4,000 records; a first load takes 1 s + 1 ms a record, a day 0.5 s + 0.25 ms a record.
FullLoadFindings Findings() {
  FullLoadFindings findings;
  findings.quarter = Size(1000, 2, 0.75, 10'000'000);
  findings.full = Size(4000, 5, 1.5, 16'000'000);
  findings.full.paced.cost = {absl::Seconds(10), {}, {}, 2000};
  findings.free_disk = 40'000'000;
  findings.available_memory = 108'000'000;
  findings.options.window_hours = 1;
  return findings;
}

TEST(Forecast, TimesFollowTheTwoSizes) {
  FullLoadFindings findings = Findings();
  Forecast(&findings);
  EXPECT_DOUBLE_EQ(findings.hub_rate, 200);
  EXPECT_NEAR(findings.first_load.At(10'000), 11, 1e-9);
  // 0.5 s + 0.25 ms a record, and one record in a hundred at the hub's 200 a second.
  EXPECT_NEAR(findings.daily_run.At(10'000), 0.5 + 2.5 + 0.5, 1e-9);
}

TEST(Forecast, DiskOfAYearIs365MeasuredDays) {
  FullLoadFindings findings = Findings();
  Forecast(&findings);
  EXPECT_DOUBLE_EQ(findings.growth_per_day, 4000);
  EXPECT_DOUBLE_EQ(findings.disk_after_year, 4000 * 400 + 365 * 4000);
  EXPECT_NEAR(findings.disk_year.At(8000), 8000 * (400 + 365), 1e-6);
}

TEST(Forecast, LimitsAreWhereTheLinesMeetThem) {
  FullLoadFindings findings = Findings();
  Forecast(&findings);
  // The year's end (765 bytes a record) comes before the peak of the load (500).
  EXPECT_EQ(findings.limits.disk, 40'000'000u / 765);
  // 8 MB and 2,000 bytes a record.
  EXPECT_EQ(findings.limits.memory, 50'000u);
  EXPECT_NEAR(static_cast<double>(*findings.limits.window), (3600 - 0.5) / 0.0003, 1);
}

TEST(Forecast, HubIsNeverFasterThanItIsSaidToBe) {
  FullLoadFindings findings = Findings();
  findings.options.hub.records_per_second = 150;
  Forecast(&findings);
  EXPECT_DOUBLE_EQ(findings.hub_rate, 150);
}

TEST(Forecast, OneSampleMustDoWhenThereIsNoSecond) {
  FullLoadFindings findings = Findings();
  findings.full.paced = {};
  findings.full.unhindered.cost = {absl::Seconds(10), {}, {}, 3000};
  Forecast(&findings);
  EXPECT_DOUBLE_EQ(findings.hub_rate, 300);
}

TEST(FullLoadJson, TellsWhatIsNeverReachedByNull) {
  FullLoadFindings findings = Findings();
  findings.quarter.engine_peak = findings.full.engine_peak;
  Forecast(&findings);
  const nlohmann::ordered_json json = FullLoadJson(findings);
  EXPECT_TRUE(json["forecast"]["limit_records"]["memory"].is_null());
  EXPECT_EQ(json["forecast"]["limit_records"]["disk"], 40'000'000 / 765);
  EXPECT_DOUBLE_EQ(json["forecast"]["hub_seconds"], 20);
  EXPECT_DOUBLE_EQ(json["forecast"]["in_step_seconds"], 25);
}

TEST(FullLoadReport, SaysWhatDoesNotFit) {
  FullLoadFindings findings = Findings();
  findings.free_disk = 1'000'000;
  Forecast(&findings);
  const std::string text = ReportText(FullLoadReport(findings), false);
  const size_t verdict = text.find("\n  disk  ");
  ASSERT_NE(verdict, std::string::npos);
  EXPECT_NE(text.substr(verdict, 80).find("DOES NOT FIT"), std::string::npos) << text.substr(verdict, 80);
}

TEST(FullLoadReport, SaysWhenTheHubIsNotTheLimit) {
  constexpr char kNote[] = "not the hub";
  FullLoadFindings findings = Findings();
  findings.options.hub.records_per_second = 201;
  Forecast(&findings);
  EXPECT_EQ(ReportText(FullLoadReport(findings), false).find(kNote), std::string::npos);
  findings.options.hub.records_per_second = 400;
  Forecast(&findings);
  EXPECT_NE(ReportText(FullLoadReport(findings), false).find(kNote), std::string::npos);
}

TEST(PostDelay, WaitsOnlyWhatTheRoundDoesNotTakeAnyway) {
  HubPace pace;
  pace.records_per_second = 5000;
  EXPECT_EQ(PostDelay(pace, 4000, 10'000), absl::Milliseconds(400));
  EXPECT_EQ(PostDelay(pace, 4000, 4000), absl::ZeroDuration());
  EXPECT_EQ(PostDelay(HubPace(), 4000, 10'000), absl::ZeroDuration());
}

}  // namespace
}  // namespace sabun::bench
