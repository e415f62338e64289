// Reads the hub's answers: what one exchange means for the batch that was posted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/pmh/http_client.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun {

// What an exchange means for the caller.
enum class HubVerdict {
  kDone,         // The hub did what it was asked.
  kNotApplied,   // Surely nothing happened; try later.
  kUnknown,      // It may have happened; ask or repeat later.
  kRefused,      // The hub refused the call as a whole because of what was in it; `error_class` says more.
  kCredentials,  // The hub does not let this client in.
  kFatal,        // The set-up is wrong.
};

// The common part of every answer.
struct HubAnswer {
  HubVerdict verdict = HubVerdict::kUnknown;
  std::string code;    // The hub's code, "HTTP-503", or "NO-CONNECTION", "NO-TRUST", "NO-ANSWER", "NOT-JSON".
  std::string reason;  // For people: statuses and library words only, never a body.
  ErrorClass error_class = ErrorClass::kTransient;  // With kRefused.
  std::optional<absl::Duration> retry_after;        // What the hub asks for.
};

// The answer to a post.
struct PostAnswer : HubAnswer {
  std::string task_id;  // With kDone; 1 to 1,000 characters.
};

enum class TaskState { kRunning, kFinished, kFailed, kMissing };

// The hub's word on one element.
struct ElementResult {
  std::uint64_t position = 0;  // In the posted array, from 0.
  bool accepted = false;
  std::string code;     // At most 100 characters of A-Z a-z 0-9 . _ -
  std::string message;  // As the hub wrote it: it may repeat values of the record.
};

// The answer to a question for a task. `state` counts only with kDone.
struct TaskAnswer : HubAnswer {
  TaskState state = TaskState::kRunning;
  std::vector<ElementResult> results;
};

// A page of what the hub holds. With kDone: each record's values in the order of the profile's fields.
struct ListingPage : HubAnswer {
  std::vector<std::vector<std::string>> records;
  std::string next;  // Asks for the next page; empty on the last one.
};

// What a reply means that does not carry what was asked for: connection failures, statuses other than 2xx, pages for
// people.
// [[error]] entries go first: the code in the answer, then "HTTP-NNN", then "HTTP-Nxx".
HubAnswer JudgeReply(const HubProfile& profile, const HttpReply& reply);

// Reads the replies of the two calls.
PostAnswer ReadPostReply(const HubProfile& profile, const HttpReply& reply);
TaskAnswer ReadTaskReply(const HubProfile& profile, const HttpReply& reply);
ListingPage ReadListingReply(const HubProfile& profile, const HttpReply& reply);

// The class of a code of a single record.
ErrorClass ClassOf(const HubProfile& profile, absl::string_view code);

}  // namespace sabun
