// 128-bit record keys and fingerprints. Both are keyed hashes: opaque, and personal data all the same.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

namespace sabun {

// 16 bytes that sort as bytes. `Tag` keeps keys and fingerprints apart.
template <typename Tag>
struct Bytes128 {
  std::array<unsigned char, 16> bytes{};

  static Bytes128 From(const void* data) {
    Bytes128 id;
    std::memcpy(id.bytes.data(), data, 16);
    return id;
  }
  // The smallest that begins with `first_word`; see FirstWord.
  static Bytes128 Smallest(uint64_t first_word) {
    Bytes128 id;
    for (int i = 0; i < 8; ++i) id.bytes[i] = static_cast<unsigned char>(first_word >> (56 - 8 * i));
    return id;
  }
  absl::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  // The first eight bytes as a number of the same order.
  uint64_t FirstWord() const { return Word(0); }
  bool IsZero() const { return bytes == std::array<unsigned char, 16>{}; }

  friend bool operator==(const Bytes128& a, const Bytes128& b) { return std::memcmp(&a.bytes, &b.bytes, 16) == 0; }
  // As bytes; two loads instead of a call, for this is the innermost step of sorting and merging.
  friend std::strong_ordering operator<=>(const Bytes128& a, const Bytes128& b) {
    const uint64_t a_high = a.Word(0), b_high = b.Word(0);
    return a_high != b_high ? a_high <=> b_high : a.Word(8) <=> b.Word(8);
  }

 private:
  uint64_t Word(size_t at) const {
    uint64_t word;
    std::memcpy(&word, &bytes[at], 8);
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
  }
};

using Key128 = Bytes128<struct KeyTag>;
using Fingerprint128 = Bytes128<struct FingerprintTag>;

}  // namespace sabun
