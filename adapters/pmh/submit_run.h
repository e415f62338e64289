// One run of the submission loop: the threads, the passes and the counts behind Submit.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/pmh/batch_delivery.h"
#include "adapters/pmh/circuit.h"
#include "adapters/pmh/engine_session.h"
#include "adapters/pmh/http_client.h"
#include "adapters/pmh/hub_client.h"
#include "adapters/pmh/hub_profile.h"
#include "adapters/pmh/job_queue.h"
#include "adapters/pmh/lease_keeping_time.h"
#include "adapters/pmh/pacing.h"
#include "adapters/pmh/registration.h"
#include "adapters/pmh/submitter.h"
#include "adapters/pmh/task_pace.h"

namespace sabun {

// What a run meets outside; a simulation brings its own.
struct SubmitSurroundings {
  Timeline* time = &MachineTime();
  HttpExchange* http = nullptr;  // The way to the hub; over the network when not given.
  // False: the caller's thread does everything, one batch after the other, and renews the lease between waits.
  bool threads = true;
};

// Used once, from one thread.
class SubmitRun {
 public:
  // `options`, `profile`, `engine` and what `outside` points to must outlive it.
  SubmitRun(const SubmitOptions& options, const HubProfile& profile, v1::SubmissionService::StubInterface& engine,
            const SubmitSurroundings& outside = {});

  // See Submit; superseded is left 0.
  absl::StatusOr<SubmitSummary> Run();

 private:
  // Takes the lease, waiting for it as long as the options say.
  absl::StatusOr<std::uint64_t> TakeLease();
  absl::Status RunPasses();
  // Delivers until nothing waits and every open batch was tried once.
  absl::Status Pass();
  absl::StatusOr<std::vector<v1::OpenBatch>> ListOpenBatches();
  absl::StatusOr<std::uint64_t> QueueOpenBatches();
  absl::StatusOr<std::uint64_t> QueueNewBatches();
  absl::Status CountWhatIsLeft();
  // Gives a batch to whoever delivers it; false when the run is over.
  bool Hand(Job job);

  void Work();
  Circuit::SitOut SitOutPauses();
  bool RenewForOne();
  absl::Status Deliver(Job job);
  void NoteChangeSets(const v1::Batch& batch);
  void NoteReceipts(std::uint64_t accepted, std::uint64_t rejected);
  void NotePending(std::uint64_t pending);
  void Notice(absl::string_view text);
  void NoteAnswer(Circuit::Pass pass, const HubAnswer& answer);
  // Keeps the first error and ends the run.
  void Fail(const absl::Status& error);
  absl::Status Error();
  void EndAfterDrain(const std::stop_token& over);

  const SubmitOptions& options_;
  const HubProfile& profile_;
  const SubmitSurroundings outside_;
  LeaseKeepingTime lone_time_;
  Timeline& time_;
  std::stop_source no_posts_;
  std::stop_source no_waits_;
  Circuit circuit_;
  EngineSession engine_;
  HubClient hub_;
  RegistrationWriter writer_;
  RateLimit rate_;
  TaskPace pace_;
  JobQueue queue_;
  std::atomic<int> refusals_in_a_row_{0};
  const DeliveryContext context_;
  std::set<std::uint64_t> tried_;  // Open batches of this pass that were handed out already.

  std::mutex mutex_;
  absl::Status error_;
  SubmitSummary summary_;
  std::set<std::uint64_t> change_sets_;
  std::mutex progress_mutex_;  // One call of on_progress or on_notice at a time.
};

}  // namespace sabun
