#include "engine/ledger/erasure.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/store/index.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kBodiesAtOnce = 1'024;

absl::Status Refused(absl::string_view code, absl::string_view english, absl::string_view japanese) {
  return CodedError(absl::StatusCode::kFailedPrecondition, {code, std::string(english), std::string(japanese)});
}

// The books of a change set that was never applied are empty.
uint64_t StoredBodies(const ChangeSetInfo& info) {
  if (info.state == ChangeSetState::kReady) return info.books.planned;
  return info.counts.added + info.counts.updated + info.counts.deleted;
}

bool IsUndecided(const Books& books) {
  return books[ChangeState::kPending] + books[ChangeState::kInFlight] + books[ChangeState::kUnknown] > 0;
}

// What a hold shows of records goes with their contents.
void DropSamples(ChangeSetInfo* info) {
  for (Hold& hold : info->holds) hold.samples.clear();
}

}  // namespace

absl::Status LedgerErasure::EraseAll(ChangeSetInfo info) {
  const std::string bodies = layout::ChangePart(state_->dataset, info.number, 'b');
  LedgerWrite write(state_);
  write.batch.DeleteRange(Family::kChanges, bodies, layout::After(bodies));
  info.erased = StoredBodies(info);
  DropSamples(&info);
  write.SetInfo(std::move(info));
  return write.Commit("cleanup");
}

absl::StatusOr<uint64_t> LedgerErasure::EraseUnnamed(uint64_t number, const std::vector<Change>& changes) {
  std::vector<Key128> keys;
  for (const Change& change : changes) keys.push_back(Key128::From(change.key.data()));
  ASSIGN_OR_RETURN(const auto entries, ReadEntries(state_->store, state_->dataset, state_->head, keys));
  ASSIGN_OR_RETURN(ChangeSetInfo info, ReadChangeSetInfo(state_->store, state_->dataset, number));
  LedgerWrite write(state_);
  uint64_t erased = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (entries[i] && (StateIn(*entries[i], changes[i].ref) || entries[i]->doubt == changes[i].ref)) continue;
    write.batch.Delete(Family::kChanges,
                       layout::Numbered(layout::ChangePart(state_->dataset, number, 'b'), changes[i].ref.sequence));
    ++erased;
  }
  if (erased == 0) return erased;
  info.erased += erased;
  DropSamples(&info);
  write.SetInfo(std::move(info));
  RETURN_IF_ERROR(write.Commit("cleanup"));
  return erased;
}

absl::StatusOr<uint64_t> LedgerErasure::EraseFrom(uint64_t number, const Chooser& chosen, Pace* pace) {
  uint64_t erased = 0;
  std::vector<Change> found;
  const auto erase_found = [&]() -> absl::Status {
    if (found.empty()) return absl::OkStatus();
    MutexLock lock(&state_->mutex);
    ASSIGN_OR_RETURN(const uint64_t now, EraseUnnamed(number, found));
    erased += now;
    found.clear();
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(VisitChanges(state_->store, state_->dataset, {number, 0}, [&](const Change& change) -> absl::Status {
    RETURN_IF_ERROR(pace->Spend(change.canonical.size()));
    if (!chosen(Key128::From(change.key.data()))) return absl::OkStatus();
    found.push_back(change);
    found.back().canonical.clear();
    return found.size() == kBodiesAtOnce ? erase_found() : absl::OkStatus();
  }));
  RETURN_IF_ERROR(erase_found());
  return erased;
}

absl::StatusOr<ErasedBodies> LedgerErasure::EraseSettledBefore(int64_t time, size_t limit, Pace* pace) {
  ErasedBodies erased;
  const uint64_t newest = state_->Head().newest;
  for (uint64_t number = 1; number <= newest && erased.change_sets < limit; ++number) {
    ChangeSetInfo info;
    bool settled = false;
    {
      MutexLock lock(&state_->mutex);
      if (state_->head.replaying) return erased;
      absl::StatusOr<ChangeSetInfo> row = ReadChangeSetInfo(state_->store, state_->dataset, number);
      if (absl::IsNotFound(row.status())) continue;
      RETURN_IF_ERROR(row.status());
      info = *std::move(row);
      if (info.created_at >= time) return erased;
      const bool waits = info.state == ChangeSetState::kHeld || info.erased == StoredBodies(info);
      if (waits || (info.state == ChangeSetState::kReady && IsUndecided(info.books))) continue;
      // Without a reject no entry names any of them, so that none needs to be read.
      settled = info.state != ChangeSetState::kReady || info.books[ChangeState::kRejected] == 0;
      if (settled) RETURN_IF_ERROR(EraseAll(info));
    }
    uint64_t bodies = StoredBodies(info) - info.erased;
    if (!settled) {
      ASSIGN_OR_RETURN(bodies, EraseFrom(
                                   number, [](const Key128&) { return true; }, pace));
    }
    erased.bodies += bodies;
    erased.change_sets += bodies > 0;
  }
  return erased;
}

absl::Status LedgerErasure::CheckGone(const std::vector<Key128>& keys) {
  const LedgerHead& head = state_->head;
  if (head.held != 0 || head.replaying) {
    return Refused("ERASE-HELD", "a change set is held, or a restore goes on: approve or discard it first.",
                   "保留中の差分があるか、復元の途中です。先に承認または破棄してください。");
  }
  IndexLookup index(state_->store, state_->dataset, head.index);
  for (const Key128& key : keys) {
    ASSIGN_OR_RETURN(const auto fingerprint, index.Find(key));
    if (!fingerprint) continue;
    return Refused(
        "ERASE-STILL-WANTED",
        "a record of this order is still in the source's last extract. Have it deleted there, and push that; "
        "nothing was erased.",
        "指示された記録がまだ原本の最新の抽出にあります。先に原本で削除し、取り込んでください。"
        "何も消去していません。");
  }
  ASSIGN_OR_RETURN(const auto entries, ReadEntries(state_->store, state_->dataset, head, keys));
  ASSIGN_OR_RETURN(const auto capsules, ReadCapsules(state_->store, state_->dataset, head, keys));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (entries[i]) {
      return Refused(
          "ERASE-UNSETTLED",
          "a record of this order has a change that is not settled at the hub. Submit first, and resolve its "
          "reject; nothing was erased.",
          "指示された記録に、連携先でまだ確定していない差分があります。先に送信し、エラーを解消してください。"
          "何も消去していません。");
    }
    if (capsules[i]) {
      return Refused(
          "ERASE-AT-HUB-FIRST",
          "the hub still has a record of this order. Push its deletion and submit it; nothing was erased.",
          "指示された記録がまだ連携先にあります。先に削除を取り込んで送信してください。何も消去していません。");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ErasedBodies> LedgerErasure::EraseRecords(std::vector<Key128> keys, Pace* pace) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  uint64_t newest = 0;
  {
    MutexLock lock(&state_->mutex);
    RETURN_IF_ERROR(CheckGone(keys));
    newest = state_->head.newest;
  }
  ErasedBodies erased;
  for (uint64_t number = 1; number <= newest; ++number) {
    const auto chosen = [&](const Key128& key) { return std::binary_search(keys.begin(), keys.end(), key); };
    ASSIGN_OR_RETURN(const uint64_t bodies, EraseFrom(number, chosen, pace));
    erased.bodies += bodies;
    erased.change_sets += bodies > 0;
  }
  return erased;
}

}  // namespace sabun
