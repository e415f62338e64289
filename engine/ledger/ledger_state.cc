#include "engine/ledger/ledger_state.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {

absl::Status LedgerState::Open() {
  MutexLock lock(&mutex);
  ASSIGN_OR_RETURN(const auto row, store->Get(Family::kCatalog, layout::HeadRow(dataset)));
  if (!row) return absl::OkStatus();
  ASSIGN_OR_RETURN(head, DecodeHead(*row));
  if (head.reserved_change_set == 0 && head.reserved_generation == 0) return absl::OkStatus();
  // A crash came between staging and seal: what was staged was never visible and goes.
  Batch batch;
  if (head.reserved_change_set != 0) {
    const std::string prefix = layout::Numbered(layout::Dataset(dataset), head.reserved_change_set);
    batch.DeleteRange(Family::kChanges, prefix, layout::After(prefix));
  }
  if (head.reserved_generation != 0) {
    const std::string prefix = layout::UnsettledGeneration(dataset, head.reserved_generation);
    batch.DeleteRange(Family::kIndex, prefix, layout::After(prefix));
    batch.DeleteRange(Family::kUnsettled, prefix, layout::After(prefix));
  }
  head.reserved_change_set = head.reserved_generation = 0;
  batch.Put(Family::kCatalog, layout::HeadRow(dataset), EncodeHead(head));
  BeforeCommit("cleanup");
  RETURN_IF_ERROR(store->Commit(batch, Durability::kSynced));
  AfterCommit("cleanup");
  return absl::OkStatus();
}

LedgerHead LedgerState::Head() {
  MutexLock lock(&mutex);
  return head;
}

uint64_t LedgerState::RecordMoves() {
  MutexLock lock(&mutex);
  return record_moves;
}

std::string EncodeCapsule(const Capsule& capsule) {
  std::string out;
  out.reserve(20 + capsule.canonical.size());
  AppendVarint(capsule.ref.change_set, &out);
  AppendVarint(capsule.ref.sequence, &out);
  return out.append(capsule.canonical);
}

absl::StatusOr<Capsule> DecodeCapsule(absl::string_view bytes) {
  Capsule capsule;
  if (!TakeVarint(&bytes, &capsule.ref.change_set) || !TakeVarint(&bytes, &capsule.ref.sequence)) {
    return absl::DataLossError("capsules: a capsule is damaged");
  }
  capsule.canonical = std::string(bytes);
  return capsule;
}

absl::StatusOr<std::vector<std::optional<Entry>>> ReadEntries(Store* store, uint32_t dataset, const LedgerHead& head,
                                                              const std::vector<Key128>& keys) {
  std::vector<std::optional<Entry>> entries(keys.size());
  if (head.pending + head.in_flight + head.parked == 0) return entries;
  std::vector<std::string> store_keys;
  for (const Key128& key : keys) store_keys.push_back(layout::Unsettled(dataset, head.unsettled_generation, key));
  ASSIGN_OR_RETURN(const auto rows, store->MultiGet(Family::kUnsettled, store_keys));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!rows[i]) continue;
    entries[i] = DecodeEntry(*rows[i]);
    if (!entries[i]) return absl::DataLossError("unsettled: an entry is damaged");
  }
  return entries;
}

absl::StatusOr<std::vector<std::optional<Capsule>>> ReadCapsules(Store* store, uint32_t dataset, const LedgerHead& head,
                                                                 const std::vector<Key128>& keys) {
  std::vector<std::optional<Capsule>> capsules(keys.size());
  if (head.capsules == 0) return capsules;
  std::vector<std::string> store_keys;
  for (const Key128& key : keys) store_keys.push_back(layout::Capsule(dataset, key));
  ASSIGN_OR_RETURN(const auto rows, store->MultiGet(Family::kCapsules, store_keys));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!rows[i]) continue;
    ASSIGN_OR_RETURN(capsules[i], DecodeCapsule(*rows[i]));
  }
  return capsules;
}

void LedgerWrite::Count(const std::optional<Entry>& entry, int64_t by) {
  if (!entry) return;
  uint64_t& counter = entry->flight ? head.in_flight : entry->parked() ? head.parked : head.pending;
  counter += by;
}

void LedgerWrite::Note(const std::optional<Entry>& before, const Step& step, bool unknown) {
  Count(before, -1);
  Count(step.entry, +1);
  for (const Transition& transition : step.transitions) {
    BooksMove& move = moves_[transition.ref.change_set];
    if (transition.from) {
      const bool was_unknown = unknown && *transition.from == ChangeState::kInFlight;
      --move.by_state[static_cast<size_t>(was_unknown ? ChangeState::kUnknown : *transition.from)];
    } else {
      ++move.planned;
    }
    ++move.by_state[static_cast<size_t>(transition.to)];
    // While an entry names the change, the entry says its state. A change that no entry names and that has no final
    // state is superseded.
    const bool named = step.entry && StateIn(*step.entry, transition.ref).has_value();
    if (named || (transition.to != ChangeState::kAccepted && transition.to != ChangeState::kRejected)) continue;
    finals_.push_back({transition.ref, transition.to});
  }
}

void LedgerWrite::PutEntry(const Key128& key, const std::optional<Entry>& entry) {
  rows_.push_back({Family::kUnsettled, layout::Unsettled(state_->dataset, head.unsettled_generation, key),
                   entry ? std::optional(EncodeEntry(*entry)) : std::nullopt});
}

void LedgerWrite::PutCapsule(const Key128& key, const std::optional<Capsule>& capsule) {
  rows_.push_back({Family::kCapsules, layout::Capsule(state_->dataset, key),
                   capsule ? std::optional(EncodeCapsule(*capsule)) : std::nullopt});
}

// In key order: each row then finds its place in the store's memory beside the one before it.
void LedgerWrite::AppendRows() {
  const auto before = [](const Row& a, const Row& b) {
    return a.family != b.family ? a.family < b.family : a.key < b.key;
  };
  if (!std::is_sorted(rows_.begin(), rows_.end(), before)) std::stable_sort(rows_.begin(), rows_.end(), before);
  batch.Reserve(rows_.size());
  for (Row& row : rows_) {
    if (row.value) {
      batch.Put(row.family, std::move(row.key), *std::move(row.value));
    } else {
      batch.Delete(row.family, std::move(row.key));
    }
  }
  rows_.clear();
}

void LedgerWrite::MoveBooks(uint64_t change_set, ChangeState from, ChangeState to, int64_t count) {
  BooksMove& move = moves_[change_set];
  move.by_state[static_cast<size_t>(from)] -= count;
  move.by_state[static_cast<size_t>(to)] += count;
}

void LedgerWrite::DropStaged(uint64_t kept) {
  if (head.reserved_change_set != 0 && head.reserved_change_set != kept) {
    const std::string prefix = layout::Numbered(layout::Dataset(state_->dataset), head.reserved_change_set);
    batch.DeleteRange(Family::kChanges, prefix, layout::After(prefix));
  }
  head.reserved_change_set = 0;
}

absl::Status LedgerWrite::FoldBooks() {
  for (const auto& [number, move] : moves_) {
    if (!infos_.contains(number)) {
      ASSIGN_OR_RETURN(infos_[number], ReadChangeSetInfo(state_->store, state_->dataset, number));
    }
    Books& books = infos_[number].books;
    books.planned += move.planned;
    for (size_t i = 0; i < move.by_state.size(); ++i) books.by_state[i] += move.by_state[i];
    if (!books.Balance())
      return absl::DataLossError(absl::StrCat("ledger: the books of change set ", number, " do not balance"));
  }
  moves_.clear();
  return absl::OkStatus();
}

absl::Status LedgerWrite::Commit(CommitStep step, Durability durability) {
  if (state_->broken) return absl::UnavailableError("ledger: an earlier write failed; restart the engine");
  if (state_->retired) return absl::NotFoundError("ledger: the dataset was erased");
  RETURN_IF_ERROR(FoldBooks());
  AppendRows();
  RETURN_IF_ERROR(WriteFinalStates(state_->store, state_->dataset, std::move(finals_), &batch));
  for (const auto& [number, info] : infos_) {
    batch.Put(Family::kCatalog, layout::ChangeSetRow(state_->dataset, number), EncodeChangeSetInfo(info));
  }
  batch.Put(Family::kCatalog, layout::HeadRow(state_->dataset), EncodeHead(head));
  BeforeCommit(step);
  const absl::Status status = state_->store->Commit(batch, durability);
  if (!status.ok()) {
    state_->broken = true;
    return status;
  }
  AfterCommit(step);
  state_->head = head;
  ++state_->commits;
  state_->record_moves += std::any_of(batch.writes().begin(), batch.writes().end(), [](const Batch::Write& one) {
    return one.family == Family::kUnsettled || one.family == Family::kCapsules;
  });
  state_->unsynced = durability == Durability::kLater;
  return absl::OkStatus();
}

absl::StatusOr<ChangeSetInfo> ReadChangeSetInfo(Store* store, uint32_t dataset, uint64_t number) {
  ASSIGN_OR_RETURN(const auto row, store->Get(Family::kCatalog, layout::ChangeSetRow(dataset, number)));
  if (!row) return absl::NotFoundError(absl::StrCat("there is no change set ", number));
  return DecodeChangeSetInfo(*row);
}

}  // namespace sabun
