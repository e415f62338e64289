#include "bench/rehearsal/forecast.h"

#include <gtest/gtest.h>

namespace sabun::bench {
namespace {

TEST(LineThrough, SplitsFixedFromGrowing) {
  const LinearCost line = LineThrough({100, 30}, {400, 90});
  EXPECT_DOUBLE_EQ(line.per_record, 0.2);
  EXPECT_DOUBLE_EQ(line.fixed, 10);
  EXPECT_DOUBLE_EQ(line.At(1000), 210);
}

TEST(LineThrough, TakesWhatFellAsConstantAtTheHigherValue) {
  const LinearCost line = LineThrough({100, 50}, {400, 40});
  EXPECT_DOUBLE_EQ(line.per_record, 0);
  EXPECT_DOUBLE_EQ(line.At(1e9), 50);
}

TEST(LineThrough, NeverBeginsBelowZero) {
  const LinearCost line = LineThrough({100, 10}, {400, 100});
  EXPECT_DOUBLE_EQ(line.fixed, 0);
  EXPECT_DOUBLE_EQ(line.At(400), 100);
}

TEST(LineThrough, GoesFromZeroWhenThereIsOneSizeOnly) {
  EXPECT_DOUBLE_EQ(LineThrough({400, 100}, {400, 100}).At(800), 200);
  EXPECT_DOUBLE_EQ(LineThrough({0, 0}, {400, 100}).At(800), 200);
}

TEST(LineThrough, IsConstantWithoutRecords) { EXPECT_DOUBLE_EQ(LineThrough({0, 3}, {0, 5}).At(7), 5); }

TEST(LinearCost, Adds) {
  const LinearCost sum = LinearCost{1, 2} + LinearCost{10, 20};
  EXPECT_DOUBLE_EQ(sum.At(1), 33);
}

TEST(RecordsWithin, IsWhereTheLineMeetsTheLimit) { EXPECT_EQ(RecordsWithin({10, 0.5}, 60), 100u); }

TEST(RecordsWithin, IsZeroWhenTheFixedPartIsTooMuch) { EXPECT_EQ(RecordsWithin({10, 0.5}, 9), 0u); }

TEST(RecordsWithin, IsNothingWhenTheLimitIsNeverReached) {
  EXPECT_EQ(RecordsWithin({10, 0}, 10), std::nullopt);
  EXPECT_EQ(RecordsWithin({0, 1}, kMostRecords), std::nullopt);
}

TEST(Smaller, TakesNothingAsEndless) {
  EXPECT_EQ(Smaller(3, 2), 2u);
  EXPECT_EQ(Smaller(std::nullopt, 2), 2u);
  EXPECT_EQ(Smaller(3, std::nullopt), 3u);
  EXPECT_EQ(Smaller(std::nullopt, std::nullopt), std::nullopt);
}

TEST(GrowthPerDay, IsTheDifferenceByTheDays) { EXPECT_DOUBLE_EQ(GrowthPerDay(10, 40, 3), 10); }

TEST(GrowthPerDay, IsZeroWhenItFallsOrThereAreNoDays) {
  EXPECT_DOUBLE_EQ(GrowthPerDay(40, 20, 2), 0);
  EXPECT_DOUBLE_EQ(GrowthPerDay(20, 40, 0), 0);
}

TEST(SecondsAt, NoRateIsNoLimit) {
  EXPECT_DOUBLE_EQ(SecondsAt(1000, 50), 20);
  EXPECT_DOUBLE_EQ(SecondsAt(1000, 0), 0);
}

}  // namespace
}  // namespace sabun::bench
