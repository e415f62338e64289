// Check digits. Published samples fail them, so a wrong one is worth a warning and never rejects a record.
#pragma once

#include "absl/strings/string_view.h"

namespace sabun {

// True when `digits` is an 個人番号 of 12 digits whose last digit fits
// (行政手続における特定の個人を識別するための番号の利用等に 関する法律施行規則 第五条: weights 6,5,4,3,2,7,6,5,4,3,2
// from the left, 11 - sum mod 11, 0 when the remainder is 0 or 1).
bool IsMyNumber(absl::string_view digits);

// True when `digits` is a 公費負担者番号 or 保険者番号 of 8 digits whose last digit fits (診療報酬請求書等の記載要領:
// weights 2,1,2,1... from the right, digits of products added, 10 - sum mod 10, 0 when the remainder is 0).
bool IsInsurerNumber(absl::string_view digits);

}  // namespace sabun
