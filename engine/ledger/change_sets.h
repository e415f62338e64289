// Seals, applies, approves, discards and shows the change sets of a dataset.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/change_log.h"
#include "engine/ledger/ledger_state.h"
#include "engine/ledger/plan.h"
#include "engine/store/stretch_keeper.h"

namespace sabun {

// A planned snapshot, ready to be sealed.
struct SealRequest {
  ChangeSetInfo info;  // number 0: one is taken; `holds` that hold all of it make it held
  bool held = false;
  DeltaSource deltas;
  uint64_t delta_count = 0;
  std::optional<uint64_t> planned_as_of;    // ChangeSetPlan::as_of; nothing: every record is judged by its contents
  const PlannedEntries* entries = nullptr;  // ChangeSetPlan::entries; with planned_as_of
  StretchKeeper* stretches = nullptr;       // may be null
};

// Thread safe. Contents are read from the store; every move is one atomic commit.
class ChangeSets {
 public:
  explicit ChangeSets(LedgerState* state) : state_(state) {}

  // Makes the snapshot visible as a whole: applied, or stored as held. A held change set that was there is replaced by
  // a complete snapshot. Errors: FAILED_PRECONDITION (partial while one is held), and those of the store.
  absl::StatusOr<ChangeSetInfo> Seal(SealRequest request);

  // Errors: NOT_FOUND, FAILED_PRECONDITION (not held; or `digest` is not that of what is stored), DATA_LOSS.
  absl::StatusOr<ChangeSetInfo> Approve(uint64_t number, absl::string_view digest, absl::string_view by);
  absl::StatusOr<ChangeSetInfo> Discard(uint64_t number, absl::string_view by);

  // After a restore: what is wanted is what the ledger holds. False when there was nothing to end.
  absl::StatusOr<bool> EndReconciliation();

  absl::StatusOr<ChangeSetInfo> Get(uint64_t number);
  // Newest first, with numbers below `before` (0: all), at most `limit`.
  absl::StatusOr<std::vector<ChangeSetInfo>> List(uint64_t before, size_t limit);
  // The change set that a snapshot id led to.
  absl::StatusOr<std::optional<ChangeSetInfo>> FindSnapshot(absl::string_view snapshot_id);

  // Changes after `after.sequence` with their states, in order; ends at the visitor's first error.
  using ChangeVisitor = std::function<absl::Status(const Change&, ChangeState)>;
  absl::Status Visit(ChangeRef after, const ChangeVisitor& visit);

 private:
  // Makes the number durable before sorted files are written under it: they outlive a log that was not synced, and a
  // number that is forgotten is given again, to a change set that would find them.
  absl::Status KeepNumber(const LedgerWrite& write, uint64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  // A delta that wants or deletes, and what it does to its record's entry.
  struct Judged {
    Delta delta;
    std::optional<Entry> before;
    Step step;
    bool unknown = false;  // the batch of the entry's flight was marked unknown
  };
  class Contents;
  // What is applied; and the entries as they still are, when no record has moved since it was planned.
  struct Planned {
    const DeltaSource& deltas;
    uint64_t number = 0;
    const PlannedEntries* entries = nullptr;
    StretchKeeper* stretches = nullptr;
  };
  absl::Status Apply(const Planned& planned, uint64_t delta_count, LedgerWrite* write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status ApplyAsBatch(const Planned& planned, LedgerWrite* write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status ApplyAsGeneration(const Planned& planned, LedgerWrite* write)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status WriteIndexGeneration(const Planned& planned, uint64_t generation, LedgerHead* head);
  absl::Status WriteUnsettledGeneration(const Planned& planned, uint64_t generation, LedgerWrite* write);
  absl::Status FindEntries(const Planned& planned, std::vector<Judged>* all)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status Judge(std::vector<Judged>* all, const Planned& planned);
  absl::StatusOr<bool> IsUnknown(const std::optional<Entry>& entry);
  absl::StatusOr<ChangeSetInfo> HeldOrSame(uint64_t number, ChangeSetState decided);
  absl::Status ResolveStates(const std::vector<Change>& changes, bool applied, std::vector<ChangeState>* states);

  LedgerState* state_;
};

}  // namespace sabun
