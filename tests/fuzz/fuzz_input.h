// Takes a fuzzer's bytes apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/string_view.h"

namespace sabun::fuzz {

// Takes small numbers off the front of the input; zeros when it is used up.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // At most `most` bytes; a length byte (two for more than 255) goes before.
  absl::string_view Piece(size_t most) {
    size_t size = Byte();
    if (most > 255) size = size * 256 + Byte();
    const absl::string_view piece = rest_.substr(0, size % (most + 1));
    rest_.remove_prefix(piece.size());
    return piece;
  }
  absl::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

// Ends the process as a finding when what must hold does not.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "what must hold does not: %s\n", what);
  std::abort();
}

}  // namespace sabun::fuzz
