// The difference between the rows of a snapshot and the index. A complete snapshot is merged with a sequential scan in
// key order, each range of keys by a thread of its own; a partial one looks its keys up.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/diff/snapshot_stretches.h"
#include "engine/record/row_entry.h"
#include "engine/store/bucket_runs.h"
#include "engine/store/index.h"

namespace sabun {

using RowRuns = BucketRuns<RowEntry, RowByKey>;

// A row whose record must be seen: new, or its fingerprint differs.
struct Candidate {
  Key128 key;
  Fingerprint128 fingerprint;
  uint32_t ordinal : 31;
  uint32_t in_index : 1;
};

struct CandidateByOrdinal {
  static uint64_t Word(const Candidate& candidate) { return candidate.ordinal; }
  bool operator()(const Candidate& a, const Candidate& b) const { return a.ordinal < b.ordinal; }
};

struct KeyOrder {
  static uint64_t Word(const Key128& key) { return key.FirstWord(); }
  bool operator()(const Key128& a, const Key128& b) const { return a < b; }
};

// What differs, in bounded memory.
struct Difference {
  // `rows` is the number of rows, unreadable ones included.
  Difference(const RunsOptions& options, uint64_t rows)
      : candidates(options, std::max(1, static_cast<int>(std::bit_width(rows)))), gone(options) {}

  static constexpr size_t kListedDuplicates = 10'000;

  uint64_t unchanged = 0;
  uint64_t duplicate = 0;                    // rows
  uint64_t delete_rows = 0;                  // explicit deletes that are not duplicates
  std::vector<uint64_t> duplicate_ordinals;  // kListedDuplicates of them
  BucketRuns<Candidate, CandidateByOrdinal> candidates;
  BucketRuns<Key128, KeyOrder> gone;  // in the index, and absent (complete) or deleted (partial)
};

// The index a snapshot is compared with. The store outlives it.
struct IndexSource {
  Store* store;
  uint32_t dataset;
  IndexExtent extent;
};

// `rows` is finished. Uses at most `threads` threads. `stretches`, which may be null, has what stands for other rows.
// Errors, after which nothing may be derived from `difference`: DATA_LOSS when the scan of the index is not proven
// complete; ABORTED when the index does not bear out what was claimed, or a row comes beside its stretch.
absl::Status DiffComplete(const RowRuns& rows, const IndexSource& index, size_t threads, SnapshotStretches* stretches,
                          Difference* difference);
absl::Status DiffPartial(const RowRuns& rows, const IndexSource& index, size_t threads, Difference* difference);

}  // namespace sabun
