// Who may do what: any text is an access file or an INVALID_ARGUMENT with a line; any names of callers, methods and
// datasets get no more than the grants say, read in the plainest way.
#include <fnmatch.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "engine/access/grants.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace sabun;
using sabun::fuzz::FuzzInput;
using sabun::fuzz::Require;

constexpr char kAccess[] = R"(
[[grant]]
identity = "spiffe://a/operator"
roles = ["operator"]
organizations = ["a"]
[[grant]]
identity = "spiffe://a/b"
roles = ["source", "auditor"]
organizations = ["a", "b"]
datasets = ["a/c*", "*x*y*z"]
content = true
[[grant]]
identity = "spiffe://all"
roles = ["administrator"]
organizations = ["*"]
datasets = ["*", "b/**"]
)";

constexpr const char* kWords[] = {"spiffe://", "a", "b", "all", "operator", "/", "c", "x", "y", "z", "*", "a/c"};

std::string Name(FuzzInput* input) {
  std::string name;
  for (uint8_t pieces = input->Byte() % 8; pieces > 0; --pieces) {
    const uint8_t choice = input->Byte();
    name += choice < std::size(kWords) * 16 ? kWords[choice / 16] : std::string(1, static_cast<char>(input->Byte()));
  }
  return name;
}

bool PlainlyAllowed(const Grants& grants, const std::string& who, const MethodRule& rule, const std::string& dataset) {
  const std::string organization = dataset.substr(0, dataset.find('/') == std::string::npos ? 0 : dataset.find('/'));
  for (const Grant& grant : grants.all()) {
    if (grant.identity != who || (grant.roles & rule.roles) == 0) continue;
    bool covers = false, named = false, all = false;
    for (const std::string& one : grant.organizations) {
      covers = covers || one == organization;
      all = all || one == "*";
    }
    for (const std::string& pattern : grant.datasets) {
      named = named || fnmatch(pattern.c_str(), dataset.c_str(), 0) == 0;
    }
    if (rule.scope == Scope::kEngine && !all) continue;
    if (dataset.empty() && (rule.scope == Scope::kVisible || rule.scope == Scope::kOrganizations)) return true;
    if ((covers || all) && named) return true;
  }
  return false;
}

void JudgeNames(FuzzInput* input) {
  static const auto* const grants = new Grants(*Grants::Parse(kAccess));
  const std::string who = Name(input), dataset = Name(input);
  const auto& rules = MethodRules();
  const MethodRule* const rule = &rules[input->Byte() % rules.size()];
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const AccessDecision decision = grants->Judge({who, rule, dataset}, now);
  Require(!decision.allowed || decision.visible, "what is allowed is visible");
  Require(!grants->Judge({who, nullptr, dataset}, now).allowed, "a method without a rule is refused");
  Require(!grants->Judge({"", rule, dataset}, now).allowed, "nobody may do nothing");
  const std::string method = Name(input);
  Require(FindMethodRule(method) == nullptr || absl::StartsWith(method, "/sabun.v1."), "only our methods have rules");
  // fnmatch takes names to their first NUL.
  if (dataset.find('\0') != std::string::npos) return;
  Require(decision.allowed == PlainlyAllowed(*grants, who, *rule, dataset), "the grants say so");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzInput input(data, size);
  if (input.Byte() % 4 != 0) {
    while (!input.empty()) JudgeNames(&input);
    return 0;
  }
  const auto grants = Grants::Parse(std::string(input.rest()));
  if (!grants.ok()) {
    Require(absl::IsInvalidArgument(grants.status()), "another text is an INVALID_ARGUMENT");
    Require(absl::StartsWith(grants.status().message(), "access file, line "), "the message names the line");
    return 0;
  }
  for (const Grant& grant : grants->all()) {
    Require(!grant.identity.empty() && grant.roles != 0 && !grant.organizations.empty(), "a grant is whole");
    Require(!grant.contractor || grant.valid_until != absl::InfiniteFuture(), "a contractor's grant ends");
  }
  return 0;
}
