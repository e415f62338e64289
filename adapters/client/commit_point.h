// Named places where an adapter moves something that lasts, at the engine or at the hub, so that a test can end the
// process exactly there. The engine has the like of it in engine/base/commit_point.h.
//
// Each step of the table has two points: NAME.before and NAME.after. SABUN_KILL_AT=post.after:2 in the environment ends
// this process with SIGKILL when it passes that point for the second time; without it a point costs one comparison.
// A step that is not in the table does not compile, and tests/crash/kills kills at every point of it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sabun::client {

inline constexpr std::array<std::string_view, 12> kCommitSteps = {
    "push_end",      // every fingerprint was sent
    "push_records",  // a message of the rows that were asked for
    "push_commit",   // the engine seals, and says so
    "lease",         // the submission's lease is taken
    "next_batch",    // a batch is handed out
    "post",          // the hub gets a batch, and answers
    "task",          // the hub's handle is put on record
    "task_answer",   // the hub tells what became of a batch
    "receipts",      // the hub's word is put on record
    "split",         // a refused batch is split
    "unknown",       // a batch without an answer is put on record
    "release",       // the lease is given back
};

class CommitStep {
 public:
  // Of a step in the table; anything else is an error of compilation.
  consteval CommitStep(const char* name) : place_(PlaceOf(name)) {}  // NOLINT: a literal is meant to be passed as it is

  size_t place() const { return place_; }

 private:
  static consteval size_t PlaceOf(std::string_view name) {
    size_t place = 0;
    while (kCommitSteps.at(place) != name) ++place;
    return place;
  }

  size_t place_;
};

// The point where this process is to end. Read once from the environment.
struct ArmedPoint {
  size_t step = kCommitSteps.size();  // none
  bool after = false;
  uint64_t times = 1;
};
// Of the text of SABUN_KILL_AT, "NAME.before[:N]" or "NAME.after[:N]"; none for any other text, which may name a point
// of another program.
ArmedPoint ParseArmedPoint(std::string_view text);

namespace commit_point_internal {
ArmedPoint FromEnvironment();
void Pass();
inline const ArmedPoint armed = FromEnvironment();
}  // namespace commit_point_internal

// Thread safe.
inline void BeforeCommit(CommitStep step) {
  using commit_point_internal::armed;
  if (step.place() == armed.step && !armed.after) [[unlikely]]
    commit_point_internal::Pass();
}
inline void AfterCommit(CommitStep step) {
  using commit_point_internal::armed;
  if (step.place() == armed.step && armed.after) [[unlikely]]
    commit_point_internal::Pass();
}

}  // namespace sabun::client
