// One snapshot through IntakeService.Sync: the adapter's side of the conversation in proto/sabun/v1/intake.proto.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/client/row_source.h"
#include "sabun/v1/intake.grpc.pb.h"

namespace sabun::client {

// Where a session stands, for a progress bar.
struct SyncProgress {
  enum class Stage { kFingerprints, kComparing, kRecords, kSealing, kReconnecting };
  Stage stage = Stage::kFingerprints;
  double fraction = 0;  // of the stage; 0 when it cannot be told
  uint64_t rows = 0;    // fingerprints or records sent in this stage
};

// What to take in and how long to try.
struct SyncOptions {
  std::string dataset;
  v1::SnapshotKind kind = v1::SNAPSHOT_KIND_UNSPECIFIED;
  v1::FingerprintScheme scheme = v1::FINGERPRINT_SCHEME_UNSPECIFIED;
  std::string snapshot_id;  // see NewSnapshotId
  bool compare_only = false;
  uint32_t list_differences = 0;  // with compare_only: so many records that differ are named
  bool against_hub = false;       // the rows are what the hub says it holds
  bool one_pass = false;   // the source gives its rows with their entries; it may be one that cannot be started again
  int max_reconnects = 8;  // in a row without progress
  absl::Duration first_backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(10);
  const std::atomic<bool>* cancelled = nullptr;          // may be set from a signal; may be null
  std::function<void(const SyncProgress&)> on_progress;  // called on the caller's thread; may be empty
};

// What came of it.
struct SyncResult {
  v1::Committed committed;
  std::vector<v1::RowError> errors;  // ascending ordinals; the source's own and the engine's, at most kMaxListedErrors
  uint64_t rows = 0;
  uint64_t claimed = 0;       // rows that neither were sent nor had a fingerprint: the engine knows their stretch
  uint64_t records_sent = 0;  // rows whose content was sent
  uint64_t bytes_sent = 0;    // of messages, resent ones included
  int reconnects = 0;
};

constexpr size_t kMaxListedErrors = 20'000;

// An id that no other snapshot has: the time and 64 random bits.
std::string NewSnapshotId();

// Takes `source` in. A stream that breaks (UNAVAILABLE) is opened again with the same snapshot id, after a back-off,
// and goes on where the engine stood. When the engine lost the snapshot (ABORTED before Commit) it is begun again once
// under a new id. Errors: the source's; the engine's; CANCELLED when `cancelled` was set; UNAVAILABLE after the last
// attempt. After an error nothing was stored, except when the connection was lost after Commit: then the same id gives
// the result.
absl::StatusOr<SyncResult> RunSync(v1::IntakeService::StubInterface& stub, RowSource& source, SyncOptions options);

}  // namespace sabun::client
