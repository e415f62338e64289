#include "tests/pmh_sim/record_rules.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace sabun {
namespace {

using nlohmann::json;

enum class Type { kString, kBoolean, kObject, kArrayOfObjects };
enum class Form { kAny, kAlphanumeric, kDigits, kDate, kSex, kZeroOrOne };

struct Rule {
  const char* name;
  Type type = Type::kString;
  bool required = false;
  std::size_t max_length = 0;    // In characters; 0 for no limit.
  std::size_t exact_length = 0;  // 0 for none.
  Form form = Form::kAny;
};

// The published table of the 医療費助成対象者差分履歴情報登録API.
const std::vector<Rule>& Rules() {
  static const auto* const rules = new std::vector<Rule>{
      {.name = "orgSpecificCertificateTypeId", .required = true, .max_length = 50, .form = Form::kAlphanumeric},
      {.name = "myNumber", .required = true, .exact_length = 12, .form = Form::kDigits},
      {.name = "basicFiveInfo", .type = Type::kObject, .required = true},
      {.name = "isNotDisclosed", .type = Type::kBoolean, .required = true},
      {.name = "medicalSubsidyInsurerNumber", .exact_length = 8, .form = Form::kDigits},
      {.name = "certificationName", .required = true, .max_length = 100},
      {.name = "medicalSubsidyRecipientNumber", .max_length = 30},
      {.name = "certificationSubKey"},
      {.name = "segment"},
      {.name = "incomeSegment"},
      {.name = "additionalConditions"},
      {.name = "designatedMedicalInstitutions"},
      {.name = "isAlwaysReimbursement", .required = true, .form = Form::kZeroOrOne},
      {.name = "maxCopaymentAmount", .type = Type::kObject},
      {.name = "validFrom", .required = true, .form = Form::kDate},
      {.name = "validTo", .required = true, .form = Form::kDate},
      {.name = "historyKey", .required = true},
      {.name = "isDeleted", .type = Type::kBoolean, .required = true},
      {.name = "certificationDetail", .type = Type::kArrayOfObjects, .required = true},
  };
  return *rules;
}

const std::vector<Rule>& BasicFiveRules() {
  static const auto* const rules = new std::vector<Rule>{
      {.name = "name", .required = true},
      {.name = "nameKana", .required = true},
      {.name = "address", .required = true},
      {.name = "dateOfBirth", .required = true, .form = Form::kDate},
      {.name = "sex", .required = true, .form = Form::kSex},
  };
  return *rules;
}

bool HasType(const json& value, Type type) {
  switch (type) {
    case Type::kString:
      return value.is_string();
    case Type::kBoolean:
      return value.is_boolean();
    case Type::kObject:
      return value.is_object();
    case Type::kArrayOfObjects:
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const json& child) { return child.is_object(); });
  }
  return false;
}

bool IsDate(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  }
  absl::CivilDay day;
  return absl::ParseCivilTime(text, &day) && absl::FormatCivilTime(day) == text;
}

bool HasForm(const std::string& text, Form form) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  switch (form) {
    case Form::kAny:
      return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    case Form::kAlphanumeric:
      return std::all_of(text.begin(), text.end(),
                         [&](char c) { return digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
    case Form::kDigits:
      return std::all_of(text.begin(), text.end(), digit);
    case Form::kDate:
      return IsDate(text);
    case Form::kSex:
      return text == "0" || text == "1" || text == "2" || text == "9";
    case Form::kZeroOrOne:
      return text == "0" || text == "1";
  }
  return false;
}

std::size_t Characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::optional<BrokenRule> CheckText(const Rule& rule, const std::string& text) {
  if (text.empty()) {
    if (!rule.required) return std::nullopt;
    return BrokenRule{"E1001", absl::StrCat(rule.name, " is required")};
  }
  const std::size_t length = Characters(text);
  if ((rule.max_length > 0 && length > rule.max_length) || (rule.exact_length > 0 && length != rule.exact_length)) {
    return BrokenRule{"E1002", absl::StrCat(rule.name, " has a wrong length")};
  }
  if (HasForm(text, rule.form)) return std::nullopt;
  return BrokenRule{rule.form == Form::kDate ? "E1004" : "E1003", absl::StrCat(rule.name, " has a wrong value")};
}

std::optional<BrokenRule> CheckMembers(const std::vector<Rule>& rules, const json& object) {
  for (const Rule& rule : rules) {
    const auto found = object.find(rule.name);
    if (found == object.end()) {
      if (rule.required) return BrokenRule{"E1001", absl::StrCat(rule.name, " is required")};
    } else if (rule.type == Type::kString) {
      if (auto broken = CheckText(rule, found->get_ref<const std::string&>())) return broken;
    }
  }
  for (const auto& member : object.items()) {
    const auto known = [&](const Rule& rule) { return member.key() == rule.name; };
    if (std::none_of(rules.begin(), rules.end(), known)) return BrokenRule{"E1005", "a member is not published"};
  }
  return std::nullopt;
}

std::optional<BrokenRule> CheckTypes(const std::vector<Rule>& rules, const json& object) {
  for (const Rule& rule : rules) {
    const auto found = object.find(rule.name);
    if (found != object.end() && !HasType(*found, rule.type)) {
      return BrokenRule{"E4001", absl::StrCat(rule.name, " has a wrong JSON type")};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<BrokenRule> CheckShape(const json& element) {
  if (!element.is_object()) return BrokenRule{"E4001", "an element is not an object"};
  if (auto broken = CheckTypes(Rules(), element)) return broken;
  const auto five = element.find("basicFiveInfo");
  return five == element.end() ? std::nullopt : CheckTypes(BasicFiveRules(), *five);
}

std::optional<BrokenRule> CheckContent(const json& element) {
  if (auto broken = CheckMembers(Rules(), element)) return broken;
  return CheckMembers(BasicFiveRules(), element.at("basicFiveInfo"));
}

}  // namespace sabun
