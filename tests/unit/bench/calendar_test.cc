#include "bench/calendar.h"

#include <gtest/gtest.h>

namespace sabun::bench {
namespace {

TEST(Calendar, DatesAndDaysAreInverse) {
  for (int day = -21000; day < 40000; ++day) ASSERT_EQ(DayOfDate(DateOfDay(day)), day);
}

TEST(Calendar, FirstDayIsTheFirstOfApril) {
  const Date date = DateOfDay(kFirstDay);
  EXPECT_EQ(date.year, 2026);
  EXPECT_EQ(date.month, 4);
  EXPECT_EQ(date.day, 1);
}

TEST(Calendar, LeapDayExists) {
  const Date date = DateOfDay(DayOfDate({2024, 2, 29}));
  EXPECT_EQ(date.month, 2);
  EXPECT_EQ(date.day, 29);
}

TEST(Calendar, ErasBeginOnTheirDay) {
  EXPECT_EQ(EraOfDay(DayOfDate({2019, 5, 1})).era, 3);
  EXPECT_EQ(EraOfDay(DayOfDate({2019, 4, 30})).year, 31);
  EXPECT_EQ(EraOfDay(DayOfDate({1989, 1, 8})).year, 1);
  EXPECT_EQ(EraOfDay(DayOfDate({1989, 1, 7})).year, 64);
  EXPECT_EQ(EraOfDay(DayOfDate({1926, 12, 25})).era, 1);
  EXPECT_EQ(EraOfDay(DayOfDate({1926, 12, 24})).year, 15);
}

}  // namespace
}  // namespace sabun::bench
