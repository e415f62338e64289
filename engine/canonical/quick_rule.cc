#include "engine/canonical/quick_rule.h"

#include <algorithm>
#include <cstring>

#include "engine/canonical/date_rule.h"
#include "engine/canonical/plain_survey.h"
#include "engine/canonical/plain_text.h"

namespace sabun {
namespace {

// The bytes at which padding begins or ends, and some other characters too.
constexpr std::array<bool, 256> EdgesOfPadding() {
  std::array<bool, 256> edges = {};
  for (const unsigned char byte : {0x20, 0x09, 0xE3, 0x80}) edges[byte] = true;
  return edges;
}
constexpr std::array<bool, 256> kEdgesOfPadding = EdgesOfPadding();

bool MayBePadded(absl::string_view text) {
  return kEdgesOfPadding[static_cast<unsigned char>(text.front())] |
         kEdgesOfPadding[static_cast<unsigned char>(text.back())];
}

}  // namespace

QuickRule::QuickRule(const ProfileField& field)
    : field_(&field),
      max_bytes_(field.MaxSourceBytes()),
      may_be_empty_(!field.required && field.FindCode("") == nullptr) {
  static_assert(kMaxCodes <= UINT16_MAX);
  // Spellings that no readable value can equal leave all codes to the rules.
  const auto readable = [](const auto& code) {
    const TextSurvey survey = SurveyText(code.first);
    return survey.valid && !survey.control && !survey.breaks;
  };
  if (!std::all_of(field.codes.begin(), field.codes.end(), readable)) return;
  const auto first_byte = [](const auto& code) {
    return code.first.empty() ? 0 : static_cast<unsigned char>(code.first[0]);
  };
  size_t at = 0;
  for (int c = 0; c < 256; ++c) {
    while (at < field.codes.size() && first_byte(field.codes[at]) < c) ++at;
    codes_from_[c] = static_cast<uint16_t>(at);
  }
  codes_from_[256] = static_cast<uint16_t>(field.codes.size());
}

bool QuickRule::TakeCode(absl::string_view raw, absl::string_view* value) const {
  // A spelling in the profile is one that the rules leave alone, so a value that equals it is too.
  const auto first = static_cast<unsigned char>(raw[0]);
  for (size_t i = codes_from_[first]; i < codes_from_[first + 1]; ++i) {
    const std::string& spelling = field_->codes[i].first;
    if (spelling.size() != raw.size() || (raw.size() > 1 && spelling != raw)) continue;
    *value = field_->codes[i].second;
    return true;
  }
  return false;
}

bool QuickRule::TakeString(absl::string_view raw, std::string* text, absl::string_view* value) const {
  const CharacterClass characters = field_->characters;
  const bool folds = (field_->text_rules & (kSpacesFold | kSpacesFoldWide)) != 0;
  const bool ascii = static_cast<unsigned char>(raw[0]) < 0x80 && IsAsciiOf(raw, characters);
  if (ascii && characters != CharacterClass::kKatakana &&
      !(folds && std::memchr(raw.data(), ' ', raw.size()) != nullptr)) {
    *value = raw;
    return field_->exact_length == 0 ? raw.size() <= field_->max_length : raw.size() == field_->exact_length;
  }
  if (!PlainTextRules(raw, field_->text_rules, text, value) || !field_->LengthFits(*value)) return false;
  return characters == CharacterClass::kText || InCharacterClass(*value, characters);
}

bool QuickRule::Take(absl::string_view raw, JsonOutline* json, std::string* text, absl::string_view* value) const {
  if (raw.size() > max_bytes_) return false;
  if (!raw.empty() && MayBePadded(raw)) raw = TrimText(raw);
  if (raw.empty()) {
    *value = raw;
    return may_be_empty_;
  }
  switch (field_->type) {
    case FieldType::kString:
      return TakeString(raw, text, value);
    case FieldType::kDate:
      *value = raw;
      return (field_->date_formats & kDateIso) != 0 && IsCanonicalDate(raw);
    case FieldType::kBoolean:
    case FieldType::kCode:
      return TakeCode(raw, value);
    case FieldType::kJsonObject:
    case FieldType::kJsonArray:
      return IsPlainUtf8(raw) && json->Run(raw, field_->Shape(), text, value) && field_->LengthFits(*value);
  }
  return false;
}

}  // namespace sabun
