// Named places where what is durable changes, so that a test can end the process exactly there.
//
// Each step of the table has two points: NAME.before and NAME.after. SABUN_KILL_AT=seal.after:2 in the environment ends
// this process with SIGKILL when it passes that point for the second time; without it a point costs one comparison.
// A step that is not in the table does not compile, and tests/crash/kills kills at every point of it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sabun {

inline constexpr std::array<std::string_view, 36> kCommitSteps = {
    "dataset_created",       // catalog: the new dataset's row
    "dataset_row",           // catalog: profile, guards, lasting field ids
    "number_reserved",       // a change set number, before anything is staged under it
    "number_synced",         // the same, made durable before files are ingested under it
    "bodies",                // some change bodies, as a batch
    "bodies_ingested",       // the bodies of a large change set, as sorted files
    "spool",                 // the kept rows of a snapshot that is sent in one pass
    "held_deltas",           // the index delta that waits for approval
    "generation_reserved",   // a generation's number, before anything is written under it
    "index_generation",      // the new index, before the flip
    "unsettled_generation",  // the new unsettled, before the flip
    "seal",                  // a change set, applied
    "hold",                  // a change set, held
    "empty",                 // a change set without changes
    "approve",               // a held change set, applied
    "discard",               // a held change set, dropped
    "lease",                 // a new holder's token
    "receipts_synced",       // what was settled becomes durable with the lease's renewal or return
    "next_batch",            // records in flight
    "batch_read",            // one more attempt of an open batch
    "split",                 // a batch replaced by its halves
    "task",                  // the hub's handle
    "unknown",               // a batch without an answer
    "receipts",              // capsules and entries by the hub's word
    "retry",                 // parked records pending again
    "cleanup",               // what a crash left staged, or nobody needs any more, is erased
    "replay_begun",          // a restored ledger is marked as being brought up to its journal
    "replayed",              // some records are what the journal says
    "replay_ended",          // the ledger may be used
    "reconciled",            // a restored ledger was compared with its source
    "ring",                  // the key ring: an epoch begun or destroyed, the key exchanged, a folder of backups added
    "ring_copies",           // the same in the ring's copies
    "erasure_noted",         // an order's contents are deleted; what is left to do is noted
    "organization_erased",   // the same for all datasets of an organization, in the commit that deletes them
    "files_rewritten",       // no file is under an older epoch any more
    "erasure_ended",         // the certificate is kept, the note goes
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

}  // namespace sabun
