// Hands out batches of pending records, keeps what is in flight, and settles receipts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/ledger/ledger_state.h"
#include "engine/ledger/read_ahead.h"
#include "engine/ledger/sent_batches.h"
#include "engine/ledger/waiting.h"

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
  bool doubtful = false;  // a post before the one that the task is of had no answer
  uint32_t attempts = 1;
  std::vector<Item> items;

  uint32_t OpenItems() const;
};

std::string EncodeBatchRow(const BatchRow& batch);
// Errors: NOT_FOUND, DATA_LOSS.
absl::StatusOr<BatchRow> ReadBatchRow(Store* store, uint32_t dataset, uint64_t id);

// The hub's word on one item.
struct ItemReceipt {
  uint32_t item = 0;
  bool accepted = false;
  std::string code, message;
  bool doubtful = false;  // rejected, and an earlier post of it had no answer
};

// How the lease's holder stands with the hub, for people. The codes are SubmissionService's.
struct HubReport {
  int circuit = 0;
  uint32_t failures_in_a_row = 0;
  std::string last_code;
  absl::Time next_attempt;
};

// Thread safe. Every call but Acquire is refused with ABORTED when `token` is not the current lease's.
class Submissions {
 public:
  explicit Submissions(LedgerState* state) : state_(state), waiting_(state), ahead_(state) {}

  // After the engine has started: whoever held the lease may still believe in it, for as long as it was given.
  void ResumeLease();
  // The token of the lease. Renewing it makes the receipts settled so far durable. Errors: FAILED_PRECONDITION (another
  // holder's has not run out), ABORTED (`profile` is not empty and not the dataset's; or `holder` had the lease that a
  // new profile ended).
  absl::StatusOr<uint64_t> Acquire(absl::string_view holder, absl::Duration duration, absl::string_view profile = "");
  // For a new profile: the token ends with the commit of `write`. Its holder does not know yet, so nobody else gets the
  // lease before it has run out or is given back.
  void EndLease(LedgerWrite* write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  // Receipts settled under the lease are durable when it returns. Without effect for a token that somebody else's
  // followed.
  absl::Status Release(uint64_t token);
  std::string Holder();  // empty when nobody holds the lease
  // Kept in memory for as long as the lease is. Ignored without the current token.
  void NoteHub(uint64_t token, HubReport report);
  std::optional<HubReport> Hub();

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
  // `doubtful`: an earlier post of the batch had no answer.
  absl::Status RecordTask(uint64_t token, uint64_t batch, absl::string_view task_id, bool doubtful);
  absl::Status MarkUnknown(uint64_t token, uint64_t batch);
  // How many were settled, how many items are still open, and how many of the settled were accepted first halves of a
  // change of identity. A batch that is settled already takes nothing. Durable at once when items stay open: what is
  // posted and put on record next is only those.
  struct Settled {
    uint64_t settled = 0;
    uint32_t open_items = 0;
    uint64_t first_halves = 0;
  };
  absl::StatusOr<Settled> Settle(uint64_t token, uint64_t batch, const std::vector<ItemReceipt>& receipts);

 private:
  struct Evidence;
  struct Lease {
    std::string holder;  // empty: of a token that ended before the engine was started again
    absl::Time expires;
    uint64_t token = 0;
    bool ended = false;  // its token is not current any more
    std::optional<HubReport> hub = std::nullopt;
  };
  absl::Status CheckToken(uint64_t token) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  // Every move of this class is one that makes no record but those it names anything else than it was: what was found
  // to be pending or in flight stays true until somebody else moves the ledger.
  absl::Status Commit(LedgerWrite* write, CommitStep step, Durability durability = Durability::kSynced)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  uint64_t MovesOfOthers() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex) { return state_->commits - commits_; }
  absl::Status MakeDurable() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::StatusOr<OutgoingBatch> Take(absl::Span<const WaitingRecord> first, size_t max_bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::StatusOr<std::string> ContentOf(ChangeRef ref) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  // What a delete of this record tells the hub.
  absl::StatusOr<std::string> DeletedContent(const Key128& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  bool SameIdentity(absl::string_view a, absl::string_view b) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::StatusOr<std::vector<Evidence>> ReadEvidence(const BatchRow& batch, const std::vector<ItemReceipt>& receipts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status NoteReceipts(const BatchRow& batch, const std::vector<Evidence>& evidence)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  absl::Status SettleItem(Evidence& evidence, BatchRow* batch, LedgerWrite* write, Settled* settled)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  LedgerState* state_;
  bool IsHeld() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);
  std::optional<Lease> lease_ ABSL_GUARDED_BY(state_->mutex);
  uint64_t commits_ ABSL_GUARDED_BY(state_->mutex) = 0;
  WaitingRecords waiting_ ABSL_GUARDED_BY(state_->mutex);
  ReadAhead ahead_ ABSL_GUARDED_BY(state_->mutex);
  SentBatches sent_ ABSL_GUARDED_BY(state_->mutex);
};

}  // namespace sabun
