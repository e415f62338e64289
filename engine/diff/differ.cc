#include "engine/diff/differ.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/store/bucket_reader.h"

namespace sabun {
namespace {

using RowReader = BucketReader<RowEntry, RowByKey>;

// A look-up costs about what it takes to start a thread, so fewer are not worth one.
constexpr size_t kLookUpsForAThread = 64;

// One thread's findings, handed over now and then.
class Findings {
 public:
  Findings(Difference* all, Mutex* mutex) : all_(all), mutex_(mutex) {}

  absl::Status Ask(const RowEntry& row, bool in_index) {
    candidates_.push_back({row.key, row.fingerprint, row.ordinal, static_cast<uint32_t>(in_index)});
    return candidates_.size() == kAtOnce ? HandOver() : absl::OkStatus();
  }
  absl::Status Gone(const Key128& key) {
    gone_.push_back(key);
    return gone_.size() == kAtOnce ? HandOver() : absl::OkStatus();
  }
  void Duplicate(uint64_t ordinal) {
    ++duplicate;
    if (duplicate_ordinals_.size() < Difference::kListedDuplicates) duplicate_ordinals_.push_back(ordinal);
  }

  absl::Status Finish() {
    RETURN_IF_ERROR(HandOver());
    MutexLock lock(mutex_);
    all_->unchanged += unchanged;
    all_->duplicate += duplicate;
    all_->delete_rows += delete_rows;
    const size_t room = Difference::kListedDuplicates - all_->duplicate_ordinals.size();
    duplicate_ordinals_.resize(std::min(room, duplicate_ordinals_.size()));
    all_->duplicate_ordinals.insert(all_->duplicate_ordinals.end(), duplicate_ordinals_.begin(),
                                    duplicate_ordinals_.end());
    return absl::OkStatus();
  }

  uint64_t unchanged = 0, duplicate = 0, delete_rows = 0;

 private:
  static constexpr size_t kAtOnce = 1'024;

  absl::Status HandOver() {
    MutexLock lock(mutex_);
    for (const Candidate& candidate : candidates_) RETURN_IF_ERROR(all_->candidates.Add(candidate));
    for (const Key128& key : gone_) RETURN_IF_ERROR(all_->gone.Add(key));
    candidates_.clear();
    gone_.clear();
    return absl::OkStatus();
  }

  Difference* all_;
  Mutex* mutex_;
  std::vector<Candidate> candidates_;
  std::vector<Key128> gone_;
  std::vector<uint64_t> duplicate_ordinals_;
};

// Takes all rows of the next key. True when there is exactly one, which is then `*row`; otherwise `*row` is the first.
absl::StatusOr<bool> TakeKey(RowReader& rows, RowEntry* row, Findings* findings) {
  *row = rows.Get();
  RETURN_IF_ERROR(rows.Next());
  if (!rows.Valid() || rows.Get().key != row->key) return true;
  findings->Duplicate(row->ordinal);
  while (rows.Valid() && rows.Get().key == row->key) {
    findings->Duplicate(rows.Get().ordinal);
    RETURN_IF_ERROR(rows.Next());
  }
  return false;
}

// `part`, which may be null, is told of every entry.
absl::Status Merge(RowReader rows, IndexScan& index, SnapshotStretches::Part* part, Findings* findings) {
  const auto without_row = [&]() -> absl::Status {
    if (part != nullptr && part->IsClaimed()) {
      ++findings->unchanged;
      part->Claimed();
      return absl::OkStatus();
    }
    if (part != nullptr) part->Alone();
    return findings->Gone(index.entry().key);
  };
  RETURN_IF_ERROR(rows.Next());
  while (rows.Valid()) {
    RowEntry row;
    ASSIGN_OR_RETURN(const bool once, TakeKey(rows, &row, findings));
    for (; index.Valid() && index.entry().key < row.key; index.Next()) RETURN_IF_ERROR(without_row());
    const bool in_index = index.Valid() && index.entry().key == row.key;
    if (part != nullptr && in_index) {
      if (part->IsClaimed()) return absl::AbortedError("a row came beside the stretch that has it; send it again");
      once ? part->Paired(row) : part->Alone();
    } else if (part != nullptr && once) {
      part->Added(row);
    }
    if (once && in_index && index.entry().fingerprint == row.fingerprint) {
      ++findings->unchanged;
    } else if (once) {
      RETURN_IF_ERROR(findings->Ask(row, in_index));
    }
    if (in_index) index.Next();
  }
  for (; index.Valid(); index.Next()) RETURN_IF_ERROR(without_row());
  if (part != nullptr) part->Finish();
  return findings->Finish();
}

// The rows of a partial snapshot against single entries of the index.
absl::Status LookUp(RowReader rows, const IndexSource& source, Findings* findings) {
  IndexLookup index(source.store, source.dataset, source.extent);
  RETURN_IF_ERROR(rows.Next());
  while (rows.Valid()) {
    RowEntry row;
    ASSIGN_OR_RETURN(const bool once, TakeKey(rows, &row, findings));
    if (!once) continue;
    ASSIGN_OR_RETURN(const std::optional<Fingerprint128> known, index.Find(row.key));
    if (row.is_delete) {
      ++findings->delete_rows;
      if (known) RETURN_IF_ERROR(findings->Gone(row.key));
    } else if (known == row.fingerprint) {
      ++findings->unchanged;
    } else {
      RETURN_IF_ERROR(findings->Ask(row, known.has_value()));
    }
  }
  return findings->Finish();
}

size_t FirstBucket(const RowRuns& rows, size_t part, size_t parts) { return rows.buckets() * part / parts; }

// Gives every thread a range of the keys; the first error in key order.
absl::Status InParts(const RowRuns& rows, size_t parts, const std::function<absl::Status(size_t, RowReader)>& work) {
  std::vector<absl::Status> ends(parts);
  const auto run = [&](size_t part) {
    ends[part] = work(part, RowReader(rows, FirstBucket(rows, part, parts), FirstBucket(rows, part + 1, parts)));
  };
  std::vector<std::thread> others;
  for (size_t part = 1; part < parts; ++part) others.emplace_back(run, part);
  run(0);
  for (std::thread& thread : others) thread.join();
  for (const absl::Status& end : ends) RETURN_IF_ERROR(end);
  return absl::OkStatus();
}

absl::Status FinishAdding(Difference* difference) {
  RETURN_IF_ERROR(difference->candidates.FinishAdding());
  return difference->gone.FinishAdding();
}

}  // namespace

absl::Status DiffComplete(const RowRuns& rows, const IndexSource& index, size_t threads, SnapshotStretches* stretches,
                          Difference* difference) {
  const bool in_one = stretches != nullptr && !stretches->has_numbers() && index.extent.page_entries > 0;
  const size_t parts = in_one ? 1 : std::clamp<size_t>(threads, 1, rows.buckets());
  const auto boundary = [&](size_t part) -> std::optional<Key128> {
    if (part == 0 || part == parts) return std::nullopt;
    return Key128::Smallest(rows.bucket_of().FirstWord(FirstBucket(rows, part, parts)));
  };
  Mutex mutex;
  std::vector<std::unique_ptr<IndexScan>> scans(parts);
  std::vector<std::optional<SnapshotStretches::Part>> numbered(parts);
  RETURN_IF_ERROR(InParts(rows, parts, [&](size_t part, RowReader reader) -> absl::Status {
    const KeyRange range{boundary(part), boundary(part + 1)};
    scans[part] = std::make_unique<IndexScan>(index.store, index.dataset, index.extent, range);
    if (stretches != nullptr) {
      ASSIGN_OR_RETURN(numbered[part], SnapshotStretches::Part::Begin(*stretches, *scans[part], range.begin));
    }
    Findings findings(difference, &mutex);
    return Merge(std::move(reader), *scans[part], numbered[part] ? &*numbered[part] : nullptr, &findings);
  }));
  std::vector<const IndexScan*> proven;
  for (const auto& scan : scans) proven.push_back(scan.get());
  RETURN_IF_ERROR(IndexScan::Proof(proven));
  if (stretches != nullptr) {
    std::vector<SnapshotStretches::Part> joined;
    for (auto& part : numbered) joined.push_back(*std::move(part));
    RETURN_IF_ERROR(stretches->Join(std::move(joined)));
  }
  return FinishAdding(difference);
}

absl::Status DiffPartial(const RowRuns& rows, const IndexSource& index, size_t threads, Difference* difference) {
  const size_t worth = std::min<size_t>(rows.count() / kLookUpsForAThread, rows.buckets());
  const size_t parts = std::max<size_t>(1, std::min(worth, threads));
  Mutex mutex;
  RETURN_IF_ERROR(InParts(rows, parts, [&](size_t, RowReader reader) {
    Findings findings(difference, &mutex);
    return LookUp(std::move(reader), index, &findings);
  }));
  return FinishAdding(difference);
}

}  // namespace sabun
