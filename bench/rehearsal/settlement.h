// How a rehearsal brings changes to acceptance: through the stand-in for the hub, or at once.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/rehearsal/engine_under_test.h"
#include "bench/rehearsal/run_cost.h"

namespace sabun::bench {

// How much to send.
struct SampleBounds {
  uint64_t records = UINT64_MAX;
  absl::Duration time = absl::InfiniteDuration();
};

// Sends pending records to the hub at `hub_url` as `sabun submit` does, until nothing waits or a bound is reached; what
// is under way then is waited for. Errors: see Submit; CANCELLED when the control says so.
absl::StatusOr<SubmissionCost> SubmitToHub(EngineUnderTest& engine, const std::string& profile_toml,
                                           const std::string& hub_url, const SampleBounds& bounds,
                                           const RunControl& control);

// Takes every pending record as a submission adapter does and says at once that it was accepted. Nothing leaves the
// machine: what is measured is the engine's own part. CANCELLED when the control says so.
absl::StatusOr<SubmissionCost> SettleAtOnce(EngineUnderTest& engine, const RunControl& control);

}  // namespace sabun::bench
