// The stage between intake and ledger: rows of a snapshot become wanted records in canonical form.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/dataset.h"
#include "engine/diff/differ.h"
#include "engine/ledger/plan.h"
#include "engine/record/row_code.h"

namespace sabun {

// Something about one row, to be told to the adapter.
struct RowFinding {
  uint64_t ordinal;
  const RowCode* code;
  std::string field;
};

// Rows that were needed, as they came.
struct RowBatch {
  std::string rows;              // for each row: the ordinal as varint, then packed fields
  std::vector<Candidate> asked;  // row by row
};

// Records that are wanted, and the bytes they point to: in one piece, for they are made by one thread and let go by
// another. Moving it keeps them.
struct WantedBatch {
  std::vector<WantedRecord> records;
  std::unique_ptr<std::string> bytes;
};

// Used by one thread, but for TakeFindings.
class CanonicalStage {
 public:
  CanonicalStage(std::shared_ptr<const Rules> rules, const KeyedHash& key_hash)
      : rules_(std::move(rules)), key_hash_(key_hash) {}

  // Before the first Run; they outlive it.
  void SetStretches(SnapshotStretches* stretches) { stretches_ = stretches; }

  // The valid ones of the batch, whose bytes can be taken apart.
  WantedBatch Run(const RowBatch& batch);

  // Rows that broke a rule. After the last Run.
  uint64_t invalid() const { return invalid_; }
  // What was found since the last call.
  std::vector<RowFinding> TakeFindings();

 private:
  bool IsValid(const Candidate& asked);

  const std::shared_ptr<const Rules> rules_;
  const KeyedHash key_hash_;
  SnapshotStretches* stretches_ = nullptr;
  uint64_t invalid_ = 0;
  std::mutex mutex_;
  std::vector<RowFinding> findings_;  // guarded by mutex_
  // Used again for each row.
  std::vector<absl::string_view> raw_, key_values_;
  CanonicalValues values_;
  std::vector<Finding> row_findings_;
};

}  // namespace sabun
