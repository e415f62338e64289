#include "bench/rehearsal/quantities.h"

#include <gtest/gtest.h>

namespace sabun::bench {
namespace {

TEST(SecondsText, TakesTheUnitThatFits) {
  EXPECT_EQ(SecondsText(0.417).en, "0.42 s");
  EXPECT_EQ(SecondsText(12.34).en, "12.3 s");
  EXPECT_EQ(SecondsText(59.97).en, "1 min 00 s");
  EXPECT_EQ(SecondsText(200).en, "3 min 20 s");
  EXPECT_EQ(SecondsText(3600 * 5 + 60 * 7 + 2).en, "5 h 07 min");
  EXPECT_EQ(SecondsText(200).ja, "3分20秒");
  EXPECT_EQ(SecondsText(3600 * 1234.0).ja, "1,234時間00分");
}

TEST(BytesText, TakesTheUnitThatFits) {
  EXPECT_EQ(BytesText(0).en, "0 bytes");
  EXPECT_EQ(BytesText(312).en, "312 bytes");
  EXPECT_EQ(BytesText(999.7).en, "1.00 kB");
  EXPECT_EQ(BytesText(1.234e9).en, "1.23 GB");
  EXPECT_EQ(BytesText(56.78e9).en, "56.8 GB");
  EXPECT_EQ(BytesText(567.8e9).en, "568 GB");
}

TEST(CountText, GroupsDigits) { EXPECT_EQ(CountText(1234567.4).en, "1,234,567"); }

TEST(RateText, NamesRecords) {
  EXPECT_EQ(RateText(12345).en, "12,345 records/s");
  EXPECT_EQ(RateText(12345).ja, "12,345件/秒");
}

TEST(PercentText, HasNoNeedlessDigits) { EXPECT_EQ(PercentText(0.5).en, "0.5 %"); }

TEST(LimitText, SaysWhenThereIsNone) {
  EXPECT_EQ(LimitText(5'000'000).ja, "5,000,000件");
  EXPECT_EQ(LimitText(std::nullopt).en, "not reached with 10,000,000,000 records");
}

}  // namespace
}  // namespace sabun::bench
