// The inbox of one snapshot: takes packed keys and fingerprints in row order, checks that none is lost or repeated, and
// keeps them as sorted runs in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/record/change.h"
#include "engine/record/row_entry.h"
#include "engine/record/row_range.h"
#include "engine/store/bucket_runs.h"

namespace sabun {

// Readable rows, sorted by key when they are read.
using RowRuns = BucketRuns<RowEntry, RowByKey>;

// A message of fingerprints; see Fingerprints in intake.proto.
struct FingerprintBlock {
  uint64_t first_ordinal;
  absl::string_view entries;                // 32 bytes a row that is not claimed
  absl::Span<const uint64_t> unreadable;    // ordinals, ascending
  absl::Span<const uint64_t> deletes;       // ordinals, ascending
  absl::Span<const RowRange> claimed = {};  // rows that have no entry: they are as the index has them
  uint64_t end_ordinal = 0;                 // behind the last row, when some are claimed
};

// Not thread safe.
class Inbox {
 public:
  static constexpr size_t kEntryBytes = 32;

  Inbox(SnapshotKind kind, RunsOptions options) : kind_(kind), rows_(std::move(options)) {}

  // Errors: INVALID_ARGUMENT (the block does not follow the last one, or breaks a rule of the message).
  absl::Status Add(const FingerprintBlock& block);

  // The adapter's word that all rows were sent. May be repeated. Errors: ABORTED (count or digest is not what arrived).
  absl::Status End(uint64_t count, absl::string_view digest);

  bool ended() const { return ended_; }
  uint64_t next_ordinal() const { return next_ordinal_; }
  uint64_t unreadable() const { return unreadable_; }
  // Readable rows; complete after End.
  RowRuns& rows() { return rows_; }

 private:
  SnapshotKind kind_;
  RowRuns rows_;
  StreamDigest digest_;
  uint64_t next_ordinal_ = 0;
  uint64_t unreadable_ = 0;
  bool ended_ = false;
};

}  // namespace sabun
