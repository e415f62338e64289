// The engine without its wire: the store and the datasets in it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/dataset.h"

namespace sabun {

// Thread safe.
class Engine {
 public:
  // Opens every dataset of the store; when it was restored, brings its ledgers up to what the hub may hold. The store
  // and the clock must outlive the engine. Errors: DATA_LOSS, and those of the store and of the journal.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(Store* store, Clock* clock, EngineOptions options);

  // Errors: INVALID_ARGUMENT, ALREADY_EXISTS. `*created` is false when the same dataset exists.
  absl::StatusOr<std::shared_ptr<Dataset>> CreateDataset(const std::string& name, const std::string& profile_text,
                                                         const GuardLimits& guards, bool* created);
  // OK while store and journal can be trusted; then UNAVAILABLE (STORE-FAILED), for ever: the process is to end.
  absl::Status Health() const;
  // Errors: NOT_FOUND, UNAVAILABLE (see Health: nothing is begun any more).
  absl::StatusOr<std::shared_ptr<Dataset>> Find(const std::string& name);
  // By name, after `after`, at most `limit`.
  std::vector<std::shared_ptr<Dataset>> List(const std::string& after, size_t limit);
  // What an organization's datasets held.
  struct Removed {
    std::vector<std::string> datasets;
    uint64_t records = 0, accepted_records = 0, unsettled_records = 0;
  };
  // Takes every dataset of an organization out of the store and of the engine, whatever its state, in one commit with
  // what `add` puts into it. Their numbers are never given again. Errors: NOT_FOUND, FAILED_PRECONDITION (ERASE-BUSY;
  // then nothing was removed), and those of the store.
  absl::StatusOr<Removed> RemoveOrganization(const std::string& organization,
                                             const std::function<void(const Removed&, Batch*)>& add);
  bool HasOrganization(const std::string& organization);
  // Lets go of broken snapshots that nobody came back to.
  void DropIdleSnapshots(absl::Duration age);

  static constexpr size_t kMostDatasets = 10'000;
  static constexpr size_t kMaxDatasetNameBytes = 64;
  Store* store() const { return store_; }
  Clock* clock() const { return clock_; }
  const EngineOptions& options() const { return options_; }
  // What the restore brought that the engine was opened with.
  const ReplayCounts& replayed() const { return replayed_; }

 private:
  absl::Status OpenDatasets();
  absl::Status BringUp();
  std::vector<std::shared_ptr<Dataset>> DatasetsOf(const std::string& organization)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Engine(Store* store, Clock* clock, EngineOptions options)
      : store_(store), clock_(clock), options_(std::move(options)) {}

  Store* const store_;
  Clock* const clock_;
  const EngineOptions options_;
  ReplayCounts replayed_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Dataset>> datasets_ ABSL_GUARDED_BY(mutex_);
  uint32_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace sabun
