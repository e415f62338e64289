#include "engine/ledger/submissions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/sent_journal.h"
#include "engine/store/layout.h"

namespace sabun {

void Submissions::ResumeLease() {
  MutexLock lock(&state_->mutex);
  const LedgerHead& head = state_->head;
  if (head.lease_ms == 0) return;
  const absl::Duration length = absl::Milliseconds(static_cast<int64_t>(head.lease_ms));
  lease_ = Lease{head.lease_holder, state_->clock->Steady() + length, head.lease_token, head.lease_holder.empty()};
}

bool Submissions::IsHeld() const { return lease_ && state_->clock->Steady() < lease_->expires; }

absl::StatusOr<uint64_t> Submissions::Acquire(absl::string_view holder, absl::Duration duration,
                                              absl::string_view profile) {
  MutexLock lock(&state_->mutex);
  if (!profile.empty() && profile != state_->profile_text) {
    return absl::AbortedError("the dataset has another profile than this submission; read it again");
  }
  const absl::Time now = state_->clock->Steady();  // a lease must not end because somebody sets the clock
  if (IsHeld() && lease_->ended && lease_->holder == holder) {
    return absl::AbortedError("the lease ended, because the dataset has a new profile");
  }
  if (IsHeld() && lease_->holder != holder) {
    return absl::FailedPreconditionError(
        absl::StrCat("another submission holds the lease, or ended without giving it "
                     "back; it runs out in ",
                     absl::ToInt64Seconds(lease_->expires - now) + 1, " seconds"));
  }
  const auto length_ms = static_cast<uint64_t>(absl::ToInt64Milliseconds(duration));
  // The last holder goes on with its token, also after a restart of the engine; anybody else gets a new one.
  if (state_->head.lease_holder != holder || state_->head.lease_ms != length_ms) {
    LedgerWrite write(state_);
    write.head.lease_token += write.head.lease_holder != holder;
    write.head.lease_holder = std::string(holder);
    write.head.lease_ms = length_ms;
    RETURN_IF_ERROR(Commit(&write, "lease"));
  }
  RETURN_IF_ERROR(MakeDurable());
  Lease lease{std::string(holder), now + duration, state_->head.lease_token};
  if (lease_ && lease_->holder == holder) lease.hub = std::move(lease_->hub);
  lease_ = std::move(lease);
  return state_->head.lease_token;
}

void Submissions::EndLease(LedgerWrite* write) {
  ++write->head.lease_token;
  write->head.lease_holder.clear();
  if (lease_) lease_->ended = true;
}

absl::Status Submissions::Release(uint64_t token) {
  MutexLock lock(&state_->mutex);
  if (token != state_->head.lease_token && !(lease_ && lease_->ended && lease_->token == token)) {
    return absl::OkStatus();
  }
  lease_.reset();
  sent_ = {};
  if (state_->head.lease_ms == 0) return MakeDurable();
  LedgerWrite write(state_);
  write.head.lease_holder.clear();
  write.head.lease_ms = 0;
  return Commit(&write, "receipts_synced");
}

absl::Status Submissions::Commit(LedgerWrite* write, CommitStep step, Durability durability) {
  RETURN_IF_ERROR(write->Commit(step, durability));
  ++commits_;
  return absl::OkStatus();
}

absl::Status Submissions::MakeDurable() {
  if (!state_->unsynced) return absl::OkStatus();
  LedgerWrite write(state_);
  return Commit(&write, "receipts_synced");
}

std::string Submissions::Holder() {
  MutexLock lock(&state_->mutex);
  return IsHeld() && !lease_->ended ? lease_->holder : "";
}

void Submissions::NoteHub(uint64_t token, HubReport report) {
  MutexLock lock(&state_->mutex);
  if (lease_ && !lease_->ended && token == state_->head.lease_token) lease_->hub = std::move(report);
}

std::optional<HubReport> Submissions::Hub() {
  MutexLock lock(&state_->mutex);
  return IsHeld() && !lease_->ended ? lease_->hub : std::nullopt;
}

absl::Status Submissions::CheckToken(uint64_t token) {
  if (token == state_->head.lease_token && token != 0) return absl::OkStatus();
  return absl::AbortedError("the lease is not current: another submission took over, or the profile is a new one");
}

bool Submissions::SameIdentity(absl::string_view a, absl::string_view b) {
  const auto identity = [&](absl::string_view canonical) {
    std::vector<std::string> values(state_->identity_ids.size());
    uint64_t id = 0;
    absl::string_view value;
    while (!canonical.empty() && TakeVarint(&canonical, &id) && TakeSized(&canonical, &value)) {
      for (size_t i = 0; i < values.size(); ++i) {
        if (state_->identity_ids[i] == id) values[i] = std::string(value);
      }
    }
    return values;
  };
  return identity(a) == identity(b);
}

absl::StatusOr<OutgoingBatch> Submissions::Next(uint64_t token, size_t max_records, size_t max_bytes) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  // Entries that turn out to want what the hub holds settle without being sent; then there may be more to find.
  // After a restore, what waits may be out of date: what is in flight is settled, and nothing else is sent.
  while (!state_->head.unreconciled) {
    ASSIGN_OR_RETURN(const absl::Span<const WaitingRecord> first, waiting_.First(max_records, MovesOfOthers()));
    if (first.empty()) break;
    ASSIGN_OR_RETURN(OutgoingBatch batch, Take(first, max_bytes));
    if (!batch.items.empty()) return batch;
  }
  OutgoingBatch none;
  none.pending = state_->head.pending;
  return none;
}

absl::StatusOr<OutgoingBatch> Submissions::Take(absl::Span<const WaitingRecord> first, size_t max_bytes) {
  ASSIGN_OR_RETURN(ReadAhead::Contents contents, ahead_.Get(first, MovesOfOthers()));
  LedgerWrite write(state_);
  BatchRow row;
  row.id = write.head.next_batch++;
  OutgoingBatch batch;
  batch.id = row.id;
  std::vector<Entry> entries;
  const bool noted = state_->options.journal != nullptr && state_->options.journal->IsOn();
  SentBatchNote note{state_->dataset, row.id, write.head.next_change_set - 1, {}};
  size_t bytes = 0, next_change = 0, taken = 0;
  for (; taken < first.size(); ++taken) {
    const WaitingRecord& record = first[taken];
    const Entry entry = record.ToEntry();
    std::optional<std::string> wanted;
    if (!record.gone) wanted = std::move(contents.changes[next_change++].canonical);
    std::optional<std::string> accepted;
    if (contents.capsules[taken]) accepted = std::move(contents.capsules[taken]->canonical);
    if (wanted == accepted && !record.doubt) {
      Step step;
      step.transitions.push_back({record.wanted, ChangeState::kPending, ChangeState::kSuperseded});
      write.Note(entry, step);
      write.PutEntry(record.key, std::nullopt);
      continue;
    }
    const bool add = !accepted;
    if (!accepted && record.doubt) {
      // What the hub may hold is taken away, or overwritten, as if it were there.
      ASSIGN_OR_RETURN(accepted, ContentOf(*record.doubt));
    }
    const bool first_half = wanted && accepted && !SameIdentity(*wanted, *accepted);
    OutgoingItem item;
    item.item = static_cast<uint32_t>(row.items.size());
    item.op = !wanted || first_half ? ChangeOp::kDelete : add ? ChangeOp::kAdd : ChangeOp::kUpdate;
    item.change_set = record.wanted.change_set;
    bytes += item.op == ChangeOp::kDelete ? accepted->size() : wanted->size();
    if (bytes > max_bytes && !batch.items.empty()) break;
    const uint64_t base = noted && !add ? BaseOf(accepted) : 0;
    item.canonical = item.op == ChangeOp::kDelete ? *std::move(accepted) : *std::move(wanted);
    if (noted) {
      note.items.push_back({record.key, item.op, base, item.canonical, std::nullopt, record.doubt.has_value()});
      if (first_half) note.items.back().wanted = *std::move(wanted);
    }
    Step step;
    step.entry = entry;
    step.entry->flight = Flight{row.id, record.wanted, item.op, first_half};
    step.transitions.push_back({record.wanted, ChangeState::kPending, ChangeState::kInFlight});
    write.Note(entry, step);
    write.PutEntry(record.key, step.entry);
    entries.push_back(*std::move(step.entry));
    row.items.push_back({record.key, record.wanted, item.op, true});
    batch.items.push_back(std::move(item));
  }
  if (!row.items.empty()) {
    write.batch.Put(Family::kSubmissions, layout::SubmissionBatch(state_->dataset, row.id), EncodeBatchRow(row));
  }
  // First, so that nothing is ever posted of which the journal knows nothing.
  if (!note.items.empty()) {
    RETURN_IF_ERROR(state_->options.journal->Append(EncodeNote(note), Durability::kSynced));
  }
  // Synced: were a batch posted and then forgotten by a power loss, a record added by it and gone from the source
  // before the next submission would count as never sent, and stay at the hub for ever.
  RETURN_IF_ERROR(Commit(&write, "next_batch"));
  waiting_.Take(taken);
  ahead_.Begin(waiting_.Ahead(first.size()), MovesOfOthers());
  batch.pending = state_->head.pending;
  sent_.Keep(batch, std::move(entries), MovesOfOthers());
  return batch;
}

absl::StatusOr<std::vector<BatchRow>> Submissions::Open(uint64_t token, uint64_t after, size_t limit) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  std::vector<BatchRow> batches;
  const std::string begin = layout::SubmissionBatch(state_->dataset, after + 1);
  const std::unique_ptr<Scan> scan =
      state_->store->NewScan(Family::kSubmissions, begin, layout::After(layout::Dataset(state_->dataset)));
  for (; scan->Valid() && batches.size() < limit; scan->Next()) {
    const uint64_t id = LoadBig64(scan->key().data() + scan->key().size() - 8);
    ASSIGN_OR_RETURN(batches.emplace_back(), ReadBatchRow(state_->store, state_->dataset, id));
  }
  RETURN_IF_ERROR(scan->status());
  return batches;
}

absl::StatusOr<Submissions::OpenCount> Submissions::CountOpen() {
  MutexLock lock(&state_->mutex);
  const std::string prefix = layout::Dataset(state_->dataset);
  const std::unique_ptr<Scan> scan = state_->store->NewScan(Family::kSubmissions, prefix, layout::After(prefix));
  OpenCount count;
  for (; scan->Valid(); scan->Next(), ++count.batches) {
    const uint64_t id = LoadBig64(scan->key().data() + prefix.size());
    ASSIGN_OR_RETURN(const BatchRow batch, ReadBatchRow(state_->store, state_->dataset, id));
    if (batch.unknown) count.unknown_items += batch.OpenItems();
  }
  RETURN_IF_ERROR(scan->status());
  return count;
}

absl::StatusOr<std::string> Submissions::ContentOf(ChangeRef ref) {
  ASSIGN_OR_RETURN(auto changes, ReadChanges(state_->store, state_->dataset, {ref}));
  return std::move(changes[0].canonical);
}

absl::StatusOr<std::string> Submissions::DeletedContent(const Key128& key) {
  ASSIGN_OR_RETURN(auto capsules, ReadCapsules(state_->store, state_->dataset, state_->head, {key}));
  if (capsules[0]) return std::move(capsules[0]->canonical);
  ASSIGN_OR_RETURN(const auto entries, ReadEntries(state_->store, state_->dataset, state_->head, {key}));
  if (!entries[0] || !entries[0]->doubt) return absl::DataLossError("ledger: a delete in flight has no capsule");
  return ContentOf(*entries[0]->doubt);
}

absl::StatusOr<OutgoingBatch> Submissions::Read(uint64_t token, uint64_t batch) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  ASSIGN_OR_RETURN(BatchRow row, ReadBatchRow(state_->store, state_->dataset, batch));
  OutgoingBatch out;
  out.id = batch;
  for (uint32_t i = 0; i < row.items.size(); ++i) {
    const BatchRow::Item& item = row.items[i];
    if (!item.open) continue;
    OutgoingItem& sent = out.items.emplace_back();
    sent.item = i;
    sent.op = item.op;
    sent.change_set = item.ref.change_set;
    if (item.op == ChangeOp::kDelete) {
      ASSIGN_OR_RETURN(sent.canonical, DeletedContent(item.key));
    } else {
      ASSIGN_OR_RETURN(sent.canonical, ContentOf(item.ref));
    }
  }
  ++row.attempts;
  LedgerWrite write(state_);
  write.batch.Put(Family::kSubmissions, layout::SubmissionBatch(state_->dataset, batch), EncodeBatchRow(row));
  RETURN_IF_ERROR(Commit(&write, "batch_read"));
  out.pending = state_->head.pending;
  return out;
}

absl::StatusOr<std::vector<BatchRow>> Submissions::Split(uint64_t token, uint64_t batch) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  ASSIGN_OR_RETURN(BatchRow row, ReadBatchRow(state_->store, state_->dataset, batch));
  std::erase_if(row.items, [](const BatchRow::Item& item) { return !item.open; });
  if (row.items.size() < 2) return absl::FailedPreconditionError("a batch of one record cannot be split");
  LedgerWrite write(state_);
  std::vector<BatchRow> halves(2);
  const size_t middle = row.items.size() / 2;
  halves[0].items.assign(row.items.begin(), row.items.begin() + middle);
  halves[1].items.assign(row.items.begin() + middle, row.items.end());
  for (BatchRow& half : halves) {
    half.id = write.head.next_batch++;
    half.attempts = 0;
    half.unknown = row.unknown;
    half.doubtful = row.doubtful;
    std::vector<Key128> keys;
    for (const BatchRow::Item& item : half.items) keys.push_back(item.key);
    ASSIGN_OR_RETURN(auto entries, ReadEntries(state_->store, state_->dataset, state_->head, keys));
    for (size_t i = 0; i < keys.size(); ++i) {
      if (!entries[i] || !entries[i]->flight) return absl::DataLossError("ledger: an open item is not in flight");
      entries[i]->flight->batch = half.id;
      write.PutEntry(keys[i], entries[i]);
    }
    write.batch.Put(Family::kSubmissions, layout::SubmissionBatch(state_->dataset, half.id), EncodeBatchRow(half));
  }
  write.batch.Delete(Family::kSubmissions, layout::SubmissionBatch(state_->dataset, batch));
  sent_.Drop(batch);
  RETURN_IF_ERROR(Commit(&write, "split"));
  return halves;
}

absl::Status Submissions::RecordTask(uint64_t token, uint64_t batch, absl::string_view task_id, bool doubtful) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  ASSIGN_OR_RETURN(BatchRow row, ReadBatchRow(state_->store, state_->dataset, batch));
  if (row.task_id == task_id && row.doubtful == doubtful) return absl::OkStatus();
  row.task_id = std::string(task_id);
  row.doubtful = doubtful;
  LedgerWrite write(state_);
  write.batch.Put(Family::kSubmissions, layout::SubmissionBatch(state_->dataset, batch), EncodeBatchRow(row));
  // Without a task id the batch is posted again, and the hub overwrites by key: the next synced commit is soon enough.
  // It keeps its place before later commits, so a task is forgotten before the receipts that part its places.
  return Commit(&write, "task", Durability::kLater);
}

absl::Status Submissions::MarkUnknown(uint64_t token, uint64_t batch) {
  MutexLock lock(&state_->mutex);
  RETURN_IF_ERROR(CheckToken(token));
  ASSIGN_OR_RETURN(BatchRow row, ReadBatchRow(state_->store, state_->dataset, batch));
  if (row.unknown) return absl::OkStatus();
  row.unknown = true;
  LedgerWrite write(state_);
  for (const BatchRow::Item& item : row.items) {
    if (item.open) write.MoveBooks(item.ref.change_set, ChangeState::kInFlight, ChangeState::kUnknown, 1);
  }
  write.batch.Put(Family::kSubmissions, layout::SubmissionBatch(state_->dataset, batch), EncodeBatchRow(row));
  return Commit(&write, "unknown");
}

}  // namespace sabun
