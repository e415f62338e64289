// The difference between the rows of a snapshot and the index. A complete snapshot is merged with a sequential scan in
// key order; a partial one looks its keys up.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/record/row_entry.h"
#include "engine/store/index.h"
#include "engine/store/sorted_runs.h"

namespace sabun {

using RowRuns = SortedRuns<RowEntry, RowByKey>;

// A row whose record must be seen: new, or its fingerprint differs.
struct Candidate {
  uint64_t ordinal;
  Key128 key;
  Fingerprint128 fingerprint;
  bool in_index;
};

struct CandidateByOrdinal {
  bool operator()(const Candidate& a, const Candidate& b) const { return a.ordinal < b.ordinal; }
};

struct KeyOrder {
  bool operator()(const Key128& a, const Key128& b) const { return a < b; }
};

// What differs. `candidates` and `gone` are in bounded memory; reading needs Rewind.
struct Difference {
  explicit Difference(const SortedRunsOptions& options) : candidates(options), gone(options) {}

  static constexpr size_t kListedDuplicates = 10'000;

  uint64_t unchanged = 0;
  uint64_t duplicate = 0;                    // rows
  uint64_t delete_rows = 0;                  // explicit deletes that are not duplicates
  std::vector<uint64_t> duplicate_ordinals;  // the first kListedDuplicates
  SortedRuns<Candidate, CandidateByOrdinal> candidates;
  SortedRuns<Key128, KeyOrder> gone;  // in the index, and absent (complete) or deleted (partial)
};

// Errors: DATA_LOSS when the scan of the index is not proven complete; then nothing may be derived from `difference`.
absl::Status DiffComplete(RowRuns& rows, IndexScan& index, Difference* difference);
absl::Status DiffPartial(RowRuns& rows, IndexLookup& index, Difference* difference);

}  // namespace sabun
