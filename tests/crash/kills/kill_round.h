// Days of a small municipality during which programs are killed, and the check that nothing came of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/kills/crew.h"
#include "tests/crash/kills/kill_plan.h"
#include "tests/crash/kills/source.h"

namespace sabun::kills {

struct RoundOptions {
  CrewOptions crew;
  uint64_t seed = 1;
  uint64_t first_turn = 0;  // of the points
  bool large = false;       // many records, all of which change
  uint32_t cycles = 25;
  uint32_t settle_every = 5;
  std::vector<std::string> only = {};  // points; see Deal
  bool tell = false;                   // a line for each cycle
};

struct RoundResult {
  uint64_t cycles = 0, checks = 0, kills = 0;
  PointCounts points;
};

// Not thread safe.
class KillRound {
 public:
  explicit KillRound(const RoundOptions& options);
  // Adds to `result` what was done, also when it fails. Errors: INTERNAL and others say what is wrong, and in which
  // cycle.
  absl::Status Run(RoundResult* result);

 private:
  absl::Status Cycle(const CyclePlan& plan);
  absl::Status PushDay(const CyclePlan& plan);
  // Pushes, under the fault when the plan is given; what the guard holds, and nobody wants held, is approved.
  absl::Status PushAndApprove(const CyclePlan* plan, bool stay_held);
  // A day, the loss of the engine's directory, and a restore of what it was before.
  absl::Status RestoreDay(const CyclePlan& plan);
  absl::Status Decide(const CyclePlan& plan);
  absl::Status SubmitDay(const CyclePlan& plan);
  // Runs the command, under the plan's fault when it is the plan's errand, and again without it when that fails.
  absl::StatusOr<Outcome> Do(const std::vector<std::string>& words, const CyclePlan* plan);
  absl::Status Check();

  const RoundOptions options_;
  Source source_;
  Dealer dealer_;
  std::unique_ptr<Crew> crew_;
  RoundResult* result_ = nullptr;
  uint64_t needless_before_ = 0;
  uint64_t answers_lost_ = 0;  // since the last check
  bool hub_was_killed_ = false;
  bool held_ = false;
  uint64_t datasets_ = 0;
};

}  // namespace sabun::kills
