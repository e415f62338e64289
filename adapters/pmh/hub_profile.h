// The hub's part of a profile: where the hub is, how it is asked, how its answers are read and what its error codes
// mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/pmh/hub_patience.h"

namespace sabun {

// What an error of the hub means for the sender.
enum class ErrorClass {
  kTransient,    // Send the same again later.
  kRecord,       // The record is wrong: it is parked until it changes.
  kDependency,   // Something the record refers to is missing at the hub: it is parked until it is retried.
  kCredentials,  // Who asks is not let in: nothing more is sent.
  kFatal,        // The set-up is wrong: nothing more is sent.
};

// How a field value is written into the JSON element.
enum class JsonKind { kString, kBoolean, kRaw };

// One field, in the order in which packed field values travel.
struct HubField {
  std::string name;
  std::vector<std::string> path;  // Member names from the element's top; {"basicFiveInfo", "name"}.
  JsonKind json = JsonKind::kString;
};

// One row of the hub's error code list. `code` is the hub's code, "HTTP-503" for one status or "HTTP-5xx" for a
// hundred.
struct HubError {
  std::string code;
  ErrorClass error_class = ErrorClass::kRecord;
  std::string remedy_ja;
  std::string remedy_en;
};

// [hub.auth]: who asks.
struct HubAuth {
  enum class Kind { kNone, kClientCredentials, kTokenFile };
  Kind kind = Kind::kClientCredentials;
  std::string token_path = "/oauth/token";
  std::string client_id;  // Given in one of these three ways.
  std::string client_id_file;
  std::string client_id_env = "SABUN_HUB_CLIENT_ID";
  std::string client_secret_file;  // A file goes before the environment; the profile never holds a secret.
  std::string client_secret_env = "SABUN_HUB_CLIENT_SECRET";
  std::string token_file;  // For kTokenFile: read again on every refresh.
  std::string scope;
  absl::Duration refresh_before = absl::Seconds(60);  // A token is renewed this long before it ends.
};

// [hub.answers]: where things are in the hub's answers (JSON pointers) and which values mean what.
struct HubAnswers {
  std::string task_id = "/taskId";
  std::string state = "/status";
  std::vector<std::string> finished = {"COMPLETED"};
  std::vector<std::string> failed = {"FAILED"};
  std::string results = "/results";
  std::string result_index = "/index";  // This and the next three are seen from one result.
  std::string result = "/result";
  std::string result_code = "/errorCode";
  std::string result_message = "/errorMessage";
  std::vector<std::string> accepted = {"OK"};
  // Codes that tell a deletion that the hub does not hold the record: what was wanted is so, the deletion counts as
  // accepted.
  std::vector<std::string> already_deleted = {"E2001"};
  std::uint64_t first_index = 0;
  bool only_rejects = false;              // True: records that are not listed were accepted.
  std::string error_code = "/errorCode";  // In answers that refuse a call as a whole.
};

// [hub.listing]: how the hub lists what it holds. No public document of PMH describes such a call.
struct HubListingCall {
  std::string path;  // GET; empty: the hub has no such call.
  std::string size_parameter = "limit";
  std::uint32_t page_size = 1000;
  std::string cursor_parameter = "after";  // Given back with the value at `next` of the page before.
  std::string records = "/records";        // An array of elements as they are registered.
  std::string next = "/next";              // Absent, null or empty on the last page.
};

// [hub.route]: the network between here and the hub.
struct HubRoute {
  std::string proxy;  // Empty: none, whatever the environment says.
  std::string ca_file;
  std::string client_cert_file;
  std::string client_key_file;
};

// Everything above. Immutable after parsing; safe to share between threads.
struct HubProfile {
  std::string base_url = "http://127.0.0.1:8780";
  std::string register_path = "/v1/registration-tasks";
  std::string task_path = "/v1/registration-tasks/{task_id}";
  std::string deleted_flag = "isDeleted";  // Boolean member of every element.
  std::uint32_t max_records = 1000;
  std::uint32_t max_bytes = 3u << 20;  // Of the JSON text of one call.
  std::uint32_t max_concurrency = 4;
  double requests_per_second = 50;
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration request_timeout = absl::Seconds(30);
  // The lease at the engine lasts a request timeout and three of these; after a crash the next submission waits that
  // long.
  absl::Duration renew_lease_every = absl::Seconds(5);
  ErrorClass default_error_class = ErrorClass::kRecord;  // Of codes that are not listed.
  HubAuth auth;
  HubAnswers answers;
  HubRetry retry;
  HubCircuit circuit;
  HubPoll poll;
  HubListingCall listing;
  HubRoute route;
  std::vector<HubField> fields;
  std::vector<HubError> errors;

  // The entry for a code of the hub, or nullptr. The pointer lives as long as the profile.
  const HubError* FindError(absl::string_view code) const;
};

// Reads [hub], [[error]] and the `path` and `json` of [[field]]. Errors: INVALID_ARGUMENT "profile:LINE: reason" for
// TOML that cannot be read, unknown members of [hub] and [[error]], and values that are wrong or out of range.
absl::StatusOr<HubProfile> ParseHubProfile(absl::string_view toml);

}  // namespace sabun
