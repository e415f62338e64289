// The part of a hub's profile that says how patient a submission is.
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace sabun {

// [hub.retry]: patience.
struct HubRetry {
  int max_attempts = 6;  // Posts of one batch in one run.
  absl::Duration first_wait = absl::Milliseconds(500);
  double growth = 2.0;
  absl::Duration max_wait = absl::Seconds(60);
  double jitter = 0.5;  // A wait is shortened by up to this share, at random.
  // A hub that refuses this many single records as whole calls, one after the other, refuses everything: stop.
  int max_refusals_in_a_row = 50;
};

// [hub.circuit]: when a hub that fails is left alone, over all batches.
struct HubCircuit {
  std::uint32_t failures = 8;  // Calls in a row without a sensible answer: nothing more is sent for a while.
  absl::Duration first_pause = absl::Seconds(10);
  double growth = 2.0;  // Of the pause, with every single call that is tried after it and fails.
  absl::Duration max_pause = absl::Minutes(5);
  double jitter = 0.5;  // A pause is shortened by up to this share, at random.
  int max_trials = 3;   // A submission that does not follow ends when so many failed.
};

// [hub.poll]: asking for a task's result.
struct HubPoll {
  absl::Duration first_wait = absl::Milliseconds(100);
  double growth = 1.5;
  absl::Duration max_wait = absl::Seconds(10);
  absl::Duration give_up_after = absl::Minutes(10);
  bool repost_unfinished = true;  // When given up: true posts the batch again, false leaves it unknown.
  bool repost_missing = true;     // When the hub does not know the task: true posts again, false stops.
};

}  // namespace sabun
