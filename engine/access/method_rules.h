// The table of who may call what. Deny by default: a method that has no row here is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun {

// What somebody does with Sabun. The names are those of access files.
enum class Role : uint8_t {
  kSource,         // a source system: pushes snapshots
  kSubmitter,      // sends to the hub; reads the contents that it sends
  kOperator,       // looks after the daily run: counts, keys, rejects
  kApprover,       // decides on held change sets
  kAuditor,        // reads the audit log
  kKeyOfficer,     // looks after encryption keys
  kAdministrator,  // registers datasets
};
inline constexpr int kRoleCount = 7;

absl::string_view ToString(Role role);
std::optional<Role> RoleNamed(absl::string_view name);

// A set of roles.
using Roles = uint8_t;
constexpr Roles Only(Role role) { return static_cast<Roles>(1u << static_cast<unsigned>(role)); }

// What a request is about.
enum class Scope : uint8_t {
  kDataset,        // one dataset, which the request names
  kNewDataset,     // one that may not exist yet
  kVisible,        // all datasets the caller may see; those that the request names otherwise: one
  kEngine,         // everything in the engine: only with a grant for every organization ("*")
  kOrganizations,  // the audit log: entries about the caller's organizations
};

// How the audit log takes the calls down.
enum class Recording : uint8_t {
  kEach,      // two entries a call: before it acts, durable, and its outcome
  kInterval,  // calls that come all the time: one entry before the first, and one with the counts of a minute
};

struct MethodRule {
  const char* method;  // as gRPC names it: "/sabun.v1.DatasetService/CreateDataset"
  Roles roles;         // who may
  Scope scope;
  Recording recording;
  bool contents = false;  // answers with what records say, to those who may read it
};

// Every method that can be called, in the order of the services.
const std::vector<MethodRule>& MethodRules();
// Null for a method without a rule: it is refused.
const MethodRule* FindMethodRule(absl::string_view method);

}  // namespace sabun
