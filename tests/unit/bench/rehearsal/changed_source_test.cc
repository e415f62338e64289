#include "bench/rehearsal/changed_source.h"

#include <gtest/gtest.h>

#include <numeric>

#include "absl/strings/match.h"
#include "adapters/client/packing.h"
#include "bench/rehearsal/builtin_profile.h"
#include "bench/rehearsal/generated_source.h"
#include "tests/unit/bench/rehearsal/take_rows.h"

namespace sabun::bench {
namespace {

constexpr uint64_t kRows = 20'000;
constexpr uint32_t kNameField = 3;

class ChangedSourceTest : public ::testing::Test {
 protected:
  ChangedSourceTest() {
    GeneratedSource::Options options;
    options.day.records = kRows;
    source_ = GeneratedSource::Create(options).value();
  }
  std::string EntriesOf(const ChangedSource::Options& options) {
    ChangedSource changed(*source_, options);
    EXPECT_TRUE(changed.Start(begun_).ok());
    return TakeEntries(changed);
  }
  static ChangedSource::Options OnDay(uint32_t day, double share) {
    ChangedSource::Options options;
    options.day = day;
    options.share = share;
    options.field = kNameField;
    return options;
  }

  v1::Begun begun_ = BegunForBuiltinProfile();
  std::unique_ptr<GeneratedSource> source_;
};

TEST(FieldToChange, IsTheNameInTheBuiltinProfile) { EXPECT_EQ(FieldToChange(BuiltinProfile()).value(), kNameField); }

TEST(FieldToChange, ProfileThatCannotBeReadIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(FieldToChange("[profile").status()));
}

TEST_F(ChangedSourceTest, DayZeroIsTheSourceItself) {
  ASSERT_TRUE(source_->Start(begun_).ok());
  const std::string own = TakeEntries(*source_);
  EXPECT_EQ(EntriesOf(OnDay(0, 1)), own);
}

TEST_F(ChangedSourceTest, ShareOfTheRowsDiffersFromTheDayBefore) {
  const std::string day0 = EntriesOf(OnDay(0, 0.1));
  const std::string day1 = EntriesOf(OnDay(1, 0.1));
  const std::string day2 = EntriesOf(OnDay(2, 0.1));
  EXPECT_NEAR(CountDifferent(day0, day1), kRows * 0.1, kRows * 0.01);
  EXPECT_NEAR(CountDifferent(day1, day2), kRows * 0.1, kRows * 0.01);
  EXPECT_NEAR(CountDifferent(day0, day2), kRows * 0.19, kRows * 0.01);
  EXPECT_EQ(EntriesOf(OnDay(1, 0.1)), day1);
}

TEST_F(ChangedSourceTest, KeysStay) {
  const std::string day0 = EntriesOf(OnDay(0, 1));
  const std::string day1 = EntriesOf(OnDay(1, 1));
  ASSERT_EQ(CountDifferent(day0, day1), kRows);
  for (size_t at = 0; at < day0.size(); at += 32) ASSERT_EQ(day0.compare(at, 16, day1, at, 16), 0);
}

TEST_F(ChangedSourceTest, RowsDifferWhereEntriesDoAndInTheFieldOnly) {
  const std::string day0 = EntriesOf(OnDay(0, 0.3));
  ASSERT_TRUE(source_->Start(begun_).ok());
  TakeEntries(*source_);
  std::vector<uint64_t> all(500);
  std::iota(all.begin(), all.end(), 0);
  const std::string own_rows = TakeRows(*source_, all);
  ChangedSource changed(*source_, OnDay(1, 0.3));
  ASSERT_TRUE(changed.Start(begun_).ok());
  const std::string day1 = TakeEntries(changed);
  const std::string rows = TakeRows(changed, all);
  absl::string_view mine = rows;
  absl::string_view own = own_rows;
  for (const uint64_t ordinal : all) {
    uint64_t number = 0;
    std::vector<absl::string_view> values, own_values;
    ASSERT_TRUE(client::TakeVarint(&mine, &number) && number == ordinal);
    ASSERT_TRUE(client::TakeVarint(&own, &number) && number == ordinal);
    ASSERT_TRUE(client::TakePackedFields(&mine, 22, &values) && client::TakePackedFields(&own, 22, &own_values));
    const bool differs = day0.compare(ordinal * 32, 32, day1, ordinal * 32, 32) != 0;
    EXPECT_EQ(values[kNameField] != own_values[kNameField], differs) << ordinal;
    EXPECT_TRUE(absl::StartsWith(values[kNameField], own_values[kNameField]));
    values[kNameField] = own_values[kNameField];
    EXPECT_EQ(values, own_values);
  }
}

TEST_F(ChangedSourceTest, EndsAfterItsMostRows) {
  ChangedSource::Options options = OnDay(1, 0.3);
  const std::string all = EntriesOf(options);
  options.max_rows = 17'001;
  EXPECT_EQ(EntriesOf(options), all.substr(0, 17'001 * 32));
}

}  // namespace
}  // namespace sabun::bench
