// Character encodings of synthetic extracts.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun::bench {

enum class Encoding { kUtf8, kCp932 };

// Turns UTF-8 text into the encoding. A character that the encoding lacks is replaced as Replacements() says.
// INVALID_ARGUMENT: not UTF-8, or a character has neither a code nor a replacement. Thread-safe; slow, so tables are
// encoded once and rows are put together from encoded pieces.
absl::StatusOr<std::string> Encode(Encoding encoding, absl::string_view utf8);

// Full-width katakana as half-width, in UTF-8; everything else stays.
absl::StatusOr<std::string> HalfWidthKana(absl::string_view utf8);

}  // namespace sabun::bench
