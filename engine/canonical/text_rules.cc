#include "engine/canonical/text_rules.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uniset.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/base/check.h"

namespace sabun {
namespace {

constexpr absl::string_view kWideSpace = "\u3000";

// Full-width forms of U+FF61 .. U+FF9F, in order (Unicode's compatibility mappings, the two sound marks apart).
constexpr char16_t kFullwidthKana[] =
    u"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリ"
    u"ルレロワン゛゜";
static_assert(sizeof(kFullwidthKana) / sizeof(char16_t) == 0xFF9F - 0xFF61 + 2);

void AppendCodePoint(UChar32 c, std::string* out) {
  char bytes[U8_MAX_LENGTH];
  int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out->append(bytes, size);
}

// Katakana with the sound mark U+FF9E or U+FF9F joined, 0 when there is none such.
UChar32 JoinSoundMark(UChar32 kana, UChar32 mark) {
  const bool h_row = kana >= 0x30CF && kana <= 0x30DB && (kana - 0x30CF) % 3 == 0;  // ハ ヒ フ ヘ ホ
  if (mark == 0xFF9F) return h_row ? kana + 2 : 0;
  if (h_row) return kana + 1;
  if (kana >= 0x30AB && kana <= 0x30C1 && kana % 2 == 1) return kana + 1;  // カ .. チ
  if (kana >= 0x30C4 && kana <= 0x30C8 && kana % 2 == 0) return kana + 1;  // ツ テ ト
  switch (kana) {
    case 0x30A6:
      return 0x30F4;  // ウ ヴ
    case 0x30EF:
      return 0x30F7;  // ワ ヷ
    case 0x30F0:
      return 0x30F8;  // ヰ ヸ
    case 0x30F1:
      return 0x30F9;  // ヱ ヹ
    case 0x30F2:
      return 0x30FA;  // ヲ ヺ
    case 0x30FD:
      return 0x30FE;  // ヽ ヾ
    default:
      return 0;
  }
}

// Appends the full-width form of half-width `c`; a sound mark changes the katakana at the end of `*out` instead.
void AppendKana(UChar32 c, std::string* out) {
  if (c >= 0xFF9E && out->size() >= 3) {
    // The lead byte E3 is never a later byte of a character, so three bytes that begin with it are one.
    const char* last = out->data() + out->size() - 3;
    const UChar32 kana = last[0] == '\xE3' ? 0x3000 | (last[1] & 0x3F) << 6 | (last[2] & 0x3F) : 0;
    if (const UChar32 joined = JoinSoundMark(kana, c); joined != 0) {
      out->resize(out->size() - 3);
      return AppendCodePoint(joined, out);
    }
  }
  AppendCodePoint(kFullwidthKana[c - 0xFF61], out);
}

// One pass over the text: width rules and folding of white space. Does not see combining marks.
class WidthPass {
 public:
  WidthPass(uint32_t rules, std::string* out) : rules_(rules), out_(out) {
    fold_ = (rules & (kSpacesFold | kSpacesFoldWide)) != 0;
    space_ = (rules & kSpacesFoldWide) != 0 ? kWideSpace : " ";
  }

  void Run(absl::string_view text) {
    size_t i = 0;
    while (i < text.size()) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      Take(text.substr(i, size));
      i += size;
    }
  }

 private:
  void Take(absl::string_view character) {
    if (fold_ && IsSpace(character)) {
      pending_space_ = true;
      return;
    }
    if (pending_space_ && !out_->empty()) out_->append(space_.data(), space_.size());
    pending_space_ = false;
    if (character[0] == '\xEF' && TakeFullOrHalfwidth(character)) return;
    out_->append(character.data(), character.size());
  }

  bool TakeFullOrHalfwidth(absl::string_view character) {
    const UChar32 c = 0xF000 | (character[1] & 0x3F) << 6 | (character[2] & 0x3F);
    const bool digit = c >= 0xFF10 && c <= 0xFF19;
    if (c >= 0xFF01 && c <= 0xFF5E &&
        ((rules_ & kAsciiHalfwidth) != 0 || (digit && (rules_ & kDigitsHalfwidth) != 0))) {
      out_->push_back(static_cast<char>(c - 0xFF01 + '!'));
      return true;
    }
    if (c < 0xFF61 || c > 0xFF9F || (rules_ & kKanaFullwidth) == 0) return false;
    AppendKana(c, out_);
    return true;
  }

  static bool IsSpace(absl::string_view c) {
    return c.size() == 1 ? c[0] == ' ' || c[0] == '\t' || c[0] == '\r' || c[0] == '\n' : c == kWideSpace;
  }

  uint32_t rules_;
  std::string* out_;
  bool fold_ = false;
  bool pending_space_ = false;
  absl::string_view space_;
};

const icu::Normalizer2& NfcButCompatibilityIdeographs() {
  static const icu::Normalizer2* const normalizer = [] {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
    auto* set = new icu::UnicodeSet(0, 0x10FFFF);
    set->remove(0xF900, 0xFAFF).remove(0x2F800, 0x2FA1F).freeze();
    SABUN_CHECK(U_SUCCESS(error));
    return new icu::FilteredNormalizer2(*nfc, *set);
  }();
  return *normalizer;
}

// True for texts of ASCII, kana, ideographs and width forms only, which NFC leaves alone: nearly all there are. Lead
// bytes E3 .. E9 are U+3000 .. U+9FFF; the marks U+302A .. U+302F and U+3099, U+309A are the only ones there that take
// part in composition. EF BC .. EF BF are U+FF00 .. U+FFFF.
bool IsPlainJapanese(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const bool width_form = lead == 0xEF && static_cast<unsigned char>(text[i + 1]) >= 0xBC;
    if ((lead < 0xE3 || lead > 0xE9) && !width_form) return false;
    const absl::string_view mark = text.substr(i, 3);
    if (mark == "\u3099" || mark == "\u309A" || (mark >= "\u302A" && mark <= "\u302F")) return false;
    i += 3;
  }
  return true;
}

void Normalize(std::string* text) {
  if (IsPlainJapanese(*text)) return;
  UErrorCode error = U_ZERO_ERROR;
  std::string result;
  icu::StringByteSink<std::string> sink(&result, static_cast<int32_t>(text->size()));
  NfcButCompatibilityIdeographs().normalizeUTF8(0, icu::StringPiece(text->data(), static_cast<int32_t>(text->size())),
                                                sink, nullptr, error);
  SABUN_CHECK(U_SUCCESS(error));
  text->swap(result);
}

bool NeedsFolding(absl::string_view ascii, uint32_t rules) {
  const bool wide = (rules & kSpacesFoldWide) != 0;
  for (size_t i = 0; i < ascii.size(); ++i) {
    if (ascii[i] > ' ') continue;
    if (wide || ascii[i] != ' ' || (i > 0 && ascii[i - 1] == ' ')) return true;
  }
  return false;
}

bool IsText(UChar32 c) {
  const bool private_use = (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000;
  const bool noncharacter = (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
  return !private_use && !noncharacter && c != 0xFEFF && c != 0xFFFD;
}

bool IsKatakana(UChar32 c) {
  return (c >= 0x30A1 && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) || c == 0x3000 || c == ' ';
}

template <typename Predicate>
bool AllCodePoints(absl::string_view text, Predicate predicate) {
  for (size_t i = 0; i < text.size();) {
    UChar32 c = 0;
    U8_NEXT(text.data(), i, text.size(), c);
    if (!predicate(c)) return false;
  }
  return true;
}

}  // namespace

TextSurvey SurveyText(absl::string_view text) {
  TextSurvey survey;
  const auto look = [&survey](UChar32 c) {
    if (c < 0) survey.valid = false;
    if (c == '\t' || c == '\r' || c == '\n') {
      survey.breaks = true;
    } else if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) {
      survey.control = true;
    }
    return c >= 0;
  };
  size_t plain = 0;
  while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7F) ++plain;
  if (plain == text.size()) return survey;
  survey.ascii =
      std::all_of(text.begin() + plain, text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  AllCodePoints(text.substr(plain), look);
  return survey;
}

absl::string_view TrimText(absl::string_view text) {
  while (!text.empty()) {
    if (text[0] == ' ' || text[0] == '\t') {
      text.remove_prefix(1);
    } else if (absl::StartsWith(text, kWideSpace)) {
      text.remove_prefix(kWideSpace.size());
    } else {
      break;
    }
  }
  while (!text.empty()) {
    if (text.back() == ' ' || text.back() == '\t') {
      text.remove_suffix(1);
    } else if (absl::EndsWith(text, kWideSpace)) {
      text.remove_suffix(kWideSpace.size());
    } else {
      break;
    }
  }
  return text;
}

void ApplyTextRules(absl::string_view text, uint32_t rules, std::string* out) {
  if ((rules & kTrim) != 0) text = TrimText(text);
  constexpr uint32_t kFold = kSpacesFold | kSpacesFoldWide;
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  constexpr uint32_t kWidth = kKanaFullwidth | kDigitsHalfwidth | kAsciiHalfwidth;
  const uint32_t pass = ascii ? rules & kFold : rules & (kFold | kWidth);
  if (pass == 0 || (ascii && !NeedsFolding(text, rules))) {
    out->assign(text.data(), text.size());
  } else {
    out->clear();
    WidthPass(rules, out).Run(text);
  }
  if (!ascii && (rules & kNfc) != 0) Normalize(out);
}

size_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

bool InCharacterClass(absl::string_view text, CharacterClass characters) {
  const auto bytes = [text](auto predicate) { return std::all_of(text.begin(), text.end(), predicate); };
  switch (characters) {
    case CharacterClass::kAny:
      return true;
    case CharacterClass::kText:
      return bytes([](char c) { return static_cast<unsigned char>(c) < 0x80; }) || AllCodePoints(text, IsText);
    case CharacterClass::kPrintableAscii:
      return bytes([](char c) { return c >= ' ' && c <= '~'; });
    case CharacterClass::kAsciiAlnum:
      return bytes([](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); });
    case CharacterClass::kDigits:
      return bytes([](char c) { return c >= '0' && c <= '9'; });
    case CharacterClass::kKatakana:
      return AllCodePoints(text, IsKatakana);
  }
  return false;
}

}  // namespace sabun
