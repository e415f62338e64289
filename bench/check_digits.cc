#include "bench/check_digits.h"

namespace sabun::bench {

int MyNumberCheckDigit(uint64_t body) {
  // The weights of the ordinance, from the rightmost digit of the body: n + 1 up to the sixth, n - 5 from the seventh.
  int sum = 0;
  for (int place = 1; place <= 11; ++place, body /= 10) {
    sum += static_cast<int>(body % 10) * (place <= 6 ? place + 1 : place - 5);
  }
  const int remainder = sum % 11;
  return remainder <= 1 ? 0 : 11 - remainder;
}

int SubsidyCheckDigit(uint64_t body) {
  int sum = 0;
  for (int weight = 2; body > 0; body /= 10, weight = 3 - weight) {
    const int product = static_cast<int>(body % 10) * weight;
    sum += product / 10 + product % 10;
  }
  return (10 - sum % 10) % 10;
}

}  // namespace sabun::bench
