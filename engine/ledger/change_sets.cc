#include "engine/ledger/change_sets.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kStatesAtOnce = 1'000;

void NoteApplied(const ChangeSetInfo& info, LedgerHead* head) {
  if (info.kind != SnapshotKind::kComplete) return;
  head->last_complete_rows = info.counts.received;
  // Now it is known of every record what is wanted; but an unreadable row may be any absent record.
  if (info.counts.unreadable == 0) head->unreconciled = false;
}

}  // namespace

absl::StatusOr<ChangeSetInfo> ChangeSets::Seal(SealRequest request) {
  MutexLock lock(&state_->mutex);
  LedgerWrite write(state_);
  ChangeSetInfo& info = request.info;
  if (info.kind != SnapshotKind::kComplete && write.head.held != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("change set ", write.head.held, " is held; approve or discard it first"));
  }
  const bool staged = info.number != 0;
  if (!staged) info.number = write.head.next_change_set++;
  write.head.newest = info.number;
  info.created_at = state_->NowSeconds();

  if (write.head.held != 0) {
    ASSIGN_OR_RETURN(ChangeSetInfo replaced, ReadChangeSetInfo(state_->store, state_->dataset, write.head.held));
    replaced.state = ChangeSetState::kReplaced;
    replaced.decided_at = info.created_at;
    replaced.decided_by = "snapshot";
    write.SetInfo(std::move(replaced));
    write.head.held = 0;
  }
  CommitStep step = "seal";
  if (request.held) {
    step = "hold";
    info.state = ChangeSetState::kHeld;
    RETURN_IF_ERROR(KeepNumber(write, info.number));
    RETURN_IF_ERROR(StoreDeltas(request.deltas, state_->store, state_->dataset, info.number));
    write.head.held = info.number;
  } else {
    const SnapshotCounts& counts = info.counts;
    info.state = counts.added + counts.updated + counts.deleted > 0 ? ChangeSetState::kReady : ChangeSetState::kEmpty;
    if (info.state == ChangeSetState::kEmpty) step = "empty";
    info.decided_at = info.created_at;
    info.decided_by = "guard";
    const bool holds = request.planned_as_of == state_->record_moves;
    const PlannedEntries* const entries = holds ? request.entries : nullptr;
    RETURN_IF_ERROR(Apply({request.deltas, info.number, entries, request.stretches}, request.delta_count, &write));
    const bool same_pages = write.head.index.generation == state_->head.index.generation;
    if (same_pages && request.stretches != nullptr) RETURN_IF_ERROR(request.stretches->Keep(&write.batch));
    NoteApplied(info, &write.head);
  }
  write.DropStaged(info.number);
  write.head.reserved_generation = 0;
  write.SetInfo(info);
  write.batch.Put(Family::kCatalog, layout::SnapshotRow(state_->dataset, info.snapshot_id), absl::StrCat(info.number));
  RETURN_IF_ERROR(write.Commit(step));
  return *write.info(info.number);
}

absl::Status ChangeSets::KeepNumber(const LedgerWrite& write, uint64_t number) {
  LedgerWrite reserve(state_);
  reserve.DropStaged(number);
  reserve.head.next_change_set = write.head.next_change_set;
  reserve.head.reserved_change_set = number;
  return reserve.Commit("number_reserved");
}

absl::StatusOr<ChangeSetInfo> ChangeSets::HeldOrSame(uint64_t number, ChangeSetState decided) {
  ASSIGN_OR_RETURN(ChangeSetInfo info, ReadChangeSetInfo(state_->store, state_->dataset, number));
  if (info.state != ChangeSetState::kHeld && info.state != decided) {
    return absl::FailedPreconditionError(
        absl::StrCat("change set ", number, " is ", ToString(info.state), ", not held"));
  }
  return info;
}

absl::StatusOr<ChangeSetInfo> ChangeSets::Approve(uint64_t number, absl::string_view digest, absl::string_view by) {
  MutexLock lock(&state_->mutex);
  ASSIGN_OR_RETURN(ChangeSetInfo info, HeldOrSame(number, ChangeSetState::kReady));
  if (info.digest != digest) {
    return absl::FailedPreconditionError("the digest is not that of the stored change set; read it again");
  }
  if (info.state == ChangeSetState::kReady) return info;
  // What is applied is what was previewed: the stored object itself is digested once more.
  ASSIGN_OR_RETURN(const std::string stored, StoredDigest(state_->store, state_->dataset, number));
  if (stored != info.digest) return absl::DataLossError("the stored change set is not what was sealed");
  uint64_t delta_count = 0;
  const DeltaSource deltas = StoredDeltas(state_->store, state_->dataset, number);
  RETURN_IF_ERROR(deltas([&](const Delta&) {
    ++delta_count;
    return absl::OkStatus();
  }));
  LedgerWrite write(state_);
  info.state = ChangeSetState::kReady;
  info.decided_at = state_->NowSeconds();
  info.decided_by = std::string(by);
  RETURN_IF_ERROR(Apply({deltas, number}, delta_count, &write));
  NoteApplied(info, &write.head);
  const std::string pages = layout::ChangePart(state_->dataset, number, 'i');
  write.batch.DeleteRange(Family::kChanges, pages, layout::After(pages));
  write.head.held = write.head.reserved_generation = 0;
  write.SetInfo(info);
  RETURN_IF_ERROR(write.Commit("approve"));
  return *write.info(number);
}

absl::StatusOr<ChangeSetInfo> ChangeSets::Discard(uint64_t number, absl::string_view by) {
  MutexLock lock(&state_->mutex);
  ASSIGN_OR_RETURN(ChangeSetInfo info, HeldOrSame(number, ChangeSetState::kDiscarded));
  if (info.state == ChangeSetState::kDiscarded) return info;
  LedgerWrite write(state_);
  info.state = ChangeSetState::kDiscarded;
  info.decided_at = state_->NowSeconds();
  info.decided_by = std::string(by);
  const std::string pages = layout::ChangePart(state_->dataset, number, 'i');
  write.batch.DeleteRange(Family::kChanges, pages, layout::After(pages));
  write.head.held = 0;
  write.SetInfo(info);
  RETURN_IF_ERROR(write.Commit("discard"));
  return info;
}

absl::StatusOr<bool> ChangeSets::EndReconciliation() {
  MutexLock lock(&state_->mutex);
  if (!state_->head.unreconciled) return false;
  LedgerWrite write(state_);
  write.head.unreconciled = false;
  RETURN_IF_ERROR(write.Commit("reconciled"));
  return true;
}

absl::StatusOr<ChangeSetInfo> ChangeSets::Get(uint64_t number) {
  if (number == 0) {
    number = state_->Head().newest;
    if (number == 0) return absl::NotFoundError("there is no change set yet");
  }
  return ReadChangeSetInfo(state_->store, state_->dataset, number);
}

absl::StatusOr<std::vector<ChangeSetInfo>> ChangeSets::List(uint64_t before, size_t limit) {
  std::vector<ChangeSetInfo> infos;
  const std::string begin = layout::ChangeSetRow(state_->dataset, 0);
  const std::string end =
      before == 0 ? layout::After(layout::Tagged(state_->dataset, 'c')) : layout::ChangeSetRow(state_->dataset, before);
  const std::unique_ptr<Scan> scan = state_->store->NewScan(Family::kCatalog, begin, end);
  std::string at = end;
  for (scan->SeekBack(at); scan->Valid() && infos.size() < limit; scan->SeekBack(at)) {
    ASSIGN_OR_RETURN(infos.emplace_back(), DecodeChangeSetInfo(std::string(scan->value())));
    if (infos.back().number == 0) break;
    at = layout::ChangeSetRow(state_->dataset, infos.back().number - 1);
  }
  RETURN_IF_ERROR(scan->status());
  return infos;
}

absl::StatusOr<std::optional<ChangeSetInfo>> ChangeSets::FindSnapshot(absl::string_view snapshot_id) {
  ASSIGN_OR_RETURN(const auto row,
                   state_->store->Get(Family::kCatalog, layout::SnapshotRow(state_->dataset, snapshot_id)));
  if (!row) return std::optional<ChangeSetInfo>();
  ASSIGN_OR_RETURN(ChangeSetInfo info,
                   ReadChangeSetInfo(state_->store, state_->dataset, std::strtoull(row->c_str(), nullptr, 10)));
  return std::optional<ChangeSetInfo>(std::move(info));
}

absl::Status ChangeSets::ResolveStates(const std::vector<Change>& changes, bool applied,
                                       std::vector<ChangeState>* states) {
  states->assign(changes.size(), applied ? ChangeState::kSuperseded : ChangeState::kPending);
  if (!applied) return absl::OkStatus();
  std::vector<Key128> keys;
  std::vector<ChangeRef> refs;
  for (const Change& change : changes) {
    keys.push_back(Key128::From(change.key.data()));
    refs.push_back(change.ref);
  }
  // Under the lock, so that an entry and the final state of its change are read as of one moment.
  MutexLock lock(&state_->mutex);
  ASSIGN_OR_RETURN(const auto entries, ReadEntries(state_->store, state_->dataset, state_->head, keys));
  ASSIGN_OR_RETURN(const auto finals, ReadFinalStates(state_->store, state_->dataset, refs));
  for (size_t i = 0; i < changes.size(); ++i) {
    if (finals[i]) (*states)[i] = *finals[i];
    const std::optional<ChangeState> named = entries[i] ? StateIn(*entries[i], changes[i].ref) : std::nullopt;
    if (!named) continue;
    (*states)[i] = *named;
    if (*named != ChangeState::kInFlight) continue;
    ASSIGN_OR_RETURN(const bool unknown, IsUnknown(entries[i]));
    if (unknown) (*states)[i] = ChangeState::kUnknown;
  }
  return absl::OkStatus();
}

absl::Status ChangeSets::Visit(ChangeRef after, const ChangeVisitor& visit) {
  ASSIGN_OR_RETURN(const ChangeSetInfo info, Get(after.change_set));
  const bool applied = info.state == ChangeSetState::kReady || info.state == ChangeSetState::kEmpty;
  std::vector<Change> page;
  const auto flush = [&]() -> absl::Status {
    std::vector<ChangeState> states;
    RETURN_IF_ERROR(ResolveStates(page, applied, &states));
    for (size_t i = 0; i < page.size(); ++i) {
      const bool dropped = info.state == ChangeSetState::kDiscarded || info.state == ChangeSetState::kReplaced;
      RETURN_IF_ERROR(visit(page[i], dropped ? ChangeState::kSuperseded : states[i]));
    }
    page.clear();
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(VisitChanges(state_->store, state_->dataset, after, [&](const Change& change) -> absl::Status {
    page.push_back(change);
    return page.size() == kStatesAtOnce ? flush() : absl::OkStatus();
  }));
  return flush();
}

}  // namespace sabun
