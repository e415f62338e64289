// Rules for values that need little or nothing done. "No" says nothing here: the value may be wrong, or just not
// simple.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/canonical/text_rules.h"

namespace sabun {

// True when every byte is in 20 .. 7E and, when `characters` is kDigits or kAsciiAlnum, in that class. `text` is not
// empty.
bool IsAsciiOf(absl::string_view text, CharacterClass characters);

// What ApplyTextRules gives, for a plain text (see PlainSurvey) that `rules` leave alone but for the kind of its
// spaces:
// `*value` is `text` itself or `*out`. When false, `*out` may hold anything. `text` is not empty and must not point
// into
// `*out`.
bool PlainTextRules(absl::string_view text, uint32_t rules, std::string* out, absl::string_view* value);

}  // namespace sabun
