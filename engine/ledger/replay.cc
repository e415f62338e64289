#include "engine/ledger/replay.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/submissions.h"
#include "engine/store/index.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

// Numbers that the lost time may have given out without the journal knowing: whoever still has one is refused.
constexpr uint64_t kTokenGap = 1'000'000, kBatchGap = 1'000'000;
// Change sets go on in a new thousand.
constexpr uint64_t kChangeSetStep = 1'000;

}  // namespace

bool Replay::Order::operator()(const Noted& a, const Noted& b) const {
  return std::tie(a.dataset, a.key, a.segment, a.offset) < std::tie(b.dataset, b.key, b.segment, b.offset);
}

// Some records of one ledger, brought up together: one atomic commit.
class Replay::Chunk {
 public:
  Chunk(Replay* replay, LedgerState* ledger) ABSL_EXCLUSIVE_LOCKS_REQUIRED(ledger->mutex)
      : replay_(replay), ledger_(ledger), write_(ledger), index_(ledger->store, ledger->dataset, ledger->head.index) {}

  absl::Status Read(const std::vector<Key128>& keys) {
    ASSIGN_OR_RETURN(const ChangeSetInfo info,
                     ReadChangeSetInfo(ledger_->store, ledger_->dataset, write_.head.replay_change_set));
    sequence_ = info.books.planned;
    ASSIGN_OR_RETURN(entries_, ReadEntries(ledger_->store, ledger_->dataset, write_.head, keys));
    ASSIGN_OR_RETURN(capsules_, ReadCapsules(ledger_->store, ledger_->dataset, write_.head, keys));
    return absl::OkStatus();
  }

  // What the journal says of the record that was read as number `at`, in order.
  absl::Status Bring(size_t at, const std::vector<Noted>& events) {
    Record record{events.front().key, entries_[at], capsules_[at]};
    const bool had_capsule = record.capsule.has_value();
    for (const Noted& event : events) {
      ASSIGN_OR_RETURN(const std::string item, replay_->reader_.Read({event.segment, event.offset, event.size}));
      if (event.sent) {
        ASSIGN_OR_RETURN(const SentNote note, DecodeSent(item));
        if (event.batch >= write_.head.replay_below) RETURN_IF_ERROR(Send(event.batch, note, &record));
      } else if (record.entry && record.entry->flight && record.entry->flight->batch <= event.batch) {
        ASSIGN_OR_RETURN(const ReceiptNote note, DecodeReceipt(item));
        RETURN_IF_ERROR(Settle(note, &record));
        ++replay_->counts_.receipts;
      }
    }
    if (!record.touched) return absl::OkStatus();
    if (record.flies_again) LeaveInFlight(&record);
    write_.PutEntry(record.key, record.entry);
    write_.PutCapsule(record.key, record.capsule);
    write_.head.capsules += record.capsule.has_value();
    write_.head.capsules -= had_capsule;
    return record.wanted_anew ? MoveIndex(record) : absl::OkStatus();
  }

  absl::Status Commit(const Key128& last) ABSL_EXCLUSIVE_LOCKS_REQUIRED(ledger_->mutex) {
    write_.head.replay_cursor = absl::BytesToHexString(last.view());
    for (const auto& [id, batch] : old_batches_) {
      const std::string key = layout::SubmissionBatch(ledger_->dataset, id);
      if (batch.OpenItems() == 0) {
        write_.batch.Delete(Family::kSubmissions, key);
      } else {
        write_.batch.Put(Family::kSubmissions, key, EncodeBatchRow(batch));
      }
    }
    if (!again_.items.empty()) {
      write_.batch.Put(Family::kSubmissions, layout::SubmissionBatch(ledger_->dataset, again_.id),
                       EncodeBatchRow(again_));
    }
    return write_.Commit("replayed", Durability::kLater);
  }

 private:
  struct Record {
    Key128 key;
    std::optional<Entry> entry;
    std::optional<Capsule> capsule;
    std::string sent{};        // content of the flight, when it was replayed
    bool flies_again = false;  // the flight is one of the journal
    bool touched = false;
    bool wanted_anew = false;  // what is wanted is not what the index knows
    bool gone = false;         // then: it is wanted that the hub does not hold it
  };
  using Content = std::optional<std::string>;

  static Content ContentOf(const std::optional<Capsule>& capsule) {
    return capsule ? Content(capsule->canonical) : std::nullopt;
  }
  absl::StatusOr<std::string> ContentOf(ChangeRef ref) {
    const auto staged = staged_.find(ref.sequence);
    if (ref.change_set == write_.head.replay_change_set && staged != staged_.end()) return staged->second;
    ASSIGN_OR_RETURN(const auto changes, ReadChanges(ledger_->store, ledger_->dataset, {ref}));
    return changes[0].canonical;
  }
  absl::StatusOr<Content> WantedBy(const Entry& entry) {
    if (entry.gone) return Content();
    ASSIGN_OR_RETURN(std::string content, ContentOf(entry.wanted));
    return Content(std::move(content));
  }

  // The hub's word on the record's flight.
  absl::Status Settle(const ReceiptNote& note, Record* record) {
    const Flight flight = *record->entry->flight;
    if (note.accepted && flight.op == ChangeOp::kDelete) {
      record->capsule.reset();
    } else if (note.accepted) {
      std::string content = record->sent;
      if (!record->flies_again) {
        ASSIGN_OR_RETURN(content, ContentOf(flight.ref));
      }
      record->capsule = Capsule{flight.ref, std::move(content)};
    }
    ReceiptEvent event;
    event.accepted = note.accepted;
    event.doubtful = note.doubtful;
    event.code = note.code;
    event.message = note.message;
    event.now = ledger_->NowSeconds();
    if (record->entry->wanted != flight.ref) {
      ASSIGN_OR_RETURN(const Content wanted, WantedBy(*record->entry));
      event.wanted_is_held = wanted == ContentOf(record->capsule);
    }
    bool unknown = false;
    if (!record->flies_again) {
      ASSIGN_OR_RETURN(unknown, CloseOldItem(flight.batch, record->key));
    }
    const Step step = OnReceipt(*record->entry, event);
    write_.Note(record->entry, step, unknown);
    record->entry = step.entry;
    record->flies_again = false;
    record->touched = true;
    return absl::OkStatus();
  }

  // Whether the batch was marked unknown.
  absl::StatusOr<bool> CloseOldItem(uint64_t id, const Key128& key) {
    auto found = old_batches_.find(id);
    if (found == old_batches_.end()) {
      ASSIGN_OR_RETURN(BatchRow row, ReadBatchRow(ledger_->store, ledger_->dataset, id));
      found = old_batches_.emplace(id, std::move(row)).first;
    }
    for (BatchRow::Item& item : found->second.items) {
      if (item.key == key) item.open = false;
    }
    return found->second.unknown;
  }

  // The record was handed out.
  absl::Status Send(uint64_t batch, const SentNote& note, Record* record) {
    if (record->entry && record->entry->flight) {
      // Its receipt was lost with the journal's tail, but not with the store's: what it was shows in what came after.
      RETURN_IF_ERROR(Settle({record->key, note.base != BaseOf(ContentOf(record->capsule)), "", "", false}, record));
    }
    if (note.base != BaseOf(ContentOf(record->capsule))) {
      ++replay_->counts_.doubtful;
      record->capsule.reset();
      if (note.op == ChangeOp::kDelete) record->capsule = Capsule{{}, note.content};
    }
    // What the hub was told to forget it may hold still: nobody knows better.
    if (note.doubtful && note.op == ChangeOp::kDelete && !record->capsule) record->capsule = Capsule{{}, note.content};
    Content wanted = note.wanted;
    if (!wanted && note.op != ChangeOp::kDelete) wanted = note.content;
    RETURN_IF_ERROR(WantAnew(note, wanted, record));
    ++replay_->counts_.sent;
    if (!record->entry) return absl::OkStatus();
    Step step;
    step.entry = record->entry;
    step.entry->flight = Flight{batch, record->entry->wanted, note.op, note.wanted.has_value()};
    step.transitions.push_back({record->entry->wanted, ChangeState::kPending, ChangeState::kInFlight});
    write_.Note(record->entry, step);
    record->entry = step.entry;
    record->sent = note.content;
    record->flies_again = record->touched = true;
    return absl::OkStatus();
  }

  // What was sent was wanted then, and nothing newer is known.
  absl::Status WantAnew(const SentNote& note, const Content& wanted, Record* record) {
    Want want;
    want.gone = !wanted;
    want.same_as_accepted = wanted == ContentOf(record->capsule) && !note.doubtful;
    if (record->entry) {
      ASSIGN_OR_RETURN(const Content before, WantedBy(*record->entry));
      if (before == wanted) {
        Unpark(record);
        return absl::OkStatus();
      }
    }
    want.ref = {write_.head.replay_change_set, ++sequence_};
    Change change;
    change.op = note.wanted ? ChangeOp::kUpdate : note.op;
    change.key = std::string(record->key.view());
    change.canonical = wanted ? *wanted : note.content;
    write_.batch.Put(Family::kChanges,
                     layout::Numbered(layout::ChangePart(ledger_->dataset, want.ref.change_set, 'b'), sequence_),
                     EncodeChangeBody(change));
    staged_[sequence_] = change.canonical;
    const Step step = OnSnapshot(record->entry, want);
    write_.Note(record->entry, step);
    record->entry = step.entry;
    record->touched = record->wanted_anew = true;
    record->gone = want.gone;
    return absl::OkStatus();
  }

  void Unpark(Record* record) {
    if (!record->entry->parked()) return;
    Step step;
    step.entry = record->entry;
    step.entry->code.clear();
    step.entry->message.clear();
    step.transitions.push_back({record->entry->wanted, ChangeState::kRejected, ChangeState::kPending});
    write_.Note(record->entry, step);
    record->entry = step.entry;
  }

  // Nobody knows what became of it: it is posted again, in a batch of this chunk.
  void LeaveInFlight(Record* record) {
    Flight& flight = *record->entry->flight;
    if (again_.id == 0) {
      again_.id = write_.head.next_batch++;
      again_.unknown = true;
    }
    flight.batch = again_.id;
    again_.items.push_back({record->key, flight.ref, flight.op, true});
    write_.MoveBooks(flight.ref.change_set, ChangeState::kInFlight, ChangeState::kUnknown, 1);
    ++replay_->counts_.unknown;
  }

  // A fingerprint that no row has: the row is asked for, and compared by content.
  absl::Status MoveIndex(const Record& record) {
    ASSIGN_OR_RETURN(const auto there, index_.Find(record.key));
    ASSIGN_OR_RETURN(const bool overlaid, index_.IsOverlaid(record.key));
    if (record.gone && !there) return absl::OkStatus();
    std::optional<Fingerprint128> fingerprint;
    if (!record.gone) fingerprint = Fingerprint128::From(RandomBytes(16).data());
    PutOverlay(ledger_->dataset, write_.head.index.generation, record.key, fingerprint, &write_.batch);
    write_.head.index.overlay_entries += !overlaid;
    write_.head.records += !record.gone;
    write_.head.records -= there.has_value();
    return absl::OkStatus();
  }

  Replay* const replay_;
  LedgerState* const ledger_;
  LedgerWrite write_;
  IndexLookup index_;
  uint64_t sequence_ = 0;
  std::vector<std::optional<Entry>> entries_;
  std::vector<std::optional<Capsule>> capsules_;
  std::map<uint64_t, std::string> staged_;    // contents of this chunk's changes, by sequence
  std::map<uint64_t, BatchRow> old_batches_;  // of the backup
  BatchRow again_;
};

absl::Status Replay::Gather() {
  return reader_.Visit([&](absl::string_view record, const JournalPlace& place) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<NotedItem> items, ListItems(record));
    ++counts_.batches;
    for (const NotedItem& item : items) {
      Newest& newest = newest_[item.dataset];
      newest.batch = std::max(newest.batch, item.batch);
      newest.change_set = std::max(newest.change_set, item.newest_change_set);
      RETURN_IF_ERROR(noted_.Add({item.key, place.segment, place.offset + item.at, item.batch,
                                  static_cast<uint32_t>(item.size), item.dataset, item.sent}));
    }
    return absl::OkStatus();
  });
}

absl::Status Replay::Begin(LedgerState* ledger) {
  MutexLock lock(&ledger->mutex);
  if (ledger->head.restore_id == note_.id) return absl::OkStatus();
  const Newest& newest = newest_[ledger->dataset];
  LedgerWrite write(ledger);
  LedgerHead& head = write.head;
  head.restore_id = note_.id;
  head.unreconciled = head.replaying = true;
  head.replay_cursor.clear();
  head.replay_below = head.next_batch;
  head.next_batch = std::max(head.next_batch, newest.batch + 1) + kBatchGap;
  head.lease_token += kTokenGap;
  head.lease_holder.clear();
  const uint64_t used = std::max(head.next_change_set, newest.change_set + 1);
  head.replay_change_set = (used + kChangeSetStep - 1) / kChangeSetStep * kChangeSetStep + 1;
  head.next_change_set = head.replay_change_set + 1;
  head.newest = head.replay_change_set;
  ChangeSetInfo info;
  info.number = head.replay_change_set;
  info.snapshot_id = absl::StrCat("restore ", note_.backup, " ", note_.id);
  info.kind = SnapshotKind::kPartial;
  info.created_at = info.decided_at = ledger->NowSeconds();
  info.decided_by = "restore";
  write.SetInfo(info);
  if (head.held != 0) {
    // What was decided of it since is not known, and its snapshot is out of date.
    ASSIGN_OR_RETURN(ChangeSetInfo held, ReadChangeSetInfo(ledger->store, ledger->dataset, head.held));
    held.state = ChangeSetState::kReplaced;
    held.decided_at = info.created_at;
    held.decided_by = "restore";
    const std::string pages = layout::ChangePart(ledger->dataset, held.number, 'i');
    write.batch.DeleteRange(Family::kChanges, pages, layout::After(pages));
    write.SetInfo(std::move(held));
    head.held = 0;
  }
  // The hub may have forgotten their tasks, or given the batch another one since; what is posted again is overwritten.
  const std::string prefix = layout::Dataset(ledger->dataset);
  const auto scan = ledger->store->NewScan(Family::kSubmissions, prefix, layout::After(prefix));
  for (; scan->Valid(); scan->Next()) {
    const uint64_t id = LoadBig64(scan->key().data() + prefix.size());
    ASSIGN_OR_RETURN(BatchRow batch, ReadBatchRow(ledger->store, ledger->dataset, id));
    batch.task_id.clear();
    write.batch.Put(Family::kSubmissions, std::string(scan->key()), EncodeBatchRow(batch));
  }
  RETURN_IF_ERROR(scan->status());
  return write.Commit("replay_begun");
}

absl::Status Replay::ReplayRecords(const std::map<uint32_t, LedgerState*>& ledgers) {
  RETURN_IF_ERROR(noted_.Rewind());
  while (noted_.Valid()) {
    const uint32_t dataset = noted_.Get().dataset;
    const auto found = ledgers.find(dataset);
    LedgerHead head;
    if (found != ledgers.end()) head = found->second->Head();
    // The events of the next records of this dataset, those that were replayed before a crash left out.
    std::vector<std::vector<Noted>> records;
    std::optional<Key128> strange;  // the last record of a dataset that is not there
    while (noted_.Valid() && noted_.Get().dataset == dataset) {
      const Noted next = noted_.Get();
      if (found == ledgers.end() && (!strange || *strange != next.key)) {
        ++counts_.of_no_dataset[dataset];
        strange = next.key;
      }
      if (head.replaying && absl::BytesToHexString(next.key.view()) > head.replay_cursor) {
        if (records.empty() || records.back().front().key != next.key) {
          if (records.size() == found->second->options.replay_records) break;
          records.emplace_back();
        }
        records.back().push_back(next);
      }
      RETURN_IF_ERROR(noted_.Next());
    }
    if (records.empty()) continue;
    MutexLock lock(&found->second->mutex);
    Chunk chunk(this, found->second);
    std::vector<Key128> keys;
    for (const auto& events : records) keys.push_back(events.front().key);
    RETURN_IF_ERROR(chunk.Read(keys));
    for (size_t i = 0; i < records.size(); ++i) RETURN_IF_ERROR(chunk.Bring(i, records[i]));
    RETURN_IF_ERROR(chunk.Commit(keys.back()));
  }
  return absl::OkStatus();
}

absl::Status Replay::Finish(LedgerState* ledger) {
  MutexLock lock(&ledger->mutex);
  if (!ledger->head.replaying) return absl::OkStatus();
  LedgerWrite write(ledger);
  ASSIGN_OR_RETURN(ChangeSetInfo info, ReadChangeSetInfo(ledger->store, ledger->dataset, write.head.replay_change_set));
  info.state = info.books.planned > 0 ? ChangeSetState::kReady : ChangeSetState::kEmpty;
  ASSIGN_OR_RETURN(info.digest, StoredDigest(ledger->store, ledger->dataset, info.number));
  write.SetInfo(std::move(info));
  write.head.replaying = false;
  return write.Commit("replay_ended");
}

absl::Status Replay::Run(const std::map<uint32_t, LedgerState*>& ledgers) {
  RETURN_IF_ERROR(Gather());
  for (const auto& [dataset, ledger] : ledgers) RETURN_IF_ERROR(Begin(ledger));
  RETURN_IF_ERROR(ReplayRecords(ledgers));
  for (const auto& [dataset, ledger] : ledgers) RETURN_IF_ERROR(Finish(ledger));
  return absl::OkStatus();
}

}  // namespace sabun
