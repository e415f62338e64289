// The way of one snapshot through the stages: inbox → diff → rows asked for → canonical form → plan → guard → seal.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ordered_jobs.h"
#include "engine/canonical_stage.h"
#include "engine/dataset.h"
#include "engine/diff/differ.h"
#include "engine/diff/known_fingerprints.h"
#include "engine/intake/inbox.h"
#include "engine/intake/row_spool.h"
#include "engine/ledger/plan.h"
#include "engine/store/bucket_reader.h"

namespace sabun {

// See Begin in intake.proto.
struct SnapshotRequest {
  SnapshotKind kind = SnapshotKind::kComplete;
  std::optional<HashScheme> scheme;
  std::string layout;
  std::string snapshot_id;
  bool compare_only = false;
  bool against_hub = false;  // the rows are what the hub holds; see PlanOptions
  bool one_pass = false;
  bool uses_stretches = false;    // a complete one that will be sealed
  std::string pushed_by;          // the identity of the adapter
  uint32_t list_differences = 0;  // with compare_only

  friend bool operator==(const SnapshotRequest&, const SnapshotRequest&) = default;
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

  // What the adapter may claim; null: it may neither claim nor form stretches. The same after a break. Errors: those of
  // the store.
  absl::StatusOr<const SnapshotStretches*> Stretches();

  // `block.claimed` is left out: it follows from `stretches`.
  absl::Status AddFingerprints(FingerprintBlock block, const StretchBlock& stretches = {});
  // One pass: the contents of the rows that were just added, as in Fingerprints.rows. Errors: INVALID_ARGUMENT (not one
  // for each entry), and those of the disk.
  absl::Status AddContents(absl::string_view entries, absl::string_view rows);

  // Checks count and digests and computes the difference. May be repeated after a break: rows that were asked for and
  // did not arrive are asked for again. `findings` gets the duplicates. Errors: ABORTED (not what arrived; or a claim
  // is not borne out by the index), DATA_LOSS.
  absl::Status End(uint64_t count, absl::string_view digest, std::vector<RowFinding>* findings,
                   absl::string_view claims_digest = {});

  // The next ordinals to ask for, at most `limit`; none when all were asked for.
  absl::StatusOr<std::vector<uint64_t>> NextNeeded(size_t limit);
  // Rows that were asked for and did not arrive.
  size_t outstanding() const { return outstanding_.size(); }

  // Rows that were asked for, in that order: `rows` as in Records.rows, `failed` the ordinals the adapter could not
  // read. They are worked on while the next ones come. Errors: INVALID_ARGUMENT (not what was asked for).
  absl::Status TakeRecords(std::string rows, const std::vector<uint64_t>& failed);
  // One pass: takes the rows that are needed from what AddContents kept. Errors: ABORTED (one was not kept: send
  // again).
  absl::Status TakeKeptRows();
  // Waits until the rows that came are worked on.
  absl::Status FinishWork();
  // Ends the work for good: nothing of this snapshot touches the ledger any more. To be called before another may
  // begin.
  void Stop();
  // What was found in rows since the last call.
  std::vector<RowFinding> TakeFindings() { return canonical_.TakeFindings(); }

  // After Commit, with compare_only: the first records that differ.
  const std::vector<RecordDifference>& differences() const { return plan_.differences(); }

  // Seals. Errors: INVALID_ARGUMENT (rows are missing), FAILED_PRECONDITION, ABORTED (against_hub, and
  // something was submitted meanwhile), and those of the store.
  absl::StatusOr<ChangeSetInfo> Commit();

 private:
  // Rows that are most probably unchanged need not be kept; nothing when there is not the memory to know them.
  absl::Status ReadKnownFingerprints();
  absl::Status Compare();
  // A row that was asked for and cannot be had.
  void Fail(uint64_t ordinal);
  absl::Status Work(RowBatch batch);
  absl::Status PlanDeletes();
  void AddSamples(std::vector<Hold>* holds) const;
  // A list of the hub is not as of one moment: what was accepted while it was read may be in it or not.
  bool ReceiptsCameSince() const;
  absl::StatusOr<ChangeSetInfo> CommitResend(ChangeSetInfo info);

  Dataset* dataset_;
  SnapshotRequest request_;
  std::shared_ptr<const Rules> rules_;
  HashScheme scheme_;
  std::string key_secret_, fingerprint_secret_;
  CanonicalStage canonical_;
  const LedgerHead begun_;  // before the first row came
  LedgerHead baseline_;     // when the difference was computed

  std::unique_ptr<SnapshotStretches> stretches_;  // null: none are used
  std::vector<RowRange> claimed_;                 // of the last message
  uint64_t message_begin_ = 0;                    // its first ordinal
  Inbox inbox_;
  std::unique_ptr<RowSpool> kept_rows_;  // one pass
  std::optional<KnownFingerprints> known_;
  std::unique_ptr<Difference> difference_;
  std::optional<BucketReader<Candidate, CandidateByOrdinal>> candidates_;  // those not asked for yet
  std::deque<Candidate> outstanding_;
  uint64_t failed_ = 0;  // rows that the adapter could not read
  size_t asked_ = 0;     // of outstanding_, on this stream
  ChangeSetPlan plan_;
  std::vector<absl::string_view> fields_;  // used again for each row
  // Each works on one message while another works on the next. Declared after what they work on.
  OrderedJobs planning_, canonicalizing_;
};

}  // namespace sabun
