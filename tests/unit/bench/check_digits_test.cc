#include "bench/check_digits.h"

#include <gtest/gtest.h>

namespace sabun::bench {
namespace {

TEST(SubsidyCheckDigit, RealInsurerNumbersPass) {
  for (const uint64_t number : {81136244, 81137242, 88138243, 88131248, 89131247}) {
    EXPECT_EQ(SubsidyCheckDigit(number / 10), static_cast<int>(number % 10)) << number;
  }
}

TEST(SubsidyCheckDigit, PublishedSampleFails) { EXPECT_NE(SubsidyCheckDigit(8765432), 1); }

TEST(MyNumberCheckDigit, WeightsFollowTheOrdinance) {
  // 1 at the rightmost place of the body has weight 2, at the seventh weight 2 again, at the eleventh weight 6.
  EXPECT_EQ(MyNumberCheckDigit(1), 9);
  EXPECT_EQ(MyNumberCheckDigit(1'000'000), 9);
  EXPECT_EQ(MyNumberCheckDigit(10'000'000'000), 5);
}

TEST(MyNumberCheckDigit, RemainderOfZeroOrOneGivesZero) {
  EXPECT_EQ(MyNumberCheckDigit(0), 0);
  EXPECT_EQ(MyNumberCheckDigit(6), 0);  // 6 * 2 = 12, remainder 1.
}

TEST(MyNumberCheckDigit, WellKnownExamplePasses) { EXPECT_EQ(MyNumberCheckDigit(12345678901), 8); }

TEST(MyNumberCheckDigit, PublishedSampleFails) { EXPECT_NE(MyNumberCheckDigit(21098765432), 1); }

}  // namespace
}  // namespace sabun::bench
