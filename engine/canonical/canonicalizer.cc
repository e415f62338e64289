#include "engine/canonical/canonicalizer.h"

#include "engine/base/check.h"
#include "engine/canonical/check_digit.h"
#include "engine/canonical/date_rule.h"
#include "engine/canonical/json_rule.h"

namespace sabun {
namespace {

bool IsJson(FieldType type) { return type == FieldType::kJsonObject || type == FieldType::kJsonArray; }

// Whether the characters are ones any field could hold, before the rules of the field.
bool IsReadable(const ProfileField& field, absl::string_view text) {
  const TextSurvey survey = SurveyText(text);
  if (!survey.valid || survey.control) return false;
  return !survey.breaks || IsJson(field.type) || (field.text_rules & (kSpacesFold | kSpacesFoldWide)) != 0;
}

const RowCode* CheckString(const ProfileField& field, absl::string_view value) {
  if (!field.LengthFits(value)) return &row_code::kTooLong;
  return InCharacterClass(value, field.characters) ? nullptr : &row_code::kCharacters;
}

const RowCode* RunJson(const ProfileField& field, absl::string_view text, std::string* value) {
  if (!CanonicalJson(text, field.Shape(), value)) return &row_code::kJson;
  return field.LengthFits(*value) ? nullptr : &row_code::kTooLong;
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

// The error of the field's value or nullptr; `*value` receives the canonical value.
const RowCode* RunField(const ProfileField& field, absl::string_view raw, std::string* value) {
  value->clear();
  if (raw.size() > field.MaxSourceBytes()) return &row_code::kTooLong;
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

}  // namespace

Canonicalizer::Canonicalizer(const Profile& profile) : profile_(profile) {
  for (const ProfileField& field : profile.fields) quick_rules_.emplace_back(field);
}

bool Canonicalizer::Run(absl::Span<const absl::string_view> raw, CanonicalValues* values,
                        std::vector<Finding>* findings) const {
  SABUN_CHECK(raw.size() == profile_.fields.size());
  values->values_.resize(raw.size());
  values->texts_.resize(raw.size());
  findings->clear();
  bool valid = true;
  for (size_t i = 0; i < raw.size(); ++i) {
    const ProfileField& field = profile_.fields[i];
    absl::string_view& value = values->values_[i];
    std::string& text = values->texts_[i];
    if (!values->quick_ || !quick_rules_[i].Take(raw[i], &values->json_, &text, &value)) {
      const RowCode* code = RunField(field, raw[i], &text);
      value = text;
      if (code != nullptr) {
        valid = false;
        findings->push_back({code, field.name});
        continue;
      }
    }
    if (!value.empty() && !CheckDigitFits(field.check_digit, value)) {
      findings->push_back({&row_code::kCheckDigit, field.name});
    }
  }
  for (const ProfilePeriod& period : profile_.periods) {
    const absl::string_view from = values->values_[period.from];
    const absl::string_view to = values->values_[period.to];
    // Canonical dates sort as text; a date with an error is empty.
    if (from.empty() || to.empty() || from <= to) continue;
    valid = false;
    findings->push_back({&row_code::kPeriod, profile_.fields[period.to].name});
  }
  return valid;
}

}  // namespace sabun
