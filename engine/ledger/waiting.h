// Pending records, found ahead of need and put in the order of their changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/ledger/ledger_state.h"

namespace sabun {

// A record that waits to be sent.
struct WaitingRecord {
  Key128 key;
  ChangeRef wanted;
  int64_t since = 0;
  uint32_t attempts = 0;
  bool gone = false;
  std::optional<ChangeRef> doubt{};

  // Its entry in unsettled.
  Entry ToEntry() const;
};

// Hands out pending records so that the changes of neighbours lie side by side: one block of the store then gives many
// bodies, where records in key order would read one block each. Holds up to 65,536 records (4 MiB). Every method is to
// be called under the state's lock.
class WaitingRecords {
 public:
  explicit WaitingRecords(LedgerState* state) : state_(state) {}

  // Up to `limit` pending records, which stay first in line until they are taken; empty when nothing waits. What was
  // found is true as long as `as_of` stays the same: it counts the moves by which others than those that take records
  // out of the line may have changed entries. The span is valid until the next call.
  absl::StatusOr<absl::Span<const WaitingRecord>> First(size_t limit, uint64_t as_of)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  // The next in line as far as they are known, at most `limit`; valid like First's.
  absl::Span<const WaitingRecord> Ahead(size_t limit) const {
    return absl::MakeConstSpan(found_).subspan(next_, limit);
  }

  // Takes the first `count` out of the line; they are not pending any more.
  void Take(size_t count) { next_ += count; }

 private:
  absl::Status Find() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  LedgerState* state_;
  std::vector<WaitingRecord> found_;
  size_t next_ = 0;
  uint64_t as_of_ = 0;
  std::string cursor_;  // where the last search began, and where the next one goes on when it was used up
  std::string reached_;
};

}  // namespace sabun
