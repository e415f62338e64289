// Erases stored contents that the ledger does not need any more: after a time, and on order. Counts, digests and final
// states stay.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/pace.h"
#include "engine/ledger/ledger_state.h"

namespace sabun {

struct ErasedBodies {
  uint64_t bodies = 0;
  uint64_t change_sets = 0;  // that had some of them
};

// Thread safe; whatever was erased stays so when a call ends early.
class LedgerErasure {
 public:
  explicit LedgerErasure(LedgerState* state) : state_(state) {}

  // The bodies of change sets that were sealed before `time` (seconds), but for changes that are not settled: pending,
  // in flight, unknown, parked or held ones. At most `limit` change sets at once.
  absl::StatusOr<ErasedBodies> EraseSettledBefore(int64_t time, size_t limit, Pace* pace);

  // Every body of the records. Errors, and then nothing was erased: FAILED_PRECONDITION (ERASE-STILL-WANTED: the source
  // has one of them; ERASE-AT-HUB-FIRST: the hub has; ERASE-UNSETTLED; ERASE-HELD: a change set is held).
  absl::StatusOr<ErasedBodies> EraseRecords(std::vector<Key128> keys, Pace* pace);

 private:
  using Chooser = std::function<bool(const Key128&)>;
  // Everything that is not named by an entry and that `chosen` says.
  absl::StatusOr<uint64_t> EraseFrom(uint64_t number, const Chooser& chosen, Pace* pace);
  absl::Status EraseAll(ChangeSetInfo info) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::StatusOr<uint64_t> EraseUnnamed(uint64_t number, const std::vector<Change>& changes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status CheckGone(const std::vector<Key128>& keys) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  LedgerState* state_;
};

}  // namespace sabun
