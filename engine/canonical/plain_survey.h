// One look at the bytes of a value that tells whether it is plain Japanese text, as nearly all are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sabun {

// A plain text is of printable ASCII, U+3000 .. U+9FFF without combining marks, and U+FF00 .. U+FF3F. So it is valid
// UTF-8 without control characters, every character is in CharacterClass::kText, and it is NFC and without half-width
// kana. The other members mean nothing when it is not plain.
struct PlainSurvey {
  bool plain = false;
  bool full_width = false;   // One of U+FF00 .. U+FF3F.
  bool spaces = false;       // U+0020
  bool wide_spaces = false;  // U+3000
  // The last bytes of spaces of both kinds: byte i is bit i % 64 of word i / 64. Unspecified for longer texts.
  static constexpr size_t kSpaceBytes = 128;
  std::array<uint64_t, kSpaceBytes / 64> space_ends = {};
};

// These give the same. No byte outside of `text` is read.
PlainSurvey PortablePlainSurvey(absl::string_view text);
#ifdef __SSE2__
PlainSurvey Sse2PlainSurvey(absl::string_view text);
#endif

// True for texts of printable ASCII, U+3000 .. U+9FFF and U+F000 .. U+FFFF: valid UTF-8 without control characters.
bool PortableIsPlainUtf8(absl::string_view text);
#ifdef __SSE2__
bool Sse2IsPlainUtf8(absl::string_view text);
#endif

inline PlainSurvey SurveyPlain(absl::string_view text) {
#ifdef __SSE2__
  return Sse2PlainSurvey(text);
#else
  return PortablePlainSurvey(text);
#endif
}

inline bool IsPlainUtf8(absl::string_view text) {
#ifdef __SSE2__
  return Sse2IsPlainUtf8(text);
#else
  return PortableIsPlainUtf8(text);
#endif
}

}  // namespace sabun
