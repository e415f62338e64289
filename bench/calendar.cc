#include "bench/calendar.h"

namespace sabun::bench {

// Both conversions count years from March, so that the leap day is a year's last day (H. Hinnant, "chrono-compatible
// low-level date algorithms"). Only days from 1912 on are asked for, so that all numbers are positive.
Date DateOfDay(int days) {
  const int shifted = days + 719468;
  const int era = shifted / 146097;
  const int day_of_era = shifted - era * 146097;
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted_month = (5 * day_of_year + 2) / 153;
  const int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

int DayOfDate(Date date) {
  const int year = date.year - (date.month <= 2 ? 1 : 0);
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

EraDate EraOfDay(int days) {
  static constexpr int kHeisei = 6947;   // 1989-01-08
  static constexpr int kReiwa = 18017;   // 2019-05-01
  static constexpr int kShowa = -15713;  // 1926-12-25
  const int year = DateOfDay(days).year;
  if (days >= kReiwa) return {3, year - 2018};
  if (days >= kHeisei) return {2, year - 1988};
  if (days >= kShowa) return {1, year - 1925};
  return {0, year - 1911};
}

}  // namespace sabun::bench
