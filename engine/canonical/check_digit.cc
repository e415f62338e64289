#include "engine/canonical/check_digit.h"

#include <cstddef>

namespace sabun {
namespace {

// The value of a digit; anything else is noted.
int Digit(char c, bool* wrong) {
  *wrong |= c < '0' || c > '9';
  return c - '0';
}

}  // namespace

bool IsMyNumber(absl::string_view digits) {
  constexpr int kWeights[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  if (digits.size() != 12) return false;
  bool wrong = false;
  int sum = 0;
  for (size_t i = 0; i < 11; ++i) sum += Digit(digits[i], &wrong) * kWeights[i];
  const int remainder = sum % 11;
  return Digit(digits[11], &wrong) == (remainder <= 1 ? 0 : 11 - remainder) && !wrong;
}

bool IsInsurerNumber(absl::string_view digits) {
  constexpr int kDoubled[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};  // The digits of the product added.
  if (digits.size() != 8) return false;
  bool wrong = false;
  int sum = 0;
  for (size_t i = 0; i < 7; ++i) {
    const int digit = Digit(digits[i], &wrong);
    if (wrong) return false;
    sum += i % 2 == 0 ? kDoubled[digit] : digit;
  }
  return Digit(digits[7], &wrong) == (10 - sum % 10) % 10 && !wrong;
}

}  // namespace sabun
