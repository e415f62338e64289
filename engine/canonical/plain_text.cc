#include "engine/canonical/plain_text.h"

#include <bit>
#include <cstring>

#include "engine/canonical/plain_survey.h"

namespace sabun {
namespace {

constexpr absl::string_view kWideSpace = "\u3000";

constexpr uint64_t Repeat(uint64_t byte) { return byte * 0x0101010101010101; }
constexpr uint64_t kHighBits = Repeat(0x80);

uint64_t LoadWord(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// A word of the text's own bytes, some twice; `text` has 1 to 7.
uint64_t LoadShort(absl::string_view text) {
  uint64_t word = Repeat(static_cast<unsigned char>(text[0]));
  char* const to = reinterpret_cast<char*>(&word);
  if (text.size() >= 4) {
    std::memcpy(to, text.data(), 4);
    std::memcpy(to + 4, text.data() + text.size() - 4, 4);
  } else {
    to[1] = text[text.size() / 2];
    to[2] = text.back();
  }
  return word;
}

// The high bits of bytes outside of the range, which ends below 80. Without high bits nothing carries over.
inline uint64_t OutsideRange(uint64_t word, unsigned char first, unsigned char last) {
  const uint64_t low = word & ~kHighBits;
  return (word | ~(low + Repeat(0x80 - first)) | (low + Repeat(0x7F - last))) & kHighBits;
}

struct OutsidePrintable {
  uint64_t operator()(uint64_t word) const { return OutsideRange(word, ' ', '~'); }
};
struct OutsideDigits {
  uint64_t operator()(uint64_t word) const { return OutsideRange(word, '0', '9'); }
};
struct OutsideAlnum {
  uint64_t operator()(uint64_t word) const {
    return OutsideRange(word, '0', '9') & OutsideRange(word | Repeat(0x20), 'a', 'z');
  }
};

template <typename Outside>
bool NoneIs(absl::string_view text, Outside outside) {
  if (text.size() < 8) return outside(LoadShort(text)) == 0;
  uint64_t found = outside(LoadWord(text.data() + text.size() - 8));
  for (size_t i = 0; i + 8 < text.size(); i += 8) found |= outside(LoadWord(text.data() + i));
  return found == 0;
}

// Replaces `*out` by the plain text with every space as `space`. False when two stand side by side or one at an end,
// and for long texts.
bool FoldSpaces(absl::string_view text, const PlainSurvey& survey, absl::string_view space, std::string* out) {
  if (text.size() > PlainSurvey::kSpaceBytes) return false;
  out->clear();
  size_t begin = 0;
  for (size_t word = 0; word < survey.space_ends.size(); ++word) {
    for (uint64_t ends = survey.space_ends[word]; ends != 0; ends &= ends - 1) {
      const size_t last = word * 64 + static_cast<size_t>(std::countr_zero(ends));
      const size_t end = text[last] == ' ' ? last : last + 1 - kWideSpace.size();
      if (end == begin) return false;
      out->append(text.data() + begin, end - begin);
      out->append(space.data(), space.size());
      begin = last + 1;
    }
  }
  out->append(text.data() + begin, text.size() - begin);
  return begin != text.size();
}

}  // namespace

bool IsAsciiOf(absl::string_view text, CharacterClass characters) {
  switch (characters) {
    case CharacterClass::kDigits:
      return NoneIs(text, OutsideDigits());
    case CharacterClass::kAsciiAlnum:
      return NoneIs(text, OutsideAlnum());
    default:
      return NoneIs(text, OutsidePrintable());
  }
}

bool PlainTextRules(absl::string_view text, uint32_t rules, std::string* out, absl::string_view* value) {
  const PlainSurvey survey = SurveyPlain(text);
  if (!survey.plain) return false;
  if (survey.full_width && (rules & (kDigitsHalfwidth | kAsciiHalfwidth)) != 0) return false;
  *value = text;
  if (!survey.spaces && !survey.wide_spaces) return true;
  if ((rules & (kSpacesFold | kSpacesFoldWide)) == 0) return TrimText(text).size() == text.size();
  if (!FoldSpaces(text, survey, (rules & kSpacesFoldWide) != 0 ? kWideSpace : " ", out)) return false;
  *value = *out;
  return true;
}

}  // namespace sabun
