#include "engine/canonical/canonicalizer.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/canonical/check_digit.h"
#include "engine/canonical/date_rule.h"
#include "engine/canonical/json_rule.h"

namespace sabun {
namespace {

// A value with more bytes than this for each character it may have is refused before any work is done on it. Four bytes
// are a code point, the rest is room for combining marks that NFC takes away, and for the layout of JSON.
constexpr size_t kMaxBytesPerCharacter = 16;
constexpr size_t kMinBytes = 1024;

bool IsJson(FieldType type) { return type == FieldType::kJsonObject || type == FieldType::kJsonArray; }

bool LengthFits(const ProfileField& field, absl::string_view value) {
  // Characters are never more than bytes, so most values need no count.
  if (field.exact_length == 0 && value.size() <= field.max_length) return true;
  const size_t length = CountCharacters(value);
  return field.exact_length == 0 ? length <= field.max_length : length == field.exact_length;
}

// Whether the characters are ones any field could hold, before the rules of the field.
bool IsReadable(const ProfileField& field, absl::string_view text) {
  const TextSurvey survey = SurveyText(text);
  if (!survey.valid || survey.control) return false;
  return !survey.breaks || IsJson(field.type) || (field.text_rules & (kSpacesFold | kSpacesFoldWide)) != 0;
}

const RowCode* CheckString(const ProfileField& field, absl::string_view value) {
  if (!LengthFits(field, value)) return &row_code::kTooLong;
  return InCharacterClass(value, field.characters) ? nullptr : &row_code::kCharacters;
}

const RowCode* RunJson(const ProfileField& field, absl::string_view text, std::string* value) {
  const JsonShape shape = field.type == FieldType::kJsonObject ? JsonShape::kObject
                          : field.elements_objects             ? JsonShape::kArrayOfObjects
                                                               : JsonShape::kArray;
  if (!CanonicalJson(text, shape, value)) return &row_code::kJson;
  return LengthFits(field, *value) ? nullptr : &row_code::kTooLong;
}

bool CheckDigitFits(CheckDigitRule rule, absl::string_view value) {
  switch (rule) {
    case CheckDigitRule::kNone:
      return true;
    case CheckDigitRule::kMyNumber:
      return IsMyNumber(value);
    case CheckDigitRule::kInsurerNumber:
      return IsInsurerNumber(value);
  }
  return true;
}

}  // namespace

const RowCode* Canonicalizer::RunField(const ProfileField& field, absl::string_view raw, std::string* value) const {
  value->clear();
  if (raw.size() > std::max(kMinBytes, field.max_length * kMaxBytesPerCharacter)) return &row_code::kTooLong;
  const absl::string_view text = TrimText(raw);
  if (!IsReadable(field, text)) return &row_code::kEncoding;
  if (text.empty() && field.codes.empty()) return field.required ? &row_code::kRequired : nullptr;

  if (field.type == FieldType::kDate)
    return CanonicalDate(text, field.date_formats, value) ? nullptr : &row_code::kDate;
  if (IsJson(field.type)) return RunJson(field, text, value);
  ApplyTextRules(text, field.text_rules, value);
  if (field.type == FieldType::kString) {
    // Rules may leave nothing, of a value that was line breaks alone.
    if (value->empty()) return field.required ? &row_code::kRequired : nullptr;
    return CheckString(field, *value);
  }
  const std::string* code = field.FindCode(*value);
  if (code == nullptr && value->empty()) return field.required ? &row_code::kRequired : nullptr;
  if (code == nullptr) return &row_code::kCodeValue;
  value->assign(*code);
  return nullptr;
}

bool Canonicalizer::Run(absl::Span<const absl::string_view> raw, std::vector<std::string>* values,
                        std::vector<Finding>* findings) const {
  SABUN_CHECK(raw.size() == profile_.fields.size());
  values->resize(raw.size());
  findings->clear();
  bool valid = true;
  for (size_t i = 0; i < raw.size(); ++i) {
    const ProfileField& field = profile_.fields[i];
    std::string& value = (*values)[i];
    if (const RowCode* code = RunField(field, raw[i], &value); code != nullptr) {
      valid = false;
      findings->push_back({code, field.name});
    } else if (!value.empty() && !CheckDigitFits(field.check_digit, value)) {
      findings->push_back({&row_code::kCheckDigit, field.name});
    }
  }
  for (const ProfilePeriod& period : profile_.periods) {
    const std::string& from = (*values)[period.from];
    const std::string& to = (*values)[period.to];
    // Canonical dates sort as text; a date with an error is empty.
    if (from.empty() || to.empty() || from <= to) continue;
    valid = false;
    findings->push_back({&row_code::kPeriod, profile_.fields[period.to].name});
  }
  return valid;
}

}  // namespace sabun
