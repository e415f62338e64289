// How a change set moves index and unsettled: as one batch, or, for a large share of the records, as a new generation
// that is written beside the old one and becomes current with the seal.
#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/submissions.h"
#include "engine/store/index.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

// Counts the index entry that a delta adds or takes away.
void CountRecord(const Delta& delta, LedgerHead* head) {
  if (delta.kind == Delta::Kind::kGone) {
    head->records -= delta.in_index;
  } else {
    head->records += !delta.in_index;
  }
}

}  // namespace

absl::StatusOr<Step> ChangeSets::Judge(const Delta& delta, const std::optional<Entry>& entry, uint64_t number) {
  Want want;
  want.ref = {number, delta.sequence};
  want.gone = delta.kind == Delta::Kind::kGone;
  // Without an entry when it was planned, the plan's comparison with the capsule still holds: nothing but a seal makes
  // entries, and without one a capsule does not move.
  if (!delta.had_entry) return OnSnapshot(entry, want);

  std::vector<ChangeRef> refs;
  const auto need = [&](bool needed, ChangeRef ref) {
    if (needed && std::find(refs.begin(), refs.end(), ref) == refs.end()) refs.push_back(ref);
  };
  const bool flies_content = entry && entry->flight && entry->flight->op != ChangeOp::kDelete;
  need(!want.gone, want.ref);
  need(entry && !entry->gone, entry ? entry->wanted : ChangeRef{});
  need(flies_content, flies_content ? entry->flight->ref : ChangeRef{});
  ASSIGN_OR_RETURN(const std::vector<Change> changes, ReadChanges(state_->store, state_->dataset, refs));
  const auto content = [&](ChangeRef ref) -> std::optional<std::string> {
    for (const Change& change : changes) {
      if (change.ref == ref) return change.canonical;
    }
    return std::nullopt;
  };
  ASSIGN_OR_RETURN(const auto row, state_->store->Get(Family::kCapsules, layout::Capsule(state_->dataset, delta.key)));
  std::optional<std::string> accepted;
  if (row) {
    ASSIGN_OR_RETURN(Capsule capsule, DecodeCapsule(*row));
    accepted = std::move(capsule.canonical);
  }
  const std::optional<std::string> wanted = want.gone ? std::nullopt : content(want.ref);
  want.same_as_accepted = wanted == accepted;
  if (entry) {
    want.same_as_wanted = wanted == (entry->gone ? std::nullopt : content(entry->wanted));
    if (entry->flight) want.same_as_flight = wanted == (flies_content ? content(entry->flight->ref) : std::nullopt);
  }
  return OnSnapshot(entry, want);
}

absl::StatusOr<bool> ChangeSets::IsUnknown(const std::optional<Entry>& entry) {
  if (!entry || !entry->flight) return false;
  ASSIGN_OR_RETURN(const BatchRow batch, ReadBatchRow(state_->store, state_->dataset, entry->flight->batch));
  return batch.unknown;
}

absl::Status ChangeSets::ApplyAsBatch(const DeltaSource& deltas, LedgerWrite* write, uint64_t number) {
  IndexLookup overlay(state_->store, state_->dataset, write->head.index);
  return deltas([&](const Delta& delta) -> absl::Status {
    const bool gone = delta.kind == Delta::Kind::kGone;
    PutOverlay(state_->dataset, write->head.index.generation, delta.key,
               gone ? std::nullopt : std::optional(delta.fingerprint), &write->batch);
    ASSIGN_OR_RETURN(const bool overlaid, overlay.IsOverlaid(delta.key));
    write->head.index.overlay_entries += !overlaid;
    CountRecord(delta, &write->head);
    if (delta.kind == Delta::Kind::kRefresh) return absl::OkStatus();
    std::optional<Entry> before;
    if (delta.had_entry) {
      ASSIGN_OR_RETURN(const auto entries, ReadEntries(state_->store, state_->dataset, write->head, {delta.key}));
      before = entries[0];
    }
    ASSIGN_OR_RETURN(const Step step, Judge(delta, before, number));
    ASSIGN_OR_RETURN(const bool unknown, IsUnknown(before));
    write->Note(before, step, unknown);
    if (before || step.entry) write->PutEntry(delta.key, step.entry);
    return absl::OkStatus();
  });
}

absl::Status ChangeSets::ApplyAsGeneration(const DeltaSource& deltas, LedgerWrite* write, uint64_t number) {
  Store* store = state_->store;
  const uint32_t dataset = state_->dataset;
  const LedgerHead old = write->head;
  // The number is spent before anything is written under it, so that a crash never mixes two attempts.
  uint64_t generation = 0;
  {
    LedgerWrite reserve(state_);
    generation = reserve.head.next_generation++;
    reserve.head.reserved_generation = generation;
    RETURN_IF_ERROR(reserve.Commit());
    write->head.next_generation = reserve.head.next_generation;
  }
  ASSIGN_OR_RETURN(auto index_out, store->NewBulkWriter(Family::kIndex));
  ASSIGN_OR_RETURN(const auto unsettled_out, store->NewBulkWriter(Family::kUnsettled));
  IndexPageWriter pages(std::move(index_out), dataset, generation);
  IndexScan index(store, dataset, old.index);
  const std::string prefix = layout::UnsettledGeneration(dataset, old.unsettled_generation);
  const std::unique_ptr<Scan> unsettled = store->NewScan(Family::kUnsettled, prefix, layout::After(prefix));
  uint64_t entries_read = 0;

  const auto unsettled_key = [&] { return Key128::From(unsettled->key().data() + prefix.size()); };
  const auto put_entry = [&](const Key128& key, absl::string_view entry) {
    return unsettled_out->Add(layout::Unsettled(dataset, generation, key), entry);
  };
  // Copies what is below `key` (nothing: to the end) as it is.
  const auto copy_up_to = [&](const Key128* key) -> absl::Status {
    for (; index.Valid() && (key == nullptr || index.entry().key < *key); index.Next()) {
      RETURN_IF_ERROR(pages.Add(index.entry()));
    }
    for (; unsettled->Valid() && (key == nullptr || unsettled_key() < *key); unsettled->Next()) {
      RETURN_IF_ERROR(put_entry(unsettled_key(), unsettled->value()));
      ++entries_read;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(deltas([&](const Delta& delta) -> absl::Status {
    RETURN_IF_ERROR(copy_up_to(&delta.key));
    if (index.Valid() && index.entry().key == delta.key) index.Next();
    if (delta.kind != Delta::Kind::kGone) RETURN_IF_ERROR(pages.Add({delta.key, delta.fingerprint}));
    CountRecord(delta, &write->head);
    if (delta.kind == Delta::Kind::kRefresh) return absl::OkStatus();
    std::optional<Entry> before;
    if (unsettled->Valid() && unsettled_key() == delta.key) {
      before = DecodeEntry(unsettled->value());
      if (!before) return absl::DataLossError("unsettled: an entry is damaged");
      unsettled->Next();
      ++entries_read;
    }
    ASSIGN_OR_RETURN(const Step step, Judge(delta, before, number));
    ASSIGN_OR_RETURN(const bool unknown, IsUnknown(before));
    write->Note(before, step, unknown);
    return step.entry ? put_entry(delta.key, EncodeEntry(*step.entry)) : absl::OkStatus();
  }));
  RETURN_IF_ERROR(copy_up_to(nullptr));
  RETURN_IF_ERROR(index.Proof());
  RETURN_IF_ERROR(unsettled->status());
  if (entries_read != old.pending + old.in_flight + old.parked) {
    return absl::DataLossError("unsettled: fewer or more entries than the catalog counts");
  }
  RETURN_IF_ERROR(pages.Finish());
  RETURN_IF_ERROR(unsettled_out->Finish());
  if (pages.entries() != write->head.records)
    return absl::DataLossError("index: the new generation does not have the expected count");

  write->head.index = {generation, pages.entries(), 0};
  write->head.unsettled_generation = generation;
  const std::string old_index = layout::UnsettledGeneration(dataset, old.index.generation);
  write->batch.DeleteRange(Family::kIndex, old_index, layout::After(old_index));
  write->batch.DeleteRange(Family::kUnsettled, prefix, layout::After(prefix));
  return absl::OkStatus();
}

absl::Status ChangeSets::Apply(const DeltaSource& deltas, uint64_t delta_count, LedgerWrite* write, uint64_t number) {
  const uint64_t overlay = write->head.index.overlay_entries + delta_count;
  // A long overlay makes every scan slower; it is folded in when it exceeds an eighth of the records.
  const bool overlay_is_long = overlay > 4 * state_->options.atomic_limit && overlay > write->head.records / 8;
  if (delta_count <= state_->options.atomic_limit && !overlay_is_long) return ApplyAsBatch(deltas, write, number);
  return ApplyAsGeneration(deltas, write, number);
}

}  // namespace sabun
