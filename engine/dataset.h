// One dataset at run time: its rules, its ledger, and the snapshot that is being taken in.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/canonical/canonicalizer.h"
#include "engine/canonical/profile.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/rejects.h"
#include "engine/ledger/replay.h"
#include "engine/ledger/submissions.h"
#include "keys/key_ring.h"

namespace sabun {

class Snapshot;
struct ResendSelection;
struct SnapshotRequest;

// Limits of the whole engine; memory is set here, not by the number of records.
struct EngineOptions {
  std::string data_directory;     // of the store, for copies of it
  std::shared_ptr<KeyRing> keys;  // of the store; may be null: it has no ring
  std::string spool_directory;
  size_t row_memory_bytes = 192 << 20;   // rows of one snapshot, before they are spilled
  MemoryReserve* row_reserve = nullptr;  // where they lie, when there is one; it outlives the engine
  uint64_t fewest_rows_of_stretch = 10;  // see StretchOptions
  size_t delta_memory_bytes = 24 << 20;  // each of: rows to ask for, deletes, index deltas
  // For the work on one snapshot; 0: the caller's own does everything, in one order, so that a run can be repeated.
  size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::function<std::string()> new_secret = RandomSecret;  // of a new dataset; a simulation brings its own
  LedgerOptions ledger;
  std::optional<RestoreNote> restored;  // when the store was restored from a backup, until that was followed up
  std::string version;
};

// What a profile says, ready for use. Immutable.
struct Rules {
  explicit Rules(Profile profile_in) : profile(std::move(profile_in)), canonicalizer(profile) {}
  Rules(const Rules&) = delete;

  Profile profile;
  Canonicalizer canonicalizer;
  std::string digest;
  std::vector<uint32_t> field_ids;  // lasting id of each field
};

// Thread safe.
class Dataset {
 public:
  // Errors: DATA_LOSS, and those of the store.
  static absl::StatusOr<std::shared_ptr<Dataset>> Open(Store* store, Clock* clock, const EngineOptions& options,
                                                       DatasetRow row);

  DatasetRow row();
  std::shared_ptr<const Rules> rules();
  HashScheme key_scheme();
  // Values of a stored canonical form in the order of the rules' fields.
  static std::vector<std::string> Values(const Rules& rules, absl::string_view canonical);
  static std::vector<std::string> KeyValues(const Rules& rules, absl::string_view canonical);

  // See DatasetService.UpdateDataset. An empty profile keeps the old one.
  absl::Status Update(const std::string& profile_text, const std::optional<GuardLimits>& guards);
  absl::Status SetRetention(uint32_t days);
  // Another secret for fingerprints: the next snapshot asks for every row once, and sends nobody whose content is the
  // same. Errors: FAILED_PRECONDITION (a snapshot is being taken in).
  absl::Status RotateFingerprintSecret();

  // Begins a snapshot or goes on with a broken one, and attaches the caller to it. Errors: FAILED_PRECONDITION (another
  // one is attached; or partial while a change set is held), UNAVAILABLE (the same one is attached still).
  absl::StatusOr<std::shared_ptr<Snapshot>> Attach(const SnapshotRequest& request);
  // Lets go of it: kept for resuming, unless `done`.
  void Detach(const std::shared_ptr<Snapshot>& snapshot, bool done);
  bool IsTakingIn();
  void DropSnapshotIdleFor(absl::Duration age);

  // Nothing is begun and nothing written any more: the dataset is being erased. Errors: FAILED_PRECONDITION
  // (ERASE-BUSY: a snapshot is taken in, a change set approved, or somebody submits).
  absl::Status Retire();
  void EndRetirement();

  absl::StatusOr<ChangeSetInfo> Approve(uint64_t number, absl::string_view digest, absl::string_view by);
  // See PlanResend. Errors: FAILED_PRECONDITION (a snapshot is being taken in, or a change set is held).
  absl::StatusOr<ChangeSetInfo> Resend(const ResendSelection& selection);

  ChangeSets& change_sets() { return change_sets_; }
  Submissions& submissions() { return submissions_; }
  Rejects& rejects() { return rejects_; }
  LedgerState& ledger() { return ledger_; }
  const EngineOptions& options() const { return options_; }
  // Set when a one-pass snapshot had not kept a row that was needed: the next ones keep all.
  std::atomic<bool> keep_all_rows = false;
  // Set when the index did not bear out what was claimed: the next snapshot may claim nothing.
  std::atomic<bool> forget_stretches = false;

 private:
  Dataset(Store* store, Clock* clock, const EngineOptions& options, uint32_t id)
      : store_(store), options_(options), ledger_(store, id, clock, options.ledger) {}

  absl::Status RefuseWhileHeld();
  absl::Status ChangeRow(const std::function<void(DatasetRow*)>& change);
  absl::Status Adopt(DatasetRow row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Nobody may be taking a snapshot in while the index or the rules move under it.
  void DropSnapshot() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status DropIdleSnapshot() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps snapshots out meanwhile; the dataset itself stays readable.
  absl::StatusOr<ChangeSetInfo> WithoutSnapshots(const std::function<absl::StatusOr<ChangeSetInfo>()>& work);

  Store* const store_;
  const EngineOptions options_;
  LedgerState ledger_;
  ChangeSets change_sets_{&ledger_};
  Submissions submissions_{&ledger_};
  Rejects rejects_{&ledger_};

  Mutex mutex_;
  DatasetRow row_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Rules> rules_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
  bool attached_ ABSL_GUARDED_BY(mutex_) = false;
  bool retired_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time detached_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sabun
