// Check digits of the numbers in an extract.
//
// Sources: 行政手続における特定の個人を識別するための番号の利用等に関する法律に基づく省令 (個人番号), and
// 診療報酬請求書の 記載要領 (公費負担者番号, 受給者番号).
#pragma once

#include <cstdint>

namespace sabun::bench {

// The twelfth digit of a My Number whose first eleven digits are `body` (below 10^11).
int MyNumberCheckDigit(uint64_t body);

// The last digit of a 公費負担者番号 (7 digits before it) or 受給者番号 (6 before it): weights 2, 1, 2, 1 … from the
// right, digits of the products added, 10 - sum mod 10.
int SubsidyCheckDigit(uint64_t body);

}  // namespace sabun::bench
