#include "engine/canonical/profile_field.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/canonical/date_rule.h"

namespace sabun {
namespace {

constexpr absl::string_view kMembers[] = {
    "name",       "label_ja",  "type",         "required", "personal",    "my_number", "max_length", "exact_length",
    "characters", "canonical", "date_formats", "elements", "check_digit", "codes",     "path",       "json",
};

constexpr Word<FieldType> kTypes[] = {
    {"string", FieldType::kString},          {"date", FieldType::kDate},
    {"boolean", FieldType::kBoolean},        {"code", FieldType::kCode},
    {"json_object", FieldType::kJsonObject}, {"json_array", FieldType::kJsonArray},
};

constexpr Word<CharacterClass> kClasses[] = {
    {"text", CharacterClass::kText},
    {"any", CharacterClass::kAny},
    {"printable_ascii", CharacterClass::kPrintableAscii},
    {"ascii_alnum", CharacterClass::kAsciiAlnum},
    {"digits", CharacterClass::kDigits},
    {"katakana", CharacterClass::kKatakana},
};

constexpr Word<uint32_t> kRules[] = {
    {"trim", kTrim},
    {"nfc", kNfc},
    {"kana_fullwidth", kKanaFullwidth},
    {"digits_halfwidth", kDigitsHalfwidth},
    {"ascii_halfwidth", kAsciiHalfwidth},
    {"spaces_fold", kSpacesFold},
    {"spaces_fold_wide", kSpacesFoldWide},
};

constexpr Word<uint32_t> kDateFormats[] = {
    {"iso", kDateIso},
    {"slash", kDateSlash},
    {"compact", kDateCompact},
    {"kanji", kDateKanji},
    {"wareki_kanji", kDateWarekiKanji},
    {"wareki_latin", kDateWarekiLatin},
    {"wareki_digits", kDateWarekiDigits},
};

constexpr Word<CheckDigitRule> kCheckDigits[] = {
    {"my_number", CheckDigitRule::kMyNumber},
    {"insurer_number", CheckDigitRule::kInsurerNumber},
};

constexpr Word<bool> kElements[] = {{"any", false}, {"object", true}};

bool IsName(absl::string_view name) {
  return absl::ascii_isalpha(static_cast<unsigned char>(name[0])) && std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
         });
}

// Members that would have no effect on the type are errors: whoever wrote them expects one.
void CheckMembersFitType(FieldType type, TableReader* reader) {
  const auto only = [&](absl::string_view member, bool fits, absl::string_view types) {
    if (!reader->Has(member) || fits) return;
    reader->Fail(member, absl::StrCat(member, " needs type ", types),
                 absl::StrCat(member, "はtypeが", types, "の項目だけに書けます"));
  };
  const bool string = type == FieldType::kString;
  const bool json = type == FieldType::kJsonObject || type == FieldType::kJsonArray;
  only("max_length", string || json, "string, json_object, json_array");
  only("exact_length", string, "string");
  only("characters", string, "string");
  only("check_digit", string, "string");
  only("my_number", string, "string");
  only("date_formats", type == FieldType::kDate, "date");
  only("elements", type == FieldType::kJsonArray, "json_array");
  only("codes", type == FieldType::kBoolean || type == FieldType::kCode, "boolean, code");
}

void ReadLengths(TableReader* reader, ProfileField* field) {
  field->max_length = reader->Count("max_length", kLongestMaxLength, kDefaultMaxLength);
  field->exact_length = reader->Count("exact_length", kLongestMaxLength, 0);
  if (field->exact_length == 0) return;
  if (reader->Has("max_length")) {
    reader->Fail("exact_length", "give max_length or exact_length, not both",
                 "max_lengthとexact_lengthは同時に書けません");
  }
  field->max_length = field->exact_length;
}

void ReadTextRules(TableReader* reader, ProfileField* field) {
  field->text_rules = reader->Bits("canonical", kRules, kTrim);
  if ((field->text_rules & kTrim) == 0) {
    reader->Fail("canonical", "canonical must list \"trim\": padding never has a meaning",
                 "canonicalには必ず「trim」を入れます");
  }
  const auto both = [field](uint32_t a, uint32_t b) {
    return (field->text_rules & a) != 0 && (field->text_rules & b) != 0;
  };
  if (both(kSpacesFold, kSpacesFoldWide)) {
    reader->Fail("canonical", "give spaces_fold or spaces_fold_wide, not both",
                 "spaces_foldとspaces_fold_wideは同時に書けません");
  }
  const bool own_rule =
      field->type == FieldType::kDate || field->type == FieldType::kJsonObject || field->type == FieldType::kJsonArray;
  if (own_rule && field->text_rules != kTrim) {
    reader->Fail("canonical", "a date or JSON field has a canonical rule of its own; only \"trim\" may be listed",
                 "日付とJSONの項目のcanonicalに書けるのは「trim」だけです");
  }
}

void ReadCodes(TableReader* reader, ProfileField* field) {
  if (field->type != FieldType::kBoolean && field->type != FieldType::kCode) return;
  field->codes = reader->TextTable("codes");
  if (field->codes.empty() && field->type == FieldType::kBoolean) field->codes = {{"false", "false"}, {"true", "true"}};
  if (field->codes.empty()) reader->Fail("codes", "type code needs codes", "typeがcodeの項目にはcodesが要ります");
  if (field->codes.size() > kMaxCodes) {
    reader->Fail("codes", absl::StrCat("at most ", kMaxCodes, " codes"),
                 absl::StrCat("codesは", kMaxCodes, "個までです"));
  }
  std::string canonical;
  for (const auto& [spelling, value] : field->codes) {
    ApplyTextRules(spelling, field->text_rules, &canonical);
    if (canonical != spelling) {
      reader->Fail("codes",
                   absl::StrCat("the spelling \"", spelling, "\" can never match: the rules in canonical change it"),
                   absl::StrCat("「", spelling, "」はcanonicalの規則で変わるため、一致しません"));
    }
    if (field->type == FieldType::kBoolean && value != "true" && value != "false") {
      reader->Fail("codes", "a boolean's codes must stand for \"true\" or \"false\"",
                   "booleanのcodesの値はtrueかfalseです");
    }
  }
}

}  // namespace

uint32_t ReadDateFormats(TableReader* reader, uint32_t absent) {
  return reader->Bits("date_formats", kDateFormats, absent);
}

ProfileField ReadProfileField(const toml::table& table, uint32_t default_date_formats, absl::Status* error) {
  TableReader reader(table, error);
  reader.OnlyMembers(kMembers);
  ProfileField field;
  field.name = reader.RequiredText("name", 64);
  if (!field.name.empty() && !IsName(field.name)) {
    reader.Fail("name", "name must be ASCII letters, digits and \"_\", a letter first",
                "nameは英字で始まる英数字と「_」です");
  }
  field.label_ja = reader.Text("label_ja", 200);
  field.type = reader.Choice<FieldType>("type", kTypes, FieldType::kString);
  CheckMembersFitType(field.type, &reader);
  field.required = reader.Flag("required");
  field.personal = reader.Flag("personal");
  field.check_digit = reader.Choice<CheckDigitRule>("check_digit", kCheckDigits, CheckDigitRule::kNone);
  field.my_number = reader.Flag("my_number") || field.check_digit == CheckDigitRule::kMyNumber;
  field.characters = reader.Choice<CharacterClass>("characters", kClasses, CharacterClass::kText);
  field.elements_objects = reader.Choice<bool>("elements", kElements, false);
  ReadLengths(&reader, &field);
  ReadTextRules(&reader, &field);
  ReadCodes(&reader, &field);
  const uint32_t date_formats = ReadDateFormats(&reader, default_date_formats);
  if (field.type == FieldType::kDate) field.date_formats = date_formats;
  reader.Text("path");
  reader.Text("json");
  return field;
}

}  // namespace sabun
