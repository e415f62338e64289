// Who may do what: grants as an access file states them, and the decision that follows from them and the method table.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "engine/access/method_rules.h"

namespace sabun {

// One [[grant]] of an access file. Roles, organizations and datasets belong together: two grants never mix.
struct Grant {
  std::string identity;  // exactly as the transport names the caller
  Roles roles = 0;
  std::vector<std::string> organizations;     // exact names; "*" for every one, also for datasets without one
  std::vector<std::string> datasets = {"*"};  // names of datasets; each * stands for any characters
  bool content = false;                       // may read what records say
  bool contractor = false;                    // somebody of another company; shown separately by the audit
  absl::Time valid_from = absl::InfinitePast();
  absl::Time valid_until = absl::InfiniteFuture();
};

// The organization that a dataset belongs to: its name before the "/", or "".
absl::string_view OrganizationOf(absl::string_view dataset);

// What somebody wants to do.
struct AccessQuestion {
  absl::string_view identity;
  const MethodRule* rule = nullptr;  // null: a method without one
  absl::string_view dataset;         // empty with Scope::kVisible: all that he may see
};

struct AccessDecision {
  bool allowed = false;
  bool visible = false;       // may know that the dataset is there
  bool content = false;       // may read what its records say
  bool contractor = false;    // by a grant of a contractor
  Role role = Role::kSource;  // that allowed it
};

// Immutable, thread safe.
class Grants {
 public:
  Grants() = default;
  explicit Grants(std::vector<Grant> grants) : grants_(std::move(grants)) {}

  // Reads an access file's text (TOML). Dates without a time are whole days in the local time zone, valid_until
  // included. Errors: INVALID_ARGUMENT with line and member: anything unknown, misspelled or missing.
  static absl::StatusOr<Grants> Parse(const std::string& text);
  // One identity that may do everything; for development.
  static Grants ForDevelopment(const std::string& identity);

  AccessDecision Judge(const AccessQuestion& question, absl::Time now) const;
  // Whether some grant that is valid now lets the identity see entries about this organization in this role.
  bool Covers(absl::string_view identity, Role role, absl::string_view organization, absl::Time now) const;
  // Whether the identity has any grant now.
  bool Knows(absl::string_view identity, absl::Time now) const;
  const std::vector<Grant>& all() const { return grants_; }

 private:
  std::vector<Grant> grants_;
};

}  // namespace sabun
