#include "bench/rehearsal/generated_source.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "adapters/file/csv_source.h"
#include "tests/support/temp_directory.h"
#include "tests/unit/bench/extract.h"
#include "tests/unit/bench/rehearsal/take_rows.h"

namespace sabun::bench {
namespace {

constexpr uint64_t kRecords = 40'000;  // more than two chunks

GeneratedSource::Options Day(uint32_t day, FingerprintInput input = FingerprintInput::kRow, int threads = 3) {
  GeneratedSource::Options options;
  options.day.records = kRecords;
  options.day.seed = 5;
  options.day.day = day;
  options.day.change_rate = 0.2;
  options.input = input;
  options.threads = threads;
  return options;
}

class GeneratedSourceTest : public ::testing::Test {
 protected:
  std::unique_ptr<GeneratedSource> Open(const GeneratedSource::Options& options) {
    std::unique_ptr<GeneratedSource> source = GeneratedSource::Create(options).value();
    EXPECT_TRUE(source->Start(begun_).ok());
    return source;
  }
  // The CSV adapter on the file that `sabun-bench generate` would write.
  std::unique_ptr<file::CsvSource> OpenFile(const GeneratorOptions& day) {
    file::CsvOptions options;
    options.path = directory_.path() + "/day.csv";
    std::ofstream(options.path, std::ios::binary) << MakeDay(day).rows;
    std::unique_ptr<file::CsvSource> source = file::CsvSource::Open(options, ShapeOf(begun_)).value();
    EXPECT_TRUE(source->Start(begun_).ok());
    return source;
  }

  TempDirectory directory_;
  v1::Begun begun_ = BegunForBuiltinProfile();
};

TEST_F(GeneratedSourceTest, EntriesAreThoseOfTheCsvAdapter) {
  for (const uint32_t day : {0u, 3u}) {
    const std::string entries = TakeEntries(*Open(Day(day)));
    EXPECT_GE(entries.size(), kRecords * 32 * 9 / 10);
    EXPECT_EQ(entries, TakeEntries(*OpenFile(Day(day).day))) << "day " << day;
  }
}

TEST_F(GeneratedSourceTest, RowsAreThoseOfTheCsvAdapter) {
  const auto source = Open(Day(3));
  const auto file = OpenFile(Day(3).day);
  const size_t rows = TakeEntries(*source).size() / 32;
  ASSERT_EQ(TakeEntries(*file).size() / 32, rows);
  std::vector<uint64_t> some;
  for (uint64_t ordinal = 3; ordinal < rows; ordinal += ordinal % 5 == 0 ? 1 : 997) some.push_back(ordinal);
  some.push_back(rows - 1);
  EXPECT_EQ(TakeRows(*source, some), TakeRows(*file, some));
}

TEST_F(GeneratedSourceTest, AllRowsInTurnAreThoseOfTheCsvAdapter) {
  const auto source = Open(Day(1));
  const auto file = OpenFile(Day(1).day);
  std::vector<uint64_t> all(TakeEntries(*source).size() / 32);
  std::iota(all.begin(), all.end(), 0);
  TakeEntries(*file);
  EXPECT_TRUE(TakeRows(*source, all) == TakeRows(*file, all));
}

TEST_F(GeneratedSourceTest, ManyThreadsGiveWhatOneGives) {
  for (const FingerprintInput input : {FingerprintInput::kRow, FingerprintInput::kState}) {
    EXPECT_EQ(TakeEntries(*Open(Day(2, input, 1))), TakeEntries(*Open(Day(2, input, 4))));
  }
}

TEST_F(GeneratedSourceTest, StateChangesWhereTheRowDoes) {
  // Without additions and withdrawals on the way the rows of two days stand at the same places; so take one day twice.
  const std::string rows = TakeEntries(*Open(Day(0)));
  const std::string states = TakeEntries(*Open(Day(0, FingerprintInput::kState)));
  ASSERT_EQ(rows.size(), states.size());
  for (size_t at = 0; at < rows.size(); at += 32) {
    ASSERT_EQ(rows.compare(at, 16, states, at, 16), 0) << "the keys differ at row " << at / 32;
  }
  EXPECT_EQ(CountDifferent(rows, states), kRecords);
}

TEST_F(GeneratedSourceTest, StateFingerprintsTellTheSameChangesAsRows) {
  const auto changed_keys = [&](FingerprintInput input) {
    std::map<std::string, std::string> before;
    const std::string day0 = TakeEntries(*Open(Day(0, input)));
    for (size_t at = 0; at < day0.size(); at += 32) before[day0.substr(at, 16)] = day0.substr(at + 16, 16);
    std::vector<std::string> changed;
    const std::string day1 = TakeEntries(*Open(Day(1, input)));
    for (size_t at = 0; at < day1.size(); at += 32) {
      const auto found = before.find(day1.substr(at, 16));
      if (found == before.end() || found->second != day1.substr(at + 16, 16)) changed.push_back(day1.substr(at, 16));
    }
    return changed;
  };
  const std::vector<std::string> by_row = changed_keys(FingerprintInput::kRow);
  EXPECT_GT(by_row.size(), kRecords / 10);
  EXPECT_EQ(by_row, changed_keys(FingerprintInput::kState));
}

TEST_F(GeneratedSourceTest, StartBeginsAgain) {
  const auto source = Open(Day(1));
  const std::string first = TakeEntries(*source);
  TakeRows(*source, {0, 17, 39'000});
  ASSERT_TRUE(source->Start(begun_).ok());
  EXPECT_EQ(TakeEntries(*source), first);
}

TEST_F(GeneratedSourceTest, DaysShareALayoutAndInputsDoNot) {
  EXPECT_EQ(Open(Day(0))->Layout(), Open(Day(3))->Layout());
  EXPECT_NE(Open(Day(0))->Layout(), Open(Day(0, FingerprintInput::kState))->Layout());
}

TEST_F(GeneratedSourceTest, FieldThatNoColumnHasIsRefused) {
  begun_.add_fields()->set_name("bloodType");
  const auto source = GeneratedSource::Create(Day(0)).value();
  EXPECT_TRUE(absl::IsInvalidArgument(source->Start(begun_)));
}

TEST_F(GeneratedSourceTest, RowThatWasNotSentIsRefused) {
  const auto source = Open(Day(0));
  v1::Records message;
  const std::vector<uint64_t> ordinals = {0};
  EXPECT_TRUE(absl::IsInternal(source->ReadRows(ordinals, &message).status()));
}

}  // namespace
}  // namespace sabun::bench
