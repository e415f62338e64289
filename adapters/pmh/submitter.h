// The submission loop: takes batches of changes from the engine to the hub and brings every record's receipt back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "sabun/v1/submission.grpc.pb.h"

namespace sabun {

// How far a run is.
struct SubmitProgress {
  std::uint64_t accepted = 0;  // Changes whose receipt this run brought back.
  std::uint64_t rejected = 0;
  std::uint64_t pending = 0;  // Records that still wait at the engine, without those in open batches.
};

// What to submit and how.
struct SubmitOptions {
  std::string dataset;
  std::string profile_toml;  // Dataset.profile_toml.
  std::string hub_url;       // Replaces the profile's base_url when not empty.
  std::string holder;   // Name of this process at the lease, at most 64 characters; empty: made from host and process.
  bool follow = false;  // True: stay, and send what comes later, until `stop`.
  absl::Duration follow_interval = absl::Seconds(5);
  // How long to wait for a lease that somebody else holds. Not given: a minute, and long enough for the lease of a
  // submission that crashed to run out, which takes the request timeout and three renewals.
  std::optional<absl::Duration> lease_wait;
  // After `stop` nothing more is posted; tasks already posted are asked for this long.
  absl::Duration drain = absl::Seconds(10);
  std::stop_token stop;
  // This and on_notice are called now and then, one call at a time, from threads of this run. May be empty.
  std::function<void(const SubmitProgress&)> on_progress;
  // One line for people about something that is being waited for or retried; never a personal value. May be empty.
  std::function<void(absl::string_view)> on_notice;
};

// What a run did, and what is left.
struct SubmitSummary {
  std::vector<std::uint64_t> change_sets;  // Numbers of the change sets that records were sent from, ascending.
  std::uint64_t accepted = 0;              // Changes whose receipt this run brought back.
  std::uint64_t rejected = 0;
  std::uint64_t unknown = 0;     // Records in batches that were posted and have no answer.
  std::uint64_t pending = 0;     // Records that wait to be sent, also those in batches that surely did not arrive.
  std::uint64_t superseded = 0;  // Changes of `change_sets` that a newer one replaced; 0 without a ChangeSetService.
  double elapsed_seconds = 0;
};

// Submits until nothing is pending and every batch has its receipts or was given up (without `follow`), or until
// `stop`. Blocks; starts up to max_concurrency + 2 threads and joins them before it returns. A batch that was given up
// stays open at the engine; the next run resolves it. `change_sets` may be nullptr. Errors: INVALID_ARGUMENT (profile),
// NOT_FOUND (dataset), FAILED_PRECONDITION (somebody else holds the lease, or the hub refuses everything: the set-up is
// wrong), UNAUTHENTICATED (the hub does not let this client in), ABORTED (another adapter took the lease over, or the
// dataset has a new profile), UNAVAILABLE (the engine does not answer). Whatever was settled before an error stays
// settled.
absl::StatusOr<SubmitSummary> Submit(const SubmitOptions& options, v1::SubmissionService::StubInterface& engine,
                                     v1::ChangeSetService::StubInterface* change_sets = nullptr);

}  // namespace sabun
