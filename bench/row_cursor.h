// Writes the pieces of a row one behind the other, without allocating.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace sabun::bench {

// Writes to memory of the caller, who sees to it that there is room (see RowFormat::kMaxRowBytes). Not thread-safe.
class RowCursor {
 public:
  explicit RowCursor(char* to) : at_(to) {}

  void Put(char byte) { *at_++ = byte; }

  void Put(absl::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  // Decimal, without leading zeros.
  void PutNumber(uint64_t value) {
    int width = 1;
    for (uint64_t rest = value; rest >= 10; rest /= 10) ++width;
    PutPadded(value, width);
  }

  // Decimal, the last `width` digits, with leading zeros.
  void PutPadded(uint64_t value, int width) {
    for (int i = width - 1; i >= 0; --i, value /= 10) at_[i] = static_cast<char>('0' + value % 10);
    at_ += width;
  }

  void PutRepeated(absl::string_view text, uint32_t times) {
    for (; times > 0; --times) Put(text);
  }

  char* at() const { return at_; }

 private:
  char* at_;
};

}  // namespace sabun::bench
