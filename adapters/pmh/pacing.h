// When to try again and how fast to go.
#pragma once

#include <mutex>
#include <random>
#include <stop_token>

#include "absl/time/time.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun {

// Waits; false when `stop` came first.
bool WaitFor(absl::Duration duration, const std::stop_token& stop);

// Time that never goes back and runs on while the machine sleeps (CLOCK_BOOTTIME).
absl::Time BootTime();

// Time as a submission meets it, so that a simulation can say what time it is and what happens meanwhile. Thread-safe.
class Timeline {
 public:
  virtual ~Timeline() = default;
  // Never goes back.
  virtual absl::Time Now() = 0;
  // Waits; false when `stop` came first.
  virtual bool Wait(absl::Duration duration, const std::stop_token& stop) = 0;
};

// This machine's: BootTime and WaitFor.
Timeline& MachineTime();

// Growing waits: first, first * growth, ... up to max, each shortened by a random share of up to `jitter`. Not
// thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration first, double growth, absl::Duration max, double jitter);
  absl::Duration Next();

 private:
  absl::Duration next_;
  const double growth_;
  const absl::Duration max_;
  const double jitter_;
  std::mt19937_64 random_;
};

// A token bucket that holds one second's worth, at least one. Thread-safe.
class RateLimit {
 public:
  explicit RateLimit(double per_second);

  // Takes the next place in line at `now` and says how long to wait for it. `now` must not go back.
  absl::Duration Reserve(absl::Time now);

 private:
  const absl::Duration interval_;
  const absl::Duration burst_;
  std::mutex mutex_;
  absl::Time free_at_ = absl::InfinitePast();
};

}  // namespace sabun
