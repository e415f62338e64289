// How a change set moves index and unsettled: as one batch, or, for a large share of the records, as a new generation
// that is written beside the old one and becomes current with the seal.
#include <algorithm>
#include <thread>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/submissions.h"
#include "engine/store/index.h"
#include "engine/store/layout.h"
#include "engine/store/stretches.h"

namespace sabun {
namespace {

constexpr size_t kJudgedAtOnce = 1'024;
// A batch may have more than the configured deltas among many records: up to a share of them, which is far less to
// write than a generation. Its memory, some 300 bytes a delta, stays bounded by kMostDeltasOfABatch.
constexpr uint64_t kRecordsForADelta = 128;

// Counts the index entry that a delta adds or takes away.
void CountRecord(const Delta& delta, LedgerHead* head) {
  if (delta.kind == Delta::Kind::kGone) {
    head->records -= delta.in_index;
  } else {
    head->records += !delta.in_index;
  }
}

}  // namespace

// The contents that some changes name, each read once.
class ChangeSets::Contents {
 public:
  void Need(ChangeRef ref) { refs_.push_back(ref); }
  absl::Status Read(LedgerState* state) {
    std::sort(refs_.begin(), refs_.end());
    refs_.erase(std::unique(refs_.begin(), refs_.end()), refs_.end());
    ASSIGN_OR_RETURN(changes_, ReadChanges(state->store, state->dataset, refs_));
    return absl::OkStatus();
  }
  std::optional<absl::string_view> Of(ChangeRef ref) const {
    return changes_[std::lower_bound(refs_.begin(), refs_.end(), ref) - refs_.begin()].canonical;
  }

 private:
  std::vector<ChangeRef> refs_;  // ascending after Read
  std::vector<Change> changes_;
};

absl::Status ChangeSets::Judge(std::vector<Judged>* all, const Planned& planned) {
  if (all->empty()) return absl::OkStatus();
  const uint64_t number = planned.number;
  // Without an entry when it was planned, the plan's comparison with the capsule still holds: nothing but a seal makes
  // entries, and without one a capsule does not move. With one it holds when nothing moved at all; then only what flies
  // is read, which the plan did not compare.
  const auto is_compared = [&](const Judged& judged) {
    return judged.delta.had_entry && !(planned.entries != nullptr && judged.before && !judged.before->flight);
  };
  std::vector<Judged*> compared;
  for (Judged& judged : *all) {
    if (is_compared(judged)) compared.push_back(&judged);
  }
  const auto flies_content = [](const std::optional<Entry>& entry) {
    return entry && entry->flight && entry->flight->op != ChangeOp::kDelete;
  };
  Contents contents;
  std::vector<std::string> capsule_keys;
  for (const Judged* judged : compared) {
    const std::optional<Entry>& entry = judged->before;
    if (judged->delta.kind != Delta::Kind::kGone) contents.Need({number, judged->delta.sequence});
    if (entry && !entry->gone) contents.Need(entry->wanted);
    if (flies_content(entry)) contents.Need(entry->flight->ref);
    capsule_keys.push_back(layout::Capsule(state_->dataset, judged->delta.key));
  }
  RETURN_IF_ERROR(contents.Read(state_));
  ASSIGN_OR_RETURN(const auto capsules, state_->store->MultiGet(Family::kCapsules, capsule_keys));
  size_t next_capsule = 0;
  for (Judged& judged : *all) {
    const std::optional<Entry>& entry = judged.before;
    Want want;
    want.ref = {number, judged.delta.sequence};
    want.gone = judged.delta.kind == Delta::Kind::kGone;
    want.same_as_accepted = judged.delta.same_as_accepted;
    want.same_as_wanted = judged.delta.same_as_wanted;
    if (is_compared(judged)) {
      std::optional<Capsule> capsule;
      if (const auto& row = capsules[next_capsule++]) {
        ASSIGN_OR_RETURN(capsule, DecodeCapsule(*row));
      }
      using Content = std::optional<absl::string_view>;  // nothing: the record is absent
      const Content wanted = want.gone ? Content() : contents.Of(want.ref);
      want.same_as_accepted = wanted == (capsule ? Content(capsule->canonical) : Content());
      if (entry) {
        want.same_as_wanted = wanted == (entry->gone ? Content() : contents.Of(entry->wanted));
        want.same_as_flight =
            entry->flight && wanted == (flies_content(entry) ? contents.Of(entry->flight->ref) : Content());
      }
    }
    if (judged.delta.kind == Delta::Kind::kResend) {
      judged.step = OnResend(entry, want.ref, want.same_as_accepted || !judged.delta.had_entry);
    } else {
      judged.step = OnSnapshot(entry, want);
    }
    ASSIGN_OR_RETURN(judged.unknown, IsUnknown(entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ChangeSets::IsUnknown(const std::optional<Entry>& entry) {
  if (!entry || !entry->flight) return false;
  ASSIGN_OR_RETURN(const BatchRow batch, ReadBatchRow(state_->store, state_->dataset, entry->flight->batch));
  return batch.unknown;
}

absl::Status ChangeSets::FindEntries(const Planned& planned, std::vector<Judged>* all) {
  std::vector<Key128> keys;
  std::vector<Judged*> unsettled;
  for (Judged& judged : *all) {
    if (!judged.delta.had_entry) continue;
    if (planned.entries != nullptr && planned.entries->complete()) {
      judged.before = planned.entries->Find(judged.delta.key);
      if (!judged.before) return absl::InternalError("ledger: a planned entry was not kept");
      continue;
    }
    keys.push_back(judged.delta.key);
    unsettled.push_back(&judged);
  }
  ASSIGN_OR_RETURN(auto entries, ReadEntries(state_->store, state_->dataset, state_->head, keys));
  for (size_t i = 0; i < keys.size(); ++i) unsettled[i]->before = std::move(entries[i]);
  return absl::OkStatus();
}

absl::Status ChangeSets::ApplyAsBatch(const Planned& planned, LedgerWrite* write) {
  const IndexExtent before = write->head.index;
  std::vector<Key128> moved;  // in the index
  std::vector<Judged> chunk;
  const auto apply_chunk = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const uint64_t overlaid, CountOverlaid(state_->store, state_->dataset, before, moved));
    write->head.index.overlay_entries += moved.size() - overlaid;
    moved.clear();
    RETURN_IF_ERROR(FindEntries(planned, &chunk));
    RETURN_IF_ERROR(Judge(&chunk, planned));
    for (const Judged& judged : chunk) {
      write->Note(judged.before, judged.step, judged.unknown);
      if (judged.before || judged.step.entry) write->PutEntry(judged.delta.key, judged.step.entry);
    }
    chunk.clear();
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(planned.deltas([&](const Delta& delta) -> absl::Status {
    if (delta.kind != Delta::Kind::kResend) {
      const bool gone = delta.kind == Delta::Kind::kGone;
      PutOverlay(state_->dataset, before.generation, delta.key, gone ? std::nullopt : std::optional(delta.fingerprint),
                 &write->batch);
      moved.push_back(delta.key);
      CountRecord(delta, &write->head);
    }
    if (delta.kind != Delta::Kind::kRefresh) chunk.emplace_back().delta = delta;
    return std::max(moved.size(), chunk.size()) == kJudgedAtOnce ? apply_chunk() : absl::OkStatus();
  }));
  return apply_chunk();
}

absl::Status ChangeSets::WriteIndexGeneration(const Planned& planned, uint64_t generation, LedgerHead* head) {
  ASSIGN_OR_RETURN(auto out, state_->store->NewBulkWriter(Family::kIndex));
  IndexPageWriter pages(std::move(out), state_->dataset, generation);
  IndexScan index(state_->store, state_->dataset, head->index);
  StretchKeeper* const stretches = planned.stretches;
  std::optional<NumberRows> numbers;
  if (stretches != nullptr) {
    stretches->BeginWrite();
    numbers.emplace(stretches->most());
  }
  const auto old_number = [&] { return numbers && index.in_pages() ? stretches->NumberOf(index) : 0; };
  const auto add = [&](const IndexEntry& entry, uint32_t number) {
    if (numbers) numbers->Add(entry.key, number);
    return pages.Add(entry);
  };
  RETURN_IF_ERROR(planned.deltas([&](const Delta& delta) -> absl::Status {
    if (delta.kind == Delta::Kind::kResend) return absl::OkStatus();
    for (; index.Valid() && index.entry().key < delta.key; index.Next()) {
      RETURN_IF_ERROR(add(index.entry(), old_number()));
    }
    uint32_t number = delta.stretch;
    if (index.Valid() && index.entry().key == delta.key) {
      if (index.in_pages()) number = old_number();
      index.Next();
    }
    CountRecord(delta, head);
    return delta.kind == Delta::Kind::kGone ? absl::OkStatus() : add({delta.key, delta.fingerprint}, number);
  }));
  for (; index.Valid(); index.Next()) RETURN_IF_ERROR(add(index.entry(), old_number()));
  RETURN_IF_ERROR(index.Proof());
  if (numbers) {
    RETURN_IF_ERROR(
        stretches->Write(generation, *std::move(numbers),
                         [&](const std::string& key, const std::string& row) { return pages.AddRow(key, row); }));
  }
  BeforeCommit("index_generation");
  RETURN_IF_ERROR(pages.Finish());
  AfterCommit("index_generation");
  if (pages.entries() != head->records) {
    return absl::DataLossError("index: the new generation does not have the expected count");
  }
  head->index = {generation, pages.entries(), 0};
  return absl::OkStatus();
}

absl::Status ChangeSets::WriteUnsettledGeneration(const Planned& planned, uint64_t generation, LedgerWrite* write) {
  const uint64_t entries_before = write->head.pending + write->head.in_flight + write->head.parked;
  ASSIGN_OR_RETURN(const auto out, state_->store->NewBulkWriter(Family::kUnsettled));
  const std::string prefix = layout::UnsettledGeneration(state_->dataset, write->head.unsettled_generation);
  const std::unique_ptr<Scan> unsettled = state_->store->NewScan(Family::kUnsettled, prefix, layout::After(prefix));
  const std::string new_prefix = layout::UnsettledGeneration(state_->dataset, generation);
  std::string store_key;
  uint64_t entries_read = 0;
  std::vector<Judged> chunk;
  const auto unsettled_key = [&] { return Key128::From(unsettled->key().data() + prefix.size()); };
  const auto put = [&](const Key128& key, absl::string_view entry) {
    store_key.assign(new_prefix).append(key.view().data(), key.view().size());
    return out->Add(store_key, entry);
  };
  const auto judge_chunk = [&]() -> absl::Status {
    RETURN_IF_ERROR(Judge(&chunk, planned));
    for (const Judged& judged : chunk) {
      write->Note(judged.before, judged.step, judged.unknown);
      if (judged.step.entry) RETURN_IF_ERROR(put(judged.delta.key, EncodeEntry(*judged.step.entry)));
    }
    chunk.clear();
    return absl::OkStatus();
  };
  // Copies what is below `key` (nothing: to the end) as it is, after what was judged before it.
  const auto copy_up_to = [&](const Key128* key) -> absl::Status {
    for (; unsettled->Valid() && (key == nullptr || unsettled_key() < *key); unsettled->Next()) {
      RETURN_IF_ERROR(judge_chunk());
      RETURN_IF_ERROR(put(unsettled_key(), unsettled->value()));
      ++entries_read;
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(planned.deltas([&](const Delta& delta) -> absl::Status {
    if (delta.kind == Delta::Kind::kRefresh) return absl::OkStatus();
    RETURN_IF_ERROR(copy_up_to(&delta.key));
    Judged& judged = chunk.emplace_back();
    judged.delta = delta;
    if (unsettled->Valid() && unsettled_key() == delta.key) {
      judged.before = DecodeEntry(unsettled->value());
      if (!judged.before) return absl::DataLossError("unsettled: an entry is damaged");
      unsettled->Next();
      ++entries_read;
    }
    return chunk.size() == kJudgedAtOnce ? judge_chunk() : absl::OkStatus();
  }));
  RETURN_IF_ERROR(judge_chunk());
  RETURN_IF_ERROR(copy_up_to(nullptr));
  RETURN_IF_ERROR(unsettled->status());
  if (entries_read != entries_before) {
    return absl::DataLossError("unsettled: fewer or more entries than the catalog counts");
  }
  BeforeCommit("unsettled_generation");
  RETURN_IF_ERROR(out->Finish());
  AfterCommit("unsettled_generation");
  return absl::OkStatus();
}

absl::Status ChangeSets::ApplyAsGeneration(const Planned& planned, LedgerWrite* write) {
  const uint32_t dataset = state_->dataset;
  // The number is spent before anything is written under it, so that a crash never mixes two attempts.
  uint64_t generation = 0;
  {
    LedgerWrite reserve(state_);
    generation = reserve.head.next_generation++;
    reserve.head.reserved_generation = generation;
    RETURN_IF_ERROR(reserve.Commit("generation_reserved"));
    write->head.next_generation = reserve.head.next_generation;
  }
  const LedgerHead old = write->head;
  LedgerHead index_head = old;
  absl::Status index_written;
  const auto write_index = [&] { index_written = WriteIndexGeneration(planned, generation, &index_head); };
  std::thread index_thread;
  if (state_->options.one_thread) {
    write_index();
  } else {
    index_thread = std::thread(write_index);
  }
  const absl::Status unsettled_written = WriteUnsettledGeneration(planned, generation, write);
  if (index_thread.joinable()) index_thread.join();
  RETURN_IF_ERROR(index_written);
  RETURN_IF_ERROR(unsettled_written);

  write->head.index = index_head.index;
  write->head.records = index_head.records;
  write->head.unsettled_generation = generation;
  for (const auto& [family, old_generation] :
       {std::pair(Family::kIndex, old.index.generation), std::pair(Family::kUnsettled, old.unsettled_generation)}) {
    const std::string prefix = layout::UnsettledGeneration(dataset, old_generation);
    write->batch.DeleteRange(family, prefix, layout::After(prefix));
  }
  return absl::OkStatus();
}

absl::Status ChangeSets::Apply(const Planned& planned, uint64_t delta_count, LedgerWrite* write) {
  const uint64_t overlay = write->head.index.overlay_entries + delta_count;
  // A long overlay makes every scan slower; it is folded in when it exceeds an eighth of the records.
  const bool overlay_is_long = overlay > 4 * state_->options.atomic_limit && overlay > write->head.records / 8;
  const uint64_t share = std::min(write->head.records / kRecordsForADelta, kMostDeltasOfABatch);
  if (delta_count <= std::max(state_->options.atomic_limit, share) && !overlay_is_long)
    return ApplyAsBatch(planned, write);
  return ApplyAsGeneration(planned, write);
}

}  // namespace sabun
