// Receipts: the only place where what Sabun believes the hub holds moves.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"

namespace sabun {

absl::Status Submissions::SettleItem(const ItemReceipt& receipt, BatchRow* batch, LedgerWrite* write,
                                     Settled* settled) {
  BatchRow::Item& item = batch->items[receipt.item];
  ASSIGN_OR_RETURN(const auto entries, ReadEntries(state_->store, state_->dataset, state_->head, {item.key}));
  const std::optional<Entry>& entry = entries[0];
  if (!entry || !entry->flight || entry->flight->batch != batch->id || entry->flight->ref != item.ref) {
    return absl::DataLossError("ledger: an open item is not in flight");
  }
  ASSIGN_OR_RETURN(auto capsules, ReadCapsules(state_->store, state_->dataset, state_->head, {item.key}));
  std::optional<std::string> held;  // by the hub, with this receipt
  if (capsules[0]) held = std::move(capsules[0]->canonical);
  const bool was_held = held.has_value();
  if (receipt.accepted && item.op == ChangeOp::kDelete) {
    held.reset();
    write->batch.Delete(Family::kCapsules, layout::Capsule(state_->dataset, item.key));
  } else if (receipt.accepted) {
    ASSIGN_OR_RETURN(auto changes, ReadChanges(state_->store, state_->dataset, {item.ref}));
    write->batch.Put(Family::kCapsules, layout::Capsule(state_->dataset, item.key),
                     EncodeCapsule({item.ref, changes[0].canonical}));
    held = std::move(changes[0].canonical);
  }
  write->head.capsules += static_cast<int>(held.has_value()) - static_cast<int>(was_held);

  ReceiptEvent event;
  event.accepted = receipt.accepted;
  event.code = receipt.code;
  event.message = receipt.message;
  event.now = state_->NowSeconds();
  if (entry->wanted != item.ref) {
    std::optional<std::string> wanted;
    if (!entry->gone) {
      ASSIGN_OR_RETURN(auto changes, ReadChanges(state_->store, state_->dataset, {entry->wanted}));
      wanted = std::move(changes[0].canonical);
    }
    event.wanted_is_held = wanted == held;
  }
  const Step step = OnReceipt(*entry, event);
  write->Note(entry, step, batch->unknown);
  write->PutEntry(item.key, step.entry);
  item.open = false;
  ++settled->settled;
  settled->first_halves += receipt.accepted && entry->flight->first_half;
  return absl::OkStatus();
}

absl::StatusOr<Submissions::Settled> Submissions::Settle(uint64_t token, uint64_t batch,
                                                         const std::vector<ItemReceipt>& receipts) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  Settled settled;
  absl::StatusOr<BatchRow> row = ReadBatchRow(state_->store, state_->dataset, batch);
  if (absl::IsNotFound(row.status()) && batch != 0 && batch < state_->head.next_batch) return settled;
  RETURN_IF_ERROR(row.status());
  LedgerWrite write(state_);
  for (const ItemReceipt& receipt : receipts) {
    if (receipt.item >= row->items.size()) {
      return absl::InvalidArgumentError(absl::StrCat("batch ", batch, " has no item ", receipt.item));
    }
    if (!row->items[receipt.item].open) continue;
    RETURN_IF_ERROR(SettleItem(receipt, &*row, &write, &settled));
  }
  settled.open_items = row->OpenItems();
  const std::string key = layout::SubmissionBatch(state_->dataset, batch);
  if (settled.open_items == 0) {
    write.batch.Delete(Family::kSubmissions, key);
  } else {
    write.batch.Put(Family::kSubmissions, key, EncodeBatchRow(*row));
  }
  if (settled.settled > 0) RETURN_IF_ERROR(write.Commit());
  return settled;
}

}  // namespace sabun
