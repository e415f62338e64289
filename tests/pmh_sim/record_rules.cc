#include "tests/pmh_sim/record_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace sabun {
namespace {

using simdjson::dom::element;

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

constexpr std::size_t kMostRules = 32;

// The members of an object by the place of their rule.
struct Members {
  std::array<std::optional<element>, kMostRules> values;
  bool stray = false;  // There is one without a rule, or one that is there twice.
};

Members MembersOf(const std::vector<Rule>& rules, const simdjson::dom::object& object) {
  Members members;
  // Senders write them in the same order again and again: most often the next one is meant.
  std::size_t next = 0;
  for (const auto& [key, value] : object) {
    const auto is = [&name = key](const Rule& rule) { return name == rule.name; };
    auto rule = std::find_if(rules.begin() + next, rules.end(), is);
    if (rule == rules.end()) rule = std::find_if(rules.begin(), rules.end(), is);
    const std::size_t place = rule - rules.begin();
    members.stray |= rule == rules.end() || members.values[place].has_value();
    if (rule == rules.end()) continue;
    members.values[place] = value;
    next = place + 1;
  }
  return members;
}

bool HasType(const element& value, Type type) {
  switch (type) {
    case Type::kString:
      return value.is_string();
    case Type::kBoolean:
      return value.is_bool();
    case Type::kObject:
      return value.is_object();
    case Type::kArrayOfObjects: {
      simdjson::dom::array children;
      return value.get(children) == simdjson::SUCCESS &&
             std::all_of(children.begin(), children.end(), [](const element& child) { return child.is_object(); });
    }
  }
  return false;
}

bool IsDate(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&](std::size_t from, std::size_t digits) {
    int value = 0;
    for (std::size_t i = from; i < from + digits; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 0 || month < 0 || day < 0) return false;
  // A day that does not exist becomes another one.
  const absl::CivilDay civil(year, month, day);
  return civil.year() == year && civil.month() == month && civil.day() == day;
}

bool HasForm(absl::string_view text, Form form) {
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

std::size_t Characters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::optional<BrokenRule> CheckText(const Rule& rule, absl::string_view text) {
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

std::optional<BrokenRule> CheckMembers(const std::vector<Rule>& rules, const simdjson::dom::object& object) {
  const Members members = MembersOf(rules, object);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!members.values[i]) {
      if (rules[i].required) return BrokenRule{"E1001", absl::StrCat(rules[i].name, " is required")};
    } else if (rules[i].type == Type::kString) {
      const std::string_view text = members.values[i]->get_string().value_unsafe();
      if (auto broken = CheckText(rules[i], {text.data(), text.size()})) return broken;
    }
  }
  if (members.stray) return BrokenRule{"E1005", "a member is not published, or is there twice"};
  return std::nullopt;
}

std::optional<BrokenRule> CheckTypes(const std::vector<Rule>& rules, const simdjson::dom::object& object) {
  const Members members = MembersOf(rules, object);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (members.values[i] && !HasType(*members.values[i], rules[i].type)) {
      return BrokenRule{"E4001", absl::StrCat(rules[i].name, " has a wrong JSON type")};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<BrokenRule> CheckShape(const element& element) {
  simdjson::dom::object object, five;
  if (element.get(object) != simdjson::SUCCESS) return BrokenRule{"E4001", "an element is not an object"};
  if (auto broken = CheckTypes(Rules(), object)) return broken;
  return object["basicFiveInfo"].get(five) == simdjson::SUCCESS ? CheckTypes(BasicFiveRules(), five) : std::nullopt;
}

std::optional<BrokenRule> CheckContent(const element& element) {
  const simdjson::dom::object object = element.get_object().value_unsafe();
  if (auto broken = CheckMembers(Rules(), object)) return broken;
  return CheckMembers(BasicFiveRules(), object["basicFiveInfo"].get_object().value_unsafe());
}

}  // namespace sabun
