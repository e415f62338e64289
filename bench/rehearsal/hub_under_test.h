// The stand-in for the hub, as slow as the real one is said to be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/rehearsal/child_process.h"

namespace sabun::bench {

// How fast the hub is.
struct HubPace {
  double records_per_second = 0;  // 0: as fast as it can
  absl::Duration latency;         // of every call
};

// How long the stand-in has to wait with the answer to a post, so that `round_records` that are under way at a time
// come to the pace. `unhindered_rate` is what they come to without that: the time that goes by anyway is not waited
// again.
absl::Duration PostDelay(const HubPace& pace, double round_records, double unhindered_rate);

// `pmh-sim` in a process of its own; it keeps what it accepts in memory. Not thread-safe.
class HubUnderTest {
 public:
  // Starts the program beside this one, its logs in `directory`. Errors: NOT_FOUND, UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<HubUnderTest>> Start(const std::string& directory);

  // From now on posts are answered after `post_delay`, every call after `latency`. UNAVAILABLE when it does not answer.
  absl::Status SetPace(absl::Duration post_delay, absl::Duration latency);
  // How many records it holds.
  absl::StatusOr<uint64_t> Held();
  absl::Status Stop() { return process_->Stop(); }

  std::string url() const { return "http://" + process_->address(); }

 private:
  explicit HubUnderTest(std::unique_ptr<ChildProcess> process) : process_(std::move(process)) {}

  std::unique_ptr<ChildProcess> process_;
};

}  // namespace sabun::bench
