// What the stand-in for the hub does wrong, and when: deterministic, by counters.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sabun {

// The calls of the hub that faults are tied to.
enum class HubCall { kToken, kRegister, kTask };

// What shall go wrong with one call.
struct CallFaults {
  absl::Duration latency = absl::ZeroDuration();
  int status = 0;             // Answer this status without doing anything; 0 for none.
  int retry_after = -1;       // Retry-After of that answer in seconds; below 0 for none.
  bool html = false;          // Answer a page for people without doing anything.
  bool drop = false;          // Close the connection without doing anything.
  bool cut = false;           // Do it, then break off in the middle of the answer.
  bool lose_answer = false;   // Do it, then close the connection without an answer.
  bool twice = false;         // Do it two times.
  bool defer = false;         // Close the connection without an answer and do it after the next call that is done.
  std::uint64_t forget = 0;   // Lose so many of the records that are held, before anything else.
  bool expire_token = false;  // Forget every token first.
  bool never_finish = false;  // The task stays PROCESSING.
  bool task_lost = false;     // The task is forgotten after it was done.
  bool task_failed = false;   // Nothing is done and the task ends as FAILED.
  int late_polls = 0;         // The task is PROCESSING for so many questions.
};

// Why one record is refused.
struct RecordFault {
  std::string code;
  std::string message;
};

// A list of faults. Thread-safe.
class FaultPlan {
 public:
  // What --help says about the text form.
  static absl::string_view Grammar();

  // Replaces all faults and starts counting anew. INVALID_ARGUMENT names the clause; the old faults stay then.
  absl::Status Set(absl::string_view spec);

  // The faults of the next call of this kind.
  CallFaults NextCall(HubCall call);

  // Whether there is any `reject` or `poison` clause: without one no record need be shown to the two below.
  bool JudgesRecords() const;

  // Whether a `reject` clause refuses this record (an object).
  std::optional<RecordFault> Reject(const nlohmann::json& record);

  // Whether a `poison` clause refuses the whole array because of this record.
  std::optional<RecordFault> Poison(const nlohmann::json& record);

 private:
  struct Clause {
    std::string kind;
    std::map<std::string, std::string> members;
    std::uint64_t seen = 0;
    std::uint64_t fired = 0;
  };

  static absl::StatusOr<Clause> ParseClause(absl::string_view text);
  static bool Applies(const Clause& clause, HubCall call);
  static bool Matches(const Clause& clause, const nlohmann::json& record);
  static bool Fires(Clause& clause);
  static void AddTo(const Clause& clause, CallFaults& faults);
  std::optional<RecordFault> RecordClause(absl::string_view kind, const nlohmann::json& record);

  mutable std::mutex mutex_;
  std::vector<Clause> clauses_;
};

}  // namespace sabun
