// A real engine with one dataset, and what it costs to use it.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/client/row_source.h"
#include "adapters/file/column_plan.h"
#include "bench/rehearsal/child_process.h"
#include "bench/rehearsal/metered_source.h"
#include "bench/rehearsal/process_facts.h"
#include "bench/rehearsal/resource_watch.h"
#include "bench/rehearsal/run_cost.h"
#include "bench/rehearsal/words.h"
#include "sabun/v1/admin.grpc.pb.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "sabun/v1/dataset.grpc.pb.h"
#include "sabun/v1/intake.grpc.pb.h"
#include "sabun/v1/submission.grpc.pb.h"

namespace sabun::bench {

// What all of a rehearsal obeys.
struct RunControl {
  const std::atomic<bool>* cancelled = nullptr;  // set by Ctrl-C
  Tell tell;
};

// `sabund` in a process of its own, on a unix socket, its data in a directory that it has for itself. From its start on
// its memory and disk are watched. Not thread-safe.
class EngineUnderTest {
 public:
  static constexpr char kDataset[] = "rehearsal";

  // Starts the program beside this one with its data in `directory`/data, and creates the dataset, with guards that
  // hold nothing. Errors: NOT_FOUND (no program), UNAVAILABLE (it does not start), INVALID_ARGUMENT (profile).
  static absl::StatusOr<std::unique_ptr<EngineUnderTest>> Start(const std::string& directory,
                                                                const std::string& profile_toml);

  // Takes a complete snapshot in. CANCELLED when the control says so; else see client::RunSync. INTERNAL when the
  // engine's counts do not add up.
  absl::StatusOr<RunCost> Take(const std::string& id, client::RowSource& source, const RunControl& control);

  // Ends the engine in order; nothing may be called afterwards.
  absl::Status Stop();

  // Ends the engine and starts it again with its data, so that its log is written into the store's files, and waits,
  // half a minute at most, until these stay as they are. Returns their bytes: what the data takes at rest. CANCELLED
  // when the control says so.
  absl::StatusOr<uint64_t> DiskAtRest(const RunControl& control);

  Moment Now() const;
  absl::Duration SinceStart() const;
  uint64_t DiskBytes() const;
  // VmHWM of the engine, over its restarts.
  uint64_t PeakMemory() const { return std::max(peak_memory_, MemoryOf(process_->id()).peak_bytes); }
  std::vector<ResourceSample> samples() const;
  const file::RecordShape& shape() const { return shape_; }

  v1::SubmissionService::Stub& submission() { return *submission_; }
  v1::ChangeSetService::Stub& change_sets() { return *change_sets_; }
  // Where the dataset stands.
  absl::StatusOr<v1::DatasetStatus> Status();

 private:
  EngineUnderTest() = default;
  absl::Status Launch();
  absl::Status CreateDataset(const std::string& profile_toml);

  std::string directory_;
  std::string data_;
  std::vector<ResourceSample> earlier_samples_;  // of engines before a restart
  uint64_t peak_memory_ = 0;                     // the same
  std::unique_ptr<ChildProcess> process_;
  std::unique_ptr<ResourceWatch> watch_;  // after the process that it watches
  absl::Duration watch_begun_;
  absl::Time started_;
  file::RecordShape shape_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::unique_ptr<v1::ChangeSetService::Stub> change_sets_;
  std::unique_ptr<v1::DatasetService::Stub> datasets_;
  std::unique_ptr<v1::IntakeService::Stub> intake_;
  std::unique_ptr<v1::SubmissionService::Stub> submission_;
};

}  // namespace sabun::bench
