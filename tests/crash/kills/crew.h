// The real programs on one directory, and the supervisor that starts again whatever ended.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/crash/kills/child.h"
#include "tests/crash/kills/source.h"

namespace sabun::kills {

enum class Who { kNobody, kEngine, kHub, kCommand };

// What is done to whom while a command runs.
struct Fault {
  Who at_point = Who::kNobody;  // ends itself at `point`; a command or the engine
  std::string point;            // "seal.before:1"
  Who at_time = Who::kNobody;   // gets a signal `after` the command's start
  absl::Duration after;
  absl::Duration stop_for;  // SIGSTOP, and SIGCONT so much later; zero: SIGKILL
  // After a kill of the engine by `point`: where it ends itself while it starts again.
  std::string next_point;
};

// What came of a command.
struct Outcome {
  Ending ending;
  std::string out;
  bool engine_at_point = false, command_at_point = false;  // ended itself where it was told to
  bool engine_at_next_point = false;
};

struct CrewOptions {
  std::string programs;   // directory of sabund, sabun, pmh-sim
  std::string profile;    // the shipped one
  std::string directory;  // of this crew alone
  uint32_t max_records = 20;
};

// Not thread safe.
class Crew {
 public:
  // Starts hub and engine, and registers the dataset. Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<Crew>> Start(const CrewOptions& options);

  // Runs `sabun WORDS…` under the fault. Engine and hub run when it returns, without a point to end at.
  absl::StatusOr<Outcome> Run(const std::vector<std::string>& words, const Fault& fault = {});
  // Like Run without a fault, for commands whose output is JSON; their exit status must be 0, 3 or 4.
  absl::StatusOr<std::string> Ask(const std::vector<std::string>& words);
  // Kills the engine and starts it again. Whether it ended at its point already while it started.
  absl::StatusOr<bool> RestartEngine(const std::string& kill_at = "");
  // Makes a backup and keeps no other.
  absl::Status BackUp();
  // Kills the engine, loses its directory, restores the newest backup and starts the engine on it. Whether it ended at
  // its point while it followed up the restore; it runs then, too, without a point.
  absl::StatusOr<bool> Restore(const std::string& kill_at);
  // Two submissions: the first is stopped, the second takes over when the lease has run out, then the first goes on.
  absl::Status TakeOver(absl::Duration after);

  absl::Status SetHubFaults(const std::string& faults);
  absl::StatusOr<std::string> AskHub(const std::string& path);

  const std::string& extract() const { return extract_; }
  const std::string& profile() const { return profile_; }
  std::vector<std::string> Submission() const;
  std::vector<std::string> Push(bool one_pass) const;
  const std::string& log() const { return log_; }

 private:
  explicit Crew(const CrewOptions& options);
  absl::Status WriteProfile();
  absl::Status StartHub();
  std::string data() const { return options_.directory + "/data"; }
  std::string backups() const { return options_.directory + "/backups"; }
  Command Sabun(const std::vector<std::string>& words, const std::string& kill_at) const;
  Child* Of(Who who, Child* command);
  // Starts again what ended; notes in `outcome` whether the engine ended where it was told to.
  absl::Status Revive(const Fault& fault, Outcome* outcome);
  absl::Status Watch(const Fault& fault, Child* command, Outcome* outcome);

  const CrewOptions options_;
  const std::string extract_, profile_, log_, address_;
  std::string hub_;  // host:port
  Child engine_, hub_child_;
};

inline constexpr char kDataset[] = "city/kills";
// The rules by which the hub refuses, always there.
inline constexpr char kHubRules[] =
    "reject:field=medicalSubsidyRecipientNumber,prefix=9,code=E9001;"
    "poison:field=medicalSubsidyRecipientNumber,prefix=8,code=E4001";

}  // namespace sabun::kills
