#include "bench/generator.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/unit/bench/extract.h"

namespace sabun::bench {
namespace {

GeneratorOptions Options(uint64_t records, uint32_t day = 0, double change_rate = 0.1) {
  GeneratorOptions options;
  options.records = records;
  options.seed = 7;
  options.day = day;
  options.change_rate = change_rate;
  return options;
}

uint64_t CountOps(const std::map<Key, std::string>& ops, const std::string& op) {
  uint64_t count = 0;
  for (const auto& entry : ops) count += entry.second == op ? 1 : 0;
  return count;
}

TEST(Generator, SameOptionsSameBytes) {
  EXPECT_EQ(MakeDay(Options(500, 3)).rows, MakeDay(Options(500, 3)).rows);
  EXPECT_EQ(MakeDay(Options(500, 3)).truth, MakeDay(Options(500, 3)).truth);
}

TEST(Generator, AnotherSeedGivesOtherPeople) {
  GeneratorOptions other = Options(500);
  other.seed = 8;
  EXPECT_NE(MakeDay(Options(500)).rows, MakeDay(other).rows);
}

TEST(Generator, LargerExtractBeginsLikeASmallerOne) {
  const std::string small = MakeDay(Options(600, 2)).rows;
  EXPECT_EQ(MakeDay(Options(6000, 2)).rows.substr(0, small.size()), small);
}

TEST(Generator, AverageRowIsNear366Bytes) {
  StringSink rows;
  const DayCounts counts = WriteDay(Options(20000), &rows, nullptr).value();
  EXPECT_EQ(counts.bytes, rows.text().size());
  EXPECT_GE(counts.bytes / counts.rows, 340u);
  EXPECT_LE(counts.bytes / counts.rows, 390u);
}

TEST(Generator, FirstDayConsistsOfAdditions) {
  const Day day = MakeDay(Options(1000));
  EXPECT_EQ(ByKey(day.rows).size(), 1000u);
  EXPECT_EQ(CountOps(TruthByKey(day.truth), "add"), 1000u);
}

TEST(Generator, TruthIsWhatComparingTwoDaysSays) {
  std::map<Key, Fields> before = ByKey(MakeDay(Options(3000)).rows);
  for (uint32_t number = 1; number <= 12; ++number) {
    const Day day = MakeDay(Options(3000, number));
    const std::map<Key, Fields> after = ByKey(day.rows);
    EXPECT_EQ(CompareDays(before, after), TruthByKey(day.truth)) << "day " << number;
    before = after;
  }
}

TEST(Generator, TruthHoldsAfterAYear) {
  const Day before = MakeDay(Options(2000, 364, 0.02));
  const Day after = MakeDay(Options(2000, 365, 0.02));
  EXPECT_EQ(CompareDays(ByKey(before.rows), ByKey(after.rows)), TruthByKey(after.truth));
}

TEST(Generator, ChangesComeInTheirShares) {
  const std::map<Key, std::string> ops = TruthByKey(MakeDay(Options(100000, 1)).truth);
  const double changes = 10000;
  EXPECT_NEAR(CountOps(ops, "add") / changes, 0.20, 0.02);
  EXPECT_NEAR(CountOps(ops, "update") / changes, 0.594, 0.02);
  EXPECT_NEAR(CountOps(ops, "reissue") / changes, 0.006, 0.004);
  EXPECT_NEAR(CountOps(ops, "delete") / changes, 0.15, 0.02);
  EXPECT_NEAR(CountOps(ops, "cosmetic") / changes, 0.05, 0.01);
}

TEST(Generator, WithdrawnRecordMayComeBack) {
  const std::map<Key, Fields> first = ByKey(MakeDay(Options(3000, 0, 0.3)).rows);
  const Day later = MakeDay(Options(3000, 10, 0.3));
  uint64_t returned = 0;
  for (const auto& [key, op] : TruthByKey(later.truth)) returned += op == "add" && first.count(key) > 0 ? 1 : 0;
  EXPECT_GT(returned, 0u);
}

TEST(Generator, PersonHasUpToFourHistoryRecords) {
  std::map<std::string, int> histories;
  for (const auto& [key, fields] : ByKey(MakeDay(Options(6000)).rows)) ++histories[fields[kMyNumber]];
  std::map<int, int> people;
  for (const auto& entry : histories) ++people[entry.second];
  for (int count = 1; count <= 4; ++count) EXPECT_GT(people[count], 0) << count;
  EXPECT_EQ(people.rbegin()->first, 4);
}

TEST(Generator, PartialFileTurnsTheDayBeforeIntoTheDay) {
  std::map<Key, Fields> records = ByKey(MakeDay(Options(3000, 4)).rows);
  GeneratorOptions options = Options(3000, 5);
  const std::map<Key, Fields> day = ByKey(MakeDay(options).rows);
  options.partial = true;
  for (const auto& [key, fields] : ByKey(MakeDay(options).rows, 1)) {
    if (fields[0] == "delete") {
      EXPECT_EQ(records.erase(key), 1u);
      continue;
    }
    EXPECT_EQ(fields[0], "upsert");
    records[key] = Fields(fields.begin() + 1, fields.end());
  }
  EXPECT_EQ(records, day);
}

TEST(Generator, PartialFileOfAQuietDayIsAHeader) {
  GeneratorOptions options = Options(1000, 1, 0);
  options.partial = true;
  EXPECT_EQ(MakeDay(options).rows, absl::StrCat("operation,", RowFormat::Header(), "\n"));
}

TEST(Generator, HalfFileIsCutWithinARow) {
  GeneratorOptions options = Options(1000);
  const std::string whole = MakeDay(options).rows;
  options.half = true;
  const std::string half = MakeDay(options).rows;
  EXPECT_EQ(whole.substr(0, half.size()), half);
  EXPECT_NE(half.back(), '\n');
  EXPECT_EQ(ParseCsv(half).size(), 1u + 501u);
}

TEST(Generator, FlawedRowsAreListedAsInvalidWithTheirField) {
  GeneratorOptions options = Options(5000, 1);
  const std::map<Key, Fields> right = ByKey(MakeDay(options).rows);
  options.error_rate = 0.05;
  const Day day = MakeDay(options);
  const std::map<Key, std::string> truth = TruthByKey(day.truth);
  EXPECT_NEAR(static_cast<double>(CountOps(truth, "invalid")), 250, 60);
  for (const auto& [key, fields] : ByKey(day.rows)) {
    const auto op = truth.find(key);
    EXPECT_EQ(fields != right.at(key), op != truth.end() && op->second == "invalid") << key.second;
  }
  EXPECT_NE(day.truth.find("\"field\":\"medicalSubsidyInsurerNumber\""), std::string::npos);
}

TEST(Generator, RejectMarksAreCorrectedByTheSecondFileOfTheDay) {
  GeneratorOptions options = Options(5000, 1);
  options.hub_reject_rate = 0.2;
  const std::map<Key, Fields> marked = ByKey(MakeDay(options).rows);
  options.corrected = true;
  const Day corrected = MakeDay(options);
  const std::map<Key, std::string> ops = CompareDays(marked, ByKey(corrected.rows));
  EXPECT_EQ(ops, TruthByKey(corrected.truth));
  EXPECT_GT(ops.size(), 20u);
  for (const auto& entry : ops) EXPECT_EQ(marked.at(entry.first)[kIncomeSegment], "X9");
}

TEST(Generator, CorrectedFileEqualsTheDayWithoutPlantedMistakes) {
  GeneratorOptions options = Options(2000, 1);
  const std::string right = MakeDay(options).rows;
  options.error_rate = 0.1;
  options.hub_reject_rate = 0.1;
  EXPECT_NE(MakeDay(options).rows, right);
  options.corrected = true;
  EXPECT_EQ(MakeDay(options).rows, right);
}

TEST(Generator, OptionOutOfRangeIsRefused) {
  GeneratorOptions options = Options(10);
  options.change_rate = 1.5;
  EXPECT_EQ(ValidateOptions(options).message(), "change-rate is not from 0 to 1");
  options = Options(10, 1000);
  EXPECT_EQ(DayRows::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
}

class FullDisk : public ByteSink {
 public:
  absl::Status Append(absl::string_view) override { return absl::ResourceExhaustedError("disk full"); }
};

TEST(Generator, FailureOfTheSinkIsReported) {
  FullDisk sink;
  EXPECT_EQ(WriteDay(Options(10), &sink, nullptr).status().message(), "disk full");
}

}  // namespace
}  // namespace sabun::bench
