// Plans the change set of one snapshot: compares what the snapshot wants, record by record, with what the ledger knows,
// stages the changes under a new number, and collects what they will do to the index.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/ledger_state.h"
#include "engine/store/runs_options.h"

namespace sabun {

// The content of a row that was asked for and is valid.
struct WantedRecord {
  Key128 key;
  Fingerprint128 fingerprint;
  bool in_index = false;
  absl::string_view canonical;
  uint32_t stretch = 0;  // see Delta
};

struct PlanOptions {
  RunsOptions runs;
  bool compare_only = false;  // counts what differs from what is wanted, and stages nothing
  size_t listed = 0;          // then: so many of those are kept
  // Rows are what the hub says it holds: they are compared with what it accepted. What differs and is not on its way is
  // told to the hub again, unless compare_only.
  bool against_hub = false;
};

// A record that a comparison found to differ from what is wanted.
struct RecordDifference {
  enum class Kind : uint8_t { kOnlyInExtract = 1, kOnlyInEngine, kOtherContent };
  Kind kind = Kind::kOnlyInExtract;
  std::string canonical;
};

// Entries as they were when their records were planned, so that a seal need not read them again. So many as one batch
// can have; of a larger plan none are kept.
class PlannedEntries {
 public:
  void Add(const Key128& key, const Entry& entry);
  // After the last Add, before Find.
  void Finish();
  // Whether none was left out.
  bool complete() const { return complete_; }
  std::optional<Entry> Find(const Key128& key) const;

 private:
  std::vector<std::pair<Key128, std::string>> encoded_;
  bool complete_ = true;
};

// Not thread safe but for Look. Nothing it does is visible before the plan is sealed.
class ChangeSetPlan {
 public:
  ChangeSetPlan(LedgerState* ledger, PlanOptions options)
      : ledger_(ledger), options_(std::move(options)), deltas_(std::make_unique<DeltaRuns>(options_.runs)) {}

  // What the ledger knows of a record. Entries are read before capsules: a record without an entry keeps its capsule
  // until the next seal, so the pair is consistent; a record with one is judged again when the plan is applied.
  struct Known {
    std::optional<Entry> entry;
    std::optional<Capsule> accepted;
    std::optional<std::string> wanted;  // the content of D when there is an entry and D is not "gone"
  };
  // One element a key; keys must be distinct. Thread safe, also beside every other call.
  absl::StatusOr<std::vector<Known>> Look(const std::vector<Key128>& keys);

  // Keys must be distinct over the whole plan; `known` is what Look said of them. Adds to added, updated, cosmetic and
  // cancelled.
  absl::Status Want(const std::vector<WantedRecord>& records, const std::vector<Known>& known);
  absl::Status Want(const std::vector<WantedRecord>& records);
  // Records of the index that shall go. Adds to deleted and cancelled.
  absl::Status Gone(const std::vector<Key128>& keys);
  // Of these records, those that the hub accepted are told to it again. Adds to updated.
  absl::Status Resend(const std::vector<Key128>& keys);

  // After the last Want and Gone.
  absl::Status Finish();
  SnapshotCounts& counts() { return counts_; }
  // The reserved number; 0 when there are no changes.
  uint64_t number() const { return number_; }
  // LedgerState::RecordMoves before anything was looked up; nothing when nothing was.
  std::optional<uint64_t> as_of();
  // Of the deltas that want or delete.
  const PlannedEntries& entries() const { return entries_; }
  std::string Digest();
  DeltaRuns* deltas() { return deltas_.get(); }
  // The first few changes that update or delete, for showing why a guard holds.
  const std::vector<std::string>& sample_updates() const { return sample_updates_; }
  const std::vector<std::string>& sample_deletes() const { return sample_deletes_; }
  const std::vector<RecordDifference>& differences() const { return differences_; }

 private:
  absl::Status Stage(const Change& change, Delta delta);
  absl::Status ReserveNumber();
  void Compare(const Known& known, const WantedRecord& record);
  absl::Status CompareWithHub(const Known& known, const WantedRecord& record);
  absl::Status MissAtHub(const Key128& key, const Known& known);
  absl::Status Resend(const Key128& key, const Known& known);
  void NoteDifference(RecordDifference::Kind kind, absl::string_view canonical);

  LedgerState* ledger_;
  PlanOptions options_;
  std::unique_ptr<DeltaRuns> deltas_;
  std::unique_ptr<ChangeLogWriter> log_;
  SnapshotCounts counts_;
  uint64_t number_ = 0;
  Mutex look_mutex_;
  std::optional<uint64_t> as_of_ ABSL_GUARDED_BY(look_mutex_);
  PlannedEntries entries_;
  std::vector<RecordDifference> differences_;
  Change change_;                                             // used again for each
  std::vector<std::string> sample_updates_, sample_deletes_;  // canonical forms
};

}  // namespace sabun
