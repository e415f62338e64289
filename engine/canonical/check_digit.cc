#include "engine/canonical/check_digit.h"

#include <algorithm>
#include <cstddef>

namespace sabun {
namespace {

bool IsDigits(absl::string_view text, size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool IsMyNumber(absl::string_view digits) {
  constexpr int kWeights[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  if (!IsDigits(digits, 12)) return false;
  int sum = 0;
  for (size_t i = 0; i < 11; ++i) sum += (digits[i] - '0') * kWeights[i];
  const int remainder = sum % 11;
  return digits[11] - '0' == (remainder <= 1 ? 0 : 11 - remainder);
}

bool IsInsurerNumber(absl::string_view digits) {
  if (!IsDigits(digits, 8)) return false;
  int sum = 0;
  for (size_t i = 0; i < 7; ++i) {
    const int product = (digits[i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += product > 9 ? product - 9 : product;
  }
  return digits[7] - '0' == (10 - sum % 10) % 10;
}

}  // namespace sabun
