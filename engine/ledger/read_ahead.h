// Reads what the next records to be sent need, while those before them are on their way.
#pragma once

#include <optional>
#include <thread>
#include <vector>

#include "absl/types/span.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/ledger_state.h"
#include "engine/ledger/waiting.h"

namespace sabun {

// Every method is to be called under the state's lock; the thread that reads does not take it.
class ReadAhead {
 public:
  struct Contents {
    std::vector<std::optional<Capsule>> capsules;  // record by record
    std::vector<Change> changes;                   // of the records that are not gone
  };

  explicit ReadAhead(LedgerState* state) : state_(state) {}
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;

  // Begins to read for these records, which are pending as of `as_of` (see WaitingRecords::First): neither their
  // capsules nor their changes move before another does. Without effect when the ledger is to use one thread.
  void Begin(absl::Span<const WaitingRecord> records, uint64_t as_of) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  // What these records need: what was read ahead, when it is of them; else it is read now.
  absl::StatusOr<Contents> Get(absl::Span<const WaitingRecord> records, uint64_t as_of)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

 private:
  LedgerState* state_;
  std::thread thread_;
  std::vector<Key128> keys_;  // of what is read ahead
  uint64_t as_of_ = 0;
  absl::StatusOr<Contents> contents_;  // the thread's until it is joined
};

}  // namespace sabun
