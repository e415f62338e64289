#include "engine/access/grants.h"

#include <toml++/toml.h>
#include <algorithm>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

absl::Status Wrong(const toml::node& node, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("access file, line ", node.source().begin.line, ": ", what));
}

// True when `name` is `pattern`, in which each * stands for any characters. What stands between two stars is taken
// where it comes first, which never rules out what could fit: so a long name costs a look or two at each of its
// characters.
bool Matches(absl::string_view pattern, absl::string_view name) {
  const size_t first = pattern.find('*');
  if (first == absl::string_view::npos) return pattern == name;
  const size_t last = pattern.rfind('*');
  if (!absl::ConsumePrefix(&name, pattern.substr(0, first)) || !absl::ConsumeSuffix(&name, pattern.substr(last + 1))) {
    return false;
  }
  for (const absl::string_view part : absl::StrSplit(pattern.substr(first, last - first), '*')) {
    const size_t found = name.find(part);
    if (found == absl::string_view::npos) return false;
    name.remove_prefix(found + part.size());
  }
  return true;
}

bool IncludesOrganization(const Grant& grant, absl::string_view organization) {
  return std::any_of(grant.organizations.begin(), grant.organizations.end(),
                     [&](const std::string& name) { return name == "*" || name == organization; });
}

bool Includes(const Grant& grant, absl::string_view dataset) {
  return IncludesOrganization(grant, OrganizationOf(dataset)) &&
         std::any_of(grant.datasets.begin(), grant.datasets.end(),
                     [&](const std::string& pattern) { return Matches(pattern, dataset); });
}

absl::Status ReadTexts(const toml::node& node, std::vector<std::string>* texts) {
  texts->clear();
  const toml::array* const array = node.as_array();
  if (array == nullptr || array->empty()) return Wrong(node, "an array of texts that is not empty is needed");
  for (const toml::node& element : *array) {
    const auto text = element.value_exact<std::string>();
    if (!text || text->empty()) return Wrong(element, "a text that is not empty is needed");
    texts->push_back(*text);
  }
  return absl::OkStatus();
}

absl::Status ReadRoles(const toml::node& node, Roles* roles) {
  std::vector<std::string> names;
  RETURN_IF_ERROR(ReadTexts(node, &names));
  for (const std::string& name : names) {
    const std::optional<Role> role = RoleNamed(name);
    if (!role) return Wrong(node, absl::StrCat("there is no role \"", name, "\""));
    *roles |= Only(*role);
  }
  return absl::OkStatus();
}

// A date is a whole day: `days_after` is 1 for the end of a validity.
absl::Status ReadTime(const toml::node& node, int days_after, absl::Time* time) {
  if (const auto date = node.value_exact<toml::date>()) {
    *time = absl::FromCivil(absl::CivilDay(date->year, date->month, date->day) + days_after, absl::LocalTimeZone());
    return absl::OkStatus();
  }
  const auto moment = node.value_exact<toml::date_time>();
  if (!moment) return Wrong(node, "a date (2026-04-01) or a time (2026-04-01T09:00:00+09:00) is needed");
  const absl::CivilSecond civil(moment->date.year, moment->date.month, moment->date.day, moment->time.hour,
                                moment->time.minute, moment->time.second);
  *time = moment->offset ? absl::FromCivil(civil, absl::FixedTimeZone(moment->offset->minutes * 60))
                         : absl::FromCivil(civil, absl::LocalTimeZone());
  return absl::OkStatus();
}

absl::Status ReadFlag(const toml::node& node, bool* flag) {
  const auto value = node.value_exact<bool>();
  if (!value) return Wrong(node, "true or false is needed");
  *flag = *value;
  return absl::OkStatus();
}

absl::Status ReadMember(absl::string_view name, const toml::node& node, Grant* grant) {
  if (name == "identity") {
    grant->identity = node.value_exact<std::string>().value_or("");
    return grant->identity.empty() ? Wrong(node, "identity is a text that is not empty") : absl::OkStatus();
  }
  if (name == "roles") return ReadRoles(node, &grant->roles);
  if (name == "organizations") return ReadTexts(node, &grant->organizations);
  if (name == "datasets") return ReadTexts(node, &grant->datasets);
  if (name == "content") return ReadFlag(node, &grant->content);
  if (name == "contractor") return ReadFlag(node, &grant->contractor);
  if (name == "valid_from") return ReadTime(node, 0, &grant->valid_from);
  if (name == "valid_until") return ReadTime(node, 1, &grant->valid_until);
  return Wrong(node, absl::StrCat("a grant has no member \"", name, "\""));
}

absl::StatusOr<Grant> ReadGrant(const toml::node& node) {
  const toml::table* const table = node.as_table();
  if (table == nullptr) return Wrong(node, "[[grant]] is needed");
  Grant grant;
  for (const auto& [key, member] : *table) RETURN_IF_ERROR(ReadMember(std::string(key.str()), member, &grant));
  if (grant.identity.empty() || grant.roles == 0 || grant.organizations.empty()) {
    return Wrong(node, "a grant needs identity, roles and organizations");
  }
  if (grant.contractor && grant.valid_until == absl::InfiniteFuture()) {
    return Wrong(node, "a contractor's grant needs valid_until");
  }
  return grant;
}

bool IsValid(const Grant& grant, absl::Time now) { return grant.valid_from <= now && now < grant.valid_until; }

}  // namespace

absl::string_view OrganizationOf(absl::string_view dataset) {
  const size_t slash = dataset.find('/');
  return slash == absl::string_view::npos ? absl::string_view() : dataset.substr(0, slash);
}

absl::StatusOr<Grants> Grants::Parse(const std::string& text) {
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("access file, line ", error.source().begin.line, ": ", std::string(error.description())));
  }
  std::vector<Grant> grants;
  for (const auto& [key, node] : root) {
    if (key.str() != "grant") return Wrong(node, absl::StrCat("there is no \"", std::string(key.str()), "\" here"));
    const toml::array* const array = node.as_array();
    if (array == nullptr) return Wrong(node, "[[grant]] is needed");
    for (const toml::node& element : *array) {
      ASSIGN_OR_RETURN(Grant grant, ReadGrant(element));
      grants.push_back(std::move(grant));
    }
  }
  return Grants(std::move(grants));
}

Grants Grants::ForDevelopment(const std::string& identity) {
  Grant all;
  all.identity = identity;
  all.roles = (1u << kRoleCount) - 1;
  all.organizations = {"*"};
  all.content = true;
  return Grants({all});
}

AccessDecision Grants::Judge(const AccessQuestion& question, absl::Time now) const {
  AccessDecision decision;
  const bool about_all = question.rule != nullptr && question.dataset.empty() &&
                         (question.rule->scope == Scope::kVisible || question.rule->scope == Scope::kOrganizations);
  const bool about_engine = question.rule != nullptr && question.rule->scope == Scope::kEngine;
  for (const Grant& grant : grants_) {
    if (question.identity.empty() || grant.identity != question.identity || !IsValid(grant, now)) continue;
    if (about_engine && !IncludesOrganization(grant, "*")) continue;
    if (!about_all && !Includes(grant, question.dataset)) continue;
    decision.visible = true;
    const Roles fitting = question.rule == nullptr ? Roles{0} : grant.roles & question.rule->roles;
    if (fitting == 0) continue;
    decision.content = decision.content || grant.content;
    decision.contractor = decision.contractor || grant.contractor;
    if (decision.allowed) continue;
    decision.allowed = true;
    for (int i = kRoleCount - 1; i >= 0; --i) {
      if ((fitting & Only(static_cast<Role>(i))) != 0) decision.role = static_cast<Role>(i);
    }
  }
  return decision;
}

bool Grants::Knows(absl::string_view identity, absl::Time now) const {
  return std::any_of(grants_.begin(), grants_.end(),
                     [&](const Grant& grant) { return grant.identity == identity && IsValid(grant, now); });
}

bool Grants::Covers(absl::string_view identity, Role role, absl::string_view organization, absl::Time now) const {
  return std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    return grant.identity == identity && IsValid(grant, now) && (grant.roles & Only(role)) != 0 &&
           IncludesOrganization(grant, organization);
  });
}

}  // namespace sabun
