// The time, behind an interface so that tests and simulations say what time it is.
#pragma once

#include <time.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sabun {

class Clock {
 public:
  virtual ~Clock() = default;
  // What people call the time. It may step, forwards and back.
  virtual absl::Time Now() = 0;
  // For measuring how long something lasts: never steps, and runs on while the machine sleeps.
  virtual absl::Time Steady() = 0;
};

class SystemClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  absl::Time Steady() override {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::TimeFromTimespec(now);
  }
};

// Moves only when told.
class ManualClock : public Clock {
 public:
  absl::Time Now() override { return now_; }
  absl::Time Steady() override { return steady_; }
  void Advance(absl::Duration by) {
    now_ += by;
    steady_ += by;
  }
  // Somebody sets the clock.
  void Step(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Time steady_ = absl::UnixEpoch();
};

}  // namespace sabun
