// The engine as a submission adapter sees it: the lease, and calls that carry it and are patient.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/pmh/circuit.h"
#include "adapters/pmh/pacing.h"
#include "sabun/v1/submission.grpc.pb.h"

namespace sabun {

// Holds the lease of one dataset. Calls that the engine does not answer are repeated for up to `patience`, then
// UNAVAILABLE; other errors are the engine's own. Thread-safe.
class EngineSession {
 public:
  using Stub = v1::SubmissionService::StubInterface;

  struct Options {
    std::string dataset;
    std::string holder;
    std::string profile_toml;  // By which the changes are sent; the engine ends the lease when it has another one.
    std::uint32_t lease_seconds = 60;
    absl::Duration renew_every = absl::Seconds(5);
    absl::Duration patience = absl::Seconds(60);
    absl::Duration call_timeout = absl::Seconds(30);
    Timeline* time = &MachineTime();
    double jitter = 0.3;                         // A wait between repeats is shortened by up to this share, at random.
    std::function<CircuitView()> hub = nullptr;  // How it stands with the hub; told with every renewal.
  };

  // `stub` must outlive it. `stop` ends waiting between repeats.
  EngineSession(Stub& stub, Options options, std::stop_token stop);

  // Takes the lease, whoever had it before; the answer is the number of pending records. ABORTED when the engine has
  // another profile.
  absl::StatusOr<std::uint64_t> Acquire();
  // Renews the lease. ABORTED when it was lost in between, even if it could be taken again: what was read under it may
  // be out of date.
  absl::StatusOr<std::uint64_t> Renew();
  // Renews the lease every `renew_every` until `until` is stopped. Stays silent about failures:
  // CoversFor says what counts.
  void KeepLease(std::stop_token until);
  // Gives it back; failures do not matter, since it runs out by itself.
  void Release();
  // True when the lease, counted from before it was asked for, lasts at least this much longer.
  bool CoversFor(absl::Duration duration) const;

  absl::StatusOr<v1::NextBatchResponse> NextBatch(std::uint32_t max_records, std::uint32_t max_bytes);
  absl::StatusOr<std::vector<v1::OpenBatch>> OpenBatches(std::uint64_t after_batch_id);
  absl::StatusOr<v1::Batch> ReadBatch(std::uint64_t batch_id);
  absl::StatusOr<std::vector<v1::OpenBatch>> Split(std::uint64_t batch_id);
  // `doubtful`: what became of an earlier post of the batch is not known.
  absl::Status RecordTask(std::uint64_t batch_id, const std::string& task_id, bool doubtful);
  absl::Status MarkUnknown(std::uint64_t batch_id);
  absl::StatusOr<v1::RecordReceiptsResponse> RecordReceipts(std::uint64_t batch_id,
                                                            const std::vector<v1::Receipt>& receipts);

 private:
  absl::StatusOr<v1::AcquireLeaseResponse> AskForLease(const std::string& profile_toml);
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                Request request);

  Stub& stub_;
  const Options options_;
  const std::stop_token stop_;
  mutable std::mutex mutex_;
  std::uint64_t token_ = 0;
  absl::Time valid_until_ = absl::InfinitePast();
};

}  // namespace sabun
