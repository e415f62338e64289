// Dates in the forms Japanese systems write them, brought to YYYY-MM-DD.
//
// Days count from 1873-01-01 (明治6年1月1日, the first day of the Gregorian calendar in Japan) to 9999-12-31. An era's
// day must lie in that era, both ends included, as the edicts say:
//   明治 M 1   6-01-01 (1873-01-01) .. 45-07-30 (1912-07-30)      大正 T 2   1-07-30 (1912-07-30) .. 15-12-25
//   (1926-12-25) 昭和 S 3   1-12-25 (1926-12-25) .. 64-01-07 (1989-01-07)      平成 H 4   1-01-08 (1989-01-08) ..
//   31-04-30 (2019-04-30) 令和 R 5   1-05-01 (2019-05-01) ..
// The days 1912-07-30 and 1926-12-25 belong to two eras, since those edicts took effect on the day itself. A day beyond
// its era's end (平成31年5月1日, 昭和64年1月8日) is an error and not carried on: it may be a wrong year as well as an
// old print.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sabun {

// The forms a profile may take, as bits. Full-width digits, letters and signs count as half-width in all of them, and
// spaces may pad a number ("平成 5年 1月 1日").
enum DateFormat : uint32_t {
  kDateIso = 1,            // 2013-01-01
  kDateSlash = 2,          // 2013/01/01, 2013/1/1
  kDateCompact = 4,        // 20130101
  kDateKanji = 8,          // 2013年1月1日
  kDateWarekiKanji = 16,   // 平成25年1月1日, 平25.1.1, 令和元年5月1日, ㍻25/1/1
  kDateWarekiLatin = 32,   // H25.1.1, H25/01/01, h25-1-1, R元.5.1, H25年1月1日, H250101
  kDateWarekiDigits = 64,  // 4250101: the era's number, then YYMMDD
};

// Replaces `*out` by the day as YYYY-MM-DD. False, with `*out` unspecified, when `text` (valid UTF-8, trimmed) is no
// such day or not in one of `formats`.
bool CanonicalDate(absl::string_view text, uint32_t formats, std::string* out);

// True when `text` (any bytes) is such a day written YYYY-MM-DD.
bool IsCanonicalDate(absl::string_view text);

}  // namespace sabun
