// Dates of synthetic extracts, as days since 1970-01-01 (Gregorian).
#pragma once

#include <cstdint>

namespace sabun::bench {

struct Date {
  int year;
  int month;
  int day;
};

// The day of day 0 of every synthetic series: 2026-04-01.
inline constexpr int kFirstDay = 20544;

Date DateOfDay(int days);
int DayOfDate(Date date);

// A Japanese era (元号) and the year in it; 大正 to 令和. Dates before 1912-07-30 are not produced.
struct EraDate {
  int era;  // 0 大正, 1 昭和, 2 平成, 3 令和
  int year;
};
EraDate EraOfDay(int days);

}  // namespace sabun::bench
