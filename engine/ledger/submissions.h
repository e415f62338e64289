// Hands out batches of pending records, keeps what is in flight, and settles receipts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/ledger_state.h"

namespace sabun {

// A stored batch.
struct BatchRow {
  struct Item {
    Key128 key;
    ChangeRef ref;
    ChangeOp op = ChangeOp::kAdd;
    bool open = true;  // no receipt yet
  };
  uint64_t id = 0;
  std::string task_id;
  bool unknown = false;
  uint32_t attempts = 1;
  std::vector<Item> items;

  uint32_t OpenItems() const;
};

std::string EncodeBatchRow(const BatchRow& batch);
// Errors: NOT_FOUND, DATA_LOSS.
absl::StatusOr<BatchRow> ReadBatchRow(Store* store, uint32_t dataset, uint64_t id);

// One record as the adapter gets it.
struct OutgoingItem {
  uint32_t item = 0;
  ChangeOp op = ChangeOp::kAdd;
  std::string canonical;
  uint64_t change_set = 0;
};

struct OutgoingBatch {
  uint64_t id = 0;
  std::vector<OutgoingItem> items;
  uint64_t pending = 0;  // records that still wait
};

// The hub's word on one item.
struct ItemReceipt {
  uint32_t item = 0;
  bool accepted = false;
  std::string code, message;
};

// Thread safe. Every call but Acquire is refused with ABORTED when `token` is not the current lease's.
class Submissions {
 public:
  explicit Submissions(LedgerState* state) : state_(state) {}

  // The token of the lease. Errors: FAILED_PRECONDITION (another holder's has not run out).
  absl::StatusOr<uint64_t> Acquire(absl::string_view holder, absl::Duration duration);
  absl::Status Release(uint64_t token);
  std::string Holder();  // empty when nobody holds the lease

  // See NextBatchRequest. No items when nothing waits.
  absl::StatusOr<OutgoingBatch> Next(uint64_t token, size_t max_records, size_t max_bytes);
  absl::StatusOr<std::vector<BatchRow>> Open(uint64_t token, uint64_t after, size_t limit);
  struct OpenCount {
    uint64_t batches = 0;
    uint64_t unknown_items = 0;
  };
  absl::StatusOr<OpenCount> CountOpen();
  // The open items; counts an attempt.
  absl::StatusOr<OutgoingBatch> Read(uint64_t token, uint64_t batch);
  // Errors: FAILED_PRECONDITION (fewer than two open items).
  absl::StatusOr<std::vector<BatchRow>> Split(uint64_t token, uint64_t batch);
  absl::Status RecordTask(uint64_t token, uint64_t batch, absl::string_view task_id);
  absl::Status MarkUnknown(uint64_t token, uint64_t batch);
  // How many were settled, how many items are still open, and how many of the settled were accepted first halves of a
  // change of identity. A batch that is settled already takes nothing.
  struct Settled {
    uint64_t settled = 0;
    uint32_t open_items = 0;
    uint64_t first_halves = 0;
  };
  absl::StatusOr<Settled> Settle(uint64_t token, uint64_t batch, const std::vector<ItemReceipt>& receipts);

 private:
  struct Pending;
  struct Lease {
    std::string holder;
    absl::Time expires;
  };
  absl::Status CheckToken(uint64_t token) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::StatusOr<std::vector<Pending>> FindPending(size_t limit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::StatusOr<OutgoingBatch> Take(const std::vector<Pending>& found, size_t max_bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  bool SameIdentity(absl::string_view a, absl::string_view b) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status SettleItem(const ItemReceipt& receipt, BatchRow* batch, LedgerWrite* write, Settled* settled)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  LedgerState* state_;
  std::optional<Lease> lease_ ABSL_GUARDED_BY(state_->mutex);
  std::string cursor_ ABSL_GUARDED_BY(state_->mutex);  // where the search for pending entries goes on
};

}  // namespace sabun
