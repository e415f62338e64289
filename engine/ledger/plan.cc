#include "engine/ledger/plan.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kSamples = 5;

// The ids whose values differ between two canonical forms, ascending.
std::vector<uint32_t> ChangedIds(absl::string_view before, absl::string_view after) {
  std::vector<uint32_t> changed;
  uint64_t id_before = 0, id_after = 0;
  absl::string_view value_before, value_after;
  const auto take = [](absl::string_view* bytes, uint64_t* id, absl::string_view* value) {
    if (!TakeVarint(bytes, id) || !TakeSized(bytes, value)) *id = ~uint64_t{0};
  };
  take(&before, &id_before, &value_before);
  take(&after, &id_after, &value_after);
  while (id_before != ~uint64_t{0} || id_after != ~uint64_t{0}) {
    const uint64_t id = std::min(id_before, id_after);
    if (id_before != id_after || value_before != value_after) changed.push_back(static_cast<uint32_t>(id));
    const bool in_after = id_after == id;
    if (id_before == id) take(&before, &id_before, &value_before);
    if (in_after) take(&after, &id_after, &value_after);
  }
  return changed;
}

}  // namespace

void PlannedEntries::Add(const Key128& key, const Entry& entry) {
  if (encoded_.size() == kMostDeltasOfABatch) {
    complete_ = false;
    encoded_ = {};
  }
  if (complete_) encoded_.emplace_back(key, EncodeEntry(entry));
}

void PlannedEntries::Finish() { std::sort(encoded_.begin(), encoded_.end()); }

std::optional<Entry> PlannedEntries::Find(const Key128& key) const {
  const auto found = std::lower_bound(encoded_.begin(), encoded_.end(), key,
                                      [](const auto& one, const Key128& wanted) { return one.first < wanted; });
  return found == encoded_.end() || found->first != key ? std::nullopt : DecodeEntry(found->second);
}

absl::StatusOr<std::vector<ChangeSetPlan::Known>> ChangeSetPlan::Look(const std::vector<Key128>& keys) {
  {
    MutexLock lock(&look_mutex_);
    if (!as_of_) as_of_ = ledger_->RecordMoves();
  }
  const LedgerHead head = ledger_->Head();
  ASSIGN_OR_RETURN(auto entries, ReadEntries(ledger_->store, ledger_->dataset, head, keys));
  // The head is read again: a receipt in between may have written the first capsule.
  ASSIGN_OR_RETURN(auto capsules, ReadCapsules(ledger_->store, ledger_->dataset, ledger_->Head(), keys));
  std::vector<ChangeRef> refs;
  for (const auto& entry : entries) {
    if (entry && !entry->gone) refs.push_back(entry->wanted);
  }
  ASSIGN_OR_RETURN(auto changes, ReadChanges(ledger_->store, ledger_->dataset, refs));
  std::vector<Known> known(keys.size());
  size_t next_change = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (entries[i] && !entries[i]->gone) known[i].wanted = std::move(changes[next_change++].canonical);
    known[i].entry = std::move(entries[i]);
    known[i].accepted = std::move(capsules[i]);
  }
  return known;
}

std::optional<uint64_t> ChangeSetPlan::as_of() {
  MutexLock lock(&look_mutex_);
  return as_of_;
}

absl::Status ChangeSetPlan::ReserveNumber() {
  MutexLock lock(&ledger_->mutex);
  LedgerWrite write(ledger_);
  write.DropStaged();  // of a snapshot that was given up
  number_ = write.head.next_change_set++;
  write.head.reserved_change_set = number_;
  // The bodies follow it in the store's log, so what survives a power loss of them survives with it.
  RETURN_IF_ERROR(write.Commit("number_reserved", Durability::kLater));
  log_ = std::make_unique<ChangeLogWriter>(ledger_->store, ledger_->dataset, number_);
  return absl::OkStatus();
}

absl::Status ChangeSetPlan::Stage(const Change& change, Delta delta) {
  std::vector<std::string>* samples = change.op == ChangeOp::kDelete   ? &sample_deletes_
                                      : change.op == ChangeOp::kUpdate ? &sample_updates_
                                                                       : nullptr;
  if (samples != nullptr && samples->size() < kSamples) samples->push_back(change.canonical);
  if (log_ == nullptr) RETURN_IF_ERROR(ReserveNumber());
  ASSIGN_OR_RETURN(delta.sequence, log_->Add(change));
  return deltas_->Add(delta);
}

void ChangeSetPlan::NoteDifference(RecordDifference::Kind kind, absl::string_view canonical) {
  if (differences_.size() < options_.listed) differences_.push_back({kind, std::string(canonical)});
}

// With what is wanted, which a receipt does not move: so it is exact while records are being submitted.
void ChangeSetPlan::Compare(const Known& known, const WantedRecord& record) {
  std::optional<absl::string_view> wanted;
  if (known.entry && known.wanted) wanted = *known.wanted;
  if (!known.entry && known.accepted) wanted = known.accepted->canonical;
  if (wanted == record.canonical) {
    ++counts_.cosmetic;
    return;
  }
  ++(wanted ? counts_.updated : counts_.added);
  NoteDifference(wanted ? RecordDifference::Kind::kOtherContent : RecordDifference::Kind::kOnlyInExtract,
                 record.canonical);
}

// What is in flight may have arrived or not; it is not judged.
absl::Status ChangeSetPlan::CompareWithHub(const Known& known, const WantedRecord& record) {
  const bool flies = known.entry && known.entry->flight;
  if (flies || (known.accepted && known.accepted->canonical == record.canonical)) {
    ++counts_.cosmetic;
    return absl::OkStatus();
  }
  NoteDifference(known.accepted ? RecordDifference::Kind::kOtherContent : RecordDifference::Kind::kOnlyInExtract,
                 record.canonical);
  if (!known.accepted) {
    // It may be somebody else's; nothing is deleted because a list has it.
    ++counts_.added;
    return absl::OkStatus();
  }
  ++counts_.updated;
  return options_.compare_only ? absl::OkStatus() : Resend(record.key, known);
}

absl::Status ChangeSetPlan::MissAtHub(const Key128& key, const Known& known) {
  if (!known.accepted || (known.entry && known.entry->flight)) return absl::OkStatus();
  ++counts_.deleted;
  NoteDifference(RecordDifference::Kind::kOnlyInEngine, known.accepted->canonical);
  return options_.compare_only ? absl::OkStatus() : Resend(key, known);
}

absl::Status ChangeSetPlan::Resend(const Key128& key, const Known& known) {
  change_.op = ChangeOp::kUpdate;
  change_.key.assign(key.view().data(), key.view().size());
  change_.changed_ids.clear();
  change_.canonical = known.accepted->canonical;
  Delta delta;
  delta.key = key;
  delta.kind = Delta::Kind::kResend;
  delta.had_entry = known.entry.has_value();
  return Stage(change_, delta);
}

absl::Status ChangeSetPlan::Resend(const std::vector<Key128>& keys) {
  ASSIGN_OR_RETURN(const std::vector<Known> known, Look(keys));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!known[i].accepted) continue;
    ++counts_.updated;
    RETURN_IF_ERROR(Resend(keys[i], known[i]));
  }
  return absl::OkStatus();
}

absl::Status ChangeSetPlan::Want(const std::vector<WantedRecord>& records) {
  std::vector<Key128> keys;
  keys.reserve(records.size());
  for (const WantedRecord& record : records) keys.push_back(record.key);
  ASSIGN_OR_RETURN(const std::vector<Known> known, Look(keys));
  return Want(records, known);
}

absl::Status ChangeSetPlan::Want(const std::vector<WantedRecord>& records, const std::vector<Known>& known) {
  for (size_t i = 0; i < records.size(); ++i) {
    const WantedRecord& record = records[i];
    if (options_.against_hub) {
      RETURN_IF_ERROR(CompareWithHub(known[i], record));
      continue;
    }
    if (options_.compare_only) {
      Compare(known[i], record);
      continue;
    }
    const std::optional<Entry>& entry = known[i].entry;
    const bool is_accepted = known[i].accepted && known[i].accepted->canonical == record.canonical;
    const bool is_wanted = entry ? known[i].wanted == record.canonical : is_accepted;
    Delta delta;
    delta.key = record.key;
    delta.fingerprint = record.fingerprint;
    delta.in_index = record.in_index;
    delta.stretch = record.stretch;
    delta.had_entry = entry.has_value();
    delta.same_as_accepted = is_accepted;
    delta.same_as_wanted = is_wanted;
    if (is_wanted) {
      ++counts_.cosmetic;
      RETURN_IF_ERROR(deltas_->Add(delta));
      continue;
    }
    Change& change = change_;
    change.op = known[i].accepted ? ChangeOp::kUpdate : ChangeOp::kAdd;
    change.key.assign(record.key.view().data(), record.key.view().size());
    change.changed_ids.clear();
    if (known[i].accepted) change.changed_ids = ChangedIds(known[i].accepted->canonical, record.canonical);
    change.canonical.assign(record.canonical.data(), record.canonical.size());
    if (is_accepted && !entry->flight && !entry->doubt) {
      ++counts_.cosmetic;  // back to what the hub holds: the change that waited is not needed
      ++counts_.cancelled;
    } else {
      ++(change.op == ChangeOp::kAdd ? counts_.added : counts_.updated);
    }
    delta.kind = Delta::Kind::kWant;
    if (entry) entries_.Add(record.key, *entry);
    RETURN_IF_ERROR(Stage(change, delta));
  }
  return absl::OkStatus();
}

absl::Status ChangeSetPlan::Gone(const std::vector<Key128>& keys) {
  ASSIGN_OR_RETURN(const std::vector<Known> known, Look(keys));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (options_.against_hub) {
      RETURN_IF_ERROR(MissAtHub(keys[i], known[i]));
      continue;
    }
    const std::optional<Entry>& entry = known[i].entry;
    Change change;
    change.op = ChangeOp::kDelete;
    change.key = std::string(keys[i].view());
    if (known[i].accepted) {
      change.canonical = known[i].accepted->canonical;
    } else if (known[i].wanted) {
      change.canonical = *known[i].wanted;
    } else {
      return absl::DataLossError("ledger: the index has a record that is neither accepted nor unsettled; run verify");
    }
    if (options_.compare_only) {
      ++counts_.deleted;
      NoteDifference(RecordDifference::Kind::kOnlyInEngine, change.canonical);
      continue;
    }
    ++(!known[i].accepted && !entry->flight && !entry->doubt ? counts_.cancelled : counts_.deleted);
    Delta delta;
    delta.key = keys[i];
    delta.kind = Delta::Kind::kGone;
    delta.in_index = true;
    delta.had_entry = entry.has_value();
    delta.same_as_accepted = !known[i].accepted;
    delta.same_as_wanted = entry && entry->gone;
    if (entry) entries_.Add(keys[i], *entry);
    RETURN_IF_ERROR(Stage(change, delta));
  }
  return absl::OkStatus();
}

absl::Status ChangeSetPlan::Finish() {
  RETURN_IF_ERROR(deltas_->FinishAdding());
  entries_.Finish();
  if (log_ == nullptr) return absl::OkStatus();
  if (log_->is_bulk()) {
    // Ingested files outlive a log that was not synced; the reservation that clears them must do so too.
    MutexLock lock(&ledger_->mutex);
    RETURN_IF_ERROR(LedgerWrite(ledger_).Commit("number_synced"));
  }
  return log_->Finish();
}

std::string ChangeSetPlan::Digest() { return log_ == nullptr ? Sha256().Finish() : log_->Digest(); }

}  // namespace sabun
