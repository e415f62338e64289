// Integers as bytes: big endian where keys must sort, unsigned LEB128 varints where size matters.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sabun {

inline void AppendBig64(uint64_t value, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

inline void AppendBig32(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

inline uint64_t LoadBig64(const char* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

inline uint32_t LoadBig32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

inline void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Takes a varint off the front of `*input`. False, with `*input` unspecified, when it is cut short or over 64 bits.
inline bool TakeVarint(absl::string_view* input, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !input->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(input->front());
    input->remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// A varint length, then the bytes.
inline void AppendSized(absl::string_view bytes, std::string* out) {
  AppendVarint(bytes.size(), out);
  out->append(bytes.data(), bytes.size());
}

// Takes what AppendSized wrote; `*bytes` points into the input. False when it is cut short.
inline bool TakeSized(absl::string_view* input, absl::string_view* bytes) {
  uint64_t size = 0;
  if (!TakeVarint(input, &size) || size > input->size()) return false;
  *bytes = input->substr(0, size);
  input->remove_prefix(size);
  return true;
}

}  // namespace sabun
