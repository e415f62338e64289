// JSON given as the text of a field, brought to one spelling.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace sabun {

enum class JsonShape {
  kObject,
  kArray,
  kArrayOfObjects,  // An array whose elements are all objects.
};

// Nesting above this is refused.
inline constexpr int kMaxJsonDepth = 32;

// Replaces `*out` by `text` without insignificant white space, members sorted by name (their order has no meaning in
// JSON, that of array elements has), and each string in its shortest escaping. Fractions and exponents stay as they are
// spelled, so no digit is lost. False, with `*out` unspecified, when `text` is not one JSON value (RFC 8259) of the
// shape, gives a member twice, nests too deep, or holds an integer beyond 64 bits or a number beyond a double.
bool CanonicalJson(absl::string_view text, JsonShape shape, std::string* out);

}  // namespace sabun
