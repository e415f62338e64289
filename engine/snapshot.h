// The way of one snapshot through the stages: inbox → diff → rows asked for → canonical form → plan → guard → seal.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/dataset.h"
#include "engine/diff/differ.h"
#include "engine/intake/inbox.h"
#include "engine/ledger/plan.h"
#include "engine/record/row_code.h"

namespace sabun {

// See Begin in intake.proto.
struct SnapshotRequest {
  SnapshotKind kind = SnapshotKind::kComplete;
  std::optional<HashScheme> scheme;
  std::string layout;
  std::string snapshot_id;
  bool compare_only = false;
};

// Something about one row, to be told to the adapter.
struct RowFinding {
  uint64_t ordinal;
  const RowCode* code;
  std::string field;
};

// Not thread safe: one stream at a time works on it. Nothing it does is visible before Commit returns OK.
class Snapshot {
 public:
  Snapshot(Dataset* dataset, SnapshotRequest request);
  ~Snapshot();

  const SnapshotRequest& request() const { return request_; }
  HashScheme fingerprint_scheme() const { return scheme_; }
  const std::string& key_secret() const { return key_secret_; }
  const std::string& fingerprint_secret() const { return fingerprint_secret_; }
  const Rules& rules() const { return *rules_; }
  uint64_t next_ordinal() const { return inbox_.next_ordinal(); }

  absl::Status AddFingerprints(const FingerprintBlock& block) { return inbox_.Add(block); }

  // Checks count and digest and computes the difference. May be repeated after a break: rows that were asked for and
  // did not arrive are asked for again. `findings` gets the duplicates. Errors: ABORTED (not what arrived), DATA_LOSS.
  absl::Status End(uint64_t count, absl::string_view digest, std::vector<RowFinding>* findings);

  // The next ordinals to ask for, at most `limit`; none when all were asked for.
  absl::StatusOr<std::vector<uint64_t>> NextNeeded(size_t limit);
  // Rows that were asked for and did not arrive.
  size_t outstanding() const { return outstanding_.size(); }

  // Rows that were asked for, in that order: `rows` as in Records.rows, `failed` the ordinals the adapter could not
  // read. Errors: INVALID_ARGUMENT (not what was asked for).
  absl::Status TakeRecords(absl::string_view rows, const std::vector<uint64_t>& failed,
                           std::vector<RowFinding>* findings);

  // Seals. Errors: INVALID_ARGUMENT (rows are missing), FAILED_PRECONDITION, and those of the store.
  absl::StatusOr<ChangeSetInfo> Commit();

 private:
  absl::Status TakeRow(const Candidate& asked, absl::string_view* rows, std::vector<RowFinding>* findings);
  absl::Status PlanDeletes();
  void AddSamples(std::vector<Hold>* holds) const;

  Dataset* dataset_;
  SnapshotRequest request_;
  std::shared_ptr<const Rules> rules_;
  HashScheme scheme_;
  std::string key_secret_, fingerprint_secret_;
  KeyedHash key_hash_;
  LedgerHead baseline_;  // when the difference was computed

  Inbox inbox_;
  std::unique_ptr<Difference> difference_;
  std::deque<Candidate> outstanding_;
  size_t asked_ = 0;  // of outstanding_, on this stream
  ChangeSetPlan plan_;
  std::vector<WantedRecord> wanted_;  // of the message at hand
  // Scratch space of TakeRow.
  std::vector<absl::string_view> raw_;
  CanonicalValues values_;
  std::vector<Finding> row_findings_;
};

}  // namespace sabun
