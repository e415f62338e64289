// Rules that take away differences in spelling which carry no meaning, and the character classes values are checked
// against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sabun {

// The rules of a field's `canonical` list, as bits. They are applied in one fixed order, whatever the list's order, and
// applying them twice changes nothing more.
enum TextRule : uint32_t {
  // Takes U+0009, U+0020 and U+3000 from both ends: the white space adapters take from key values.
  kTrim = 1,
  // Half-width katakana and its punctuation (U+FF61 .. U+FF9F) becomes full-width; a voiced or semi-voiced sound mark
  // joins
  // the katakana before it, and one that cannot join becomes U+309B or U+309C.
  kKanaFullwidth = 2,
  // Full-width 0 to 9 become ASCII.
  kDigitsHalfwidth = 4,
  // Full-width letters, digits and signs (U+FF01 .. U+FF5E) become ASCII.
  kAsciiHalfwidth = 8,
  // A run of white space (that of kTrim, and line breaks) becomes one U+0020 inside and nothing at the ends.
  kSpacesFold = 16,
  // The same, but one U+3000.
  kSpacesFoldWide = 32,
  // Unicode NFC, except that CJK compatibility ideographs stay: NFC would replace U+FA19 by U+795E, for example, and
  // which
  // form of the ideograph stands in a person's name is not cosmetic.
  kNfc = 64,
};

// What one look at a value tells.
struct TextSurvey {
  bool ascii = true;     // Bytes below 0x80 only.
  bool valid = true;     // Valid UTF-8. The members below mean nothing when it is not.
  bool breaks = false;   // Tabulator, carriage return or line feed.
  bool control = false;  // Any other character of U+0000 .. U+001F and U+007F .. U+009F.
};
TextSurvey SurveyText(absl::string_view text);

// `text` without the white space of kTrim at both ends.
absl::string_view TrimText(absl::string_view text);

// Replaces `*out` (whose capacity is used again) by `text` after `rules`. `text` must be valid UTF-8 and must not point
// into `*out`. Never fails.
void ApplyTextRules(absl::string_view text, uint32_t rules, std::string* out);

// Number of code points; `text` must be valid UTF-8.
size_t CountCharacters(absl::string_view text);

enum class CharacterClass {
  kAny,   // Everything that is valid UTF-8 without control characters.
  kText,  // kAny without private use (外字 that only the source can show), noncharacters, U+FEFF and U+FFFD.
  kPrintableAscii,  // U+0020 .. U+007E
  kAsciiAlnum,      // 0-9 A-Z a-z
  kDigits,          // 0-9
  kKatakana,        // U+30A1 .. U+30FF, U+31F0 .. U+31FF, U+0020 and U+3000
};

// True when every character of `text` (valid UTF-8 without control characters) is in the class.
bool InCharacterClass(absl::string_view text, CharacterClass characters);

}  // namespace sabun
