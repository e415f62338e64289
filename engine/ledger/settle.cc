// Receipts: the only place where what Sabun believes the hub holds moves.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/sent_journal.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"

namespace sabun {

// A receipt for an open item, and what the rules need to know of its record.
struct Submissions::Evidence {
  const ItemReceipt* receipt = nullptr;
  std::optional<Entry> entry;
  std::optional<std::string> sent;    // the flight's content; of an accepted add or update
  std::optional<std::string> held;    // the capsule's content; when a newer change is wanted, or in doubt
  std::optional<std::string> wanted;  // the newer change's content, nothing when it is a delete

  bool newer_wanted(const BatchRow::Item& item) const { return entry->wanted != item.ref; }
  bool brings_content(const BatchRow::Item& item) const { return receipt->accepted && item.op != ChangeOp::kDelete; }
};

// One read a kind for all receipts together. Most are accepted, and nothing newer is wanted: then nothing is compared,
// and entry and content are still known from when the batch was handed out.
absl::StatusOr<std::vector<Submissions::Evidence>> Submissions::ReadEvidence(const BatchRow& batch,
                                                                             const std::vector<ItemReceipt>& receipts) {
  std::vector<Evidence> evidence;
  std::vector<Key128> keys;
  std::vector<bool> seen(batch.items.size());
  for (const ItemReceipt& receipt : receipts) {
    if (receipt.item >= batch.items.size()) {
      return absl::InvalidArgumentError(absl::StrCat("batch ", batch.id, " has no item ", receipt.item));
    }
    const BatchRow::Item& item = batch.items[receipt.item];
    if (!item.open || seen[receipt.item]) continue;
    seen[receipt.item] = true;
    evidence.emplace_back().receipt = &receipt;
    keys.push_back(item.key);
  }
  const SentBatches::Kept* const kept = sent_.Find(batch.id);
  const bool entries_known = kept != nullptr && kept->as_of == MovesOfOthers();
  std::vector<std::optional<Entry>> entries;
  if (entries_known) {
    for (const Evidence& one : evidence) entries.push_back(kept->entries[one.receipt->item]);
  } else {
    ASSIGN_OR_RETURN(entries, ReadEntries(state_->store, state_->dataset, state_->head, keys));
  }
  std::vector<ChangeRef> refs;
  std::vector<std::optional<std::string>*> contents;
  std::vector<Key128> held_keys;
  std::vector<std::optional<std::string>*> held;
  for (size_t i = 0; i < evidence.size(); ++i) {
    Evidence& one = evidence[i];
    const BatchRow::Item& item = batch.items[one.receipt->item];
    one.entry = std::move(entries[i]);
    if (!one.entry || !one.entry->flight || one.entry->flight->batch != batch.id ||
        one.entry->flight->ref != item.ref) {
      return absl::DataLossError("ledger: an open item is not in flight");
    }
    if (one.brings_content(item)) {
      if (kept != nullptr) {
        one.sent = kept->contents[one.receipt->item];
      } else {
        refs.push_back(item.ref);
        contents.push_back(&one.sent);
      }
    }
    if (!one.newer_wanted(item) && !one.entry->doubt) continue;
    held_keys.push_back(item.key);
    held.push_back(&one.held);
    if (one.entry->gone || !one.newer_wanted(item)) continue;
    refs.push_back(one.entry->wanted);
    contents.push_back(&one.wanted);
  }
  ASSIGN_OR_RETURN(auto capsules, ReadCapsules(state_->store, state_->dataset, state_->head, held_keys));
  for (size_t i = 0; i < held.size(); ++i) {
    if (capsules[i]) *held[i] = std::move(capsules[i]->canonical);
  }
  ASSIGN_OR_RETURN(auto changes, ReadChanges(state_->store, state_->dataset, refs));
  for (size_t i = 0; i < contents.size(); ++i) *contents[i] = std::move(changes[i].canonical);
  return evidence;
}

absl::Status Submissions::SettleItem(Evidence& evidence, BatchRow* batch, LedgerWrite* write, Settled* settled) {
  const ItemReceipt& receipt = *evidence.receipt;
  BatchRow::Item& item = batch->items[receipt.item];
  // Only a receipt moves a capsule, so whether there is one is as it was when the operation was chosen. Without doubt
  // only what has one is deleted.
  if (receipt.accepted && item.op == ChangeOp::kDelete) {
    write->head.capsules -= !evidence.entry->doubt || evidence.held;
    evidence.held.reset();
    write->PutCapsule(item.key, std::nullopt);
  } else if (receipt.accepted) {
    write->head.capsules += item.op == ChangeOp::kAdd;
    write->PutCapsule(item.key, Capsule{item.ref, *evidence.sent});
    evidence.held = std::move(evidence.sent);
  }

  ReceiptEvent event;
  event.accepted = receipt.accepted;
  event.doubtful = receipt.doubtful;
  event.code = receipt.code;
  event.message = receipt.message;
  event.now = state_->NowSeconds();
  event.wanted_is_held = evidence.newer_wanted(item) && evidence.wanted == evidence.held;
  const Step step = OnReceipt(*evidence.entry, event);
  write->Note(evidence.entry, step, batch->unknown);
  write->PutEntry(item.key, step.entry);
  item.open = false;
  ++settled->settled;
  settled->first_halves += receipt.accepted && evidence.entry->flight->first_half;
  return absl::OkStatus();
}

// With the next synced note at the latest, and every batch is one. A receipt that is lost before leaves its record in
// flight, and what the next batch says the hub held shows what it was.
absl::Status Submissions::NoteReceipts(const BatchRow& batch, const std::vector<Evidence>& evidence) {
  Journal* const journal = state_->options.journal;
  if (journal == nullptr || evidence.empty() || !journal->IsOn()) return absl::OkStatus();
  ReceiptsNote note{state_->dataset, batch.id, {}};
  for (const Evidence& one : evidence) {
    const ItemReceipt& receipt = *one.receipt;
    note.items.push_back(
        {batch.items[receipt.item].key, receipt.accepted, receipt.code, receipt.message, receipt.doubtful});
  }
  return journal->Append(EncodeNote(note), Durability::kLater);
}

absl::StatusOr<Submissions::Settled> Submissions::Settle(uint64_t token, uint64_t batch,
                                                         const std::vector<ItemReceipt>& receipts) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  Settled settled;
  absl::StatusOr<BatchRow> row = ReadBatchRow(state_->store, state_->dataset, batch);
  if (absl::IsNotFound(row.status()) && batch != 0 && batch < state_->head.next_batch) return settled;
  RETURN_IF_ERROR(row.status());
  ASSIGN_OR_RETURN(std::vector<Evidence> evidence, ReadEvidence(*row, receipts));
  LedgerWrite write(state_);
  for (Evidence& one : evidence) RETURN_IF_ERROR(SettleItem(one, &*row, &write, &settled));
  RETURN_IF_ERROR(NoteReceipts(*row, evidence));
  settled.open_items = row->OpenItems();
  const std::string key = layout::SubmissionBatch(state_->dataset, batch);
  if (settled.open_items == 0) {
    write.batch.Delete(Family::kSubmissions, key);
    sent_.Drop(batch);
  } else {
    write.batch.Put(Family::kSubmissions, key, EncodeBatchRow(*row));
  }
  // Receipts that a power loss takes back leave their batch open and its records in flight, which is true: the hub is
  // asked again, or gets the batch again. A newer change of such a record is leased by a synced commit, which makes its
  // receipt durable with it; so does the end of the submission. Only what part of a batch got is durable at once: the
  // adapter posts the rest, and the places in the next task's results are those of the records that are open then.
  const Durability durability = settled.open_items == 0 ? Durability::kLater : Durability::kSynced;
  if (settled.settled > 0) RETURN_IF_ERROR(Commit(&write, "receipts", durability));
  return settled;
}

}  // namespace sabun
