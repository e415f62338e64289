#include "adapters/pmh/pacing.h"

#include <time.h>

#include <algorithm>
#include <condition_variable>

namespace sabun {

bool WaitFor(absl::Duration duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock<std::mutex> lock(mutex);
  const auto never = [] { return false; };
  // An endless wait would overflow the clock it is added to.
  stopped.wait_for(lock, stop, absl::ToChronoMicroseconds(std::min(duration, absl::Hours(24 * 365))), never);
  return !stop.stop_requested();
}

absl::Time BootTime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::TimeFromTimespec(now);
}

namespace {

class MachineTimeline final : public Timeline {
 public:
  absl::Time Now() override { return BootTime(); }
  bool Wait(absl::Duration duration, const std::stop_token& stop) override { return WaitFor(duration, stop); }
};

}  // namespace

Timeline& MachineTime() {
  static MachineTimeline timeline;
  return timeline;
}

Backoff::Backoff(absl::Duration first, double growth, absl::Duration max, double jitter)
    : next_(first), growth_(growth), max_(max), jitter_(jitter), random_(std::random_device()()) {}

absl::Duration Backoff::Next() {
  const absl::Duration wait = std::min(next_, max_);
  next_ = std::min(wait * growth_, max_);
  return wait * (1 - jitter_ * std::uniform_real_distribution<double>(0, 1)(random_));
}

RateLimit::RateLimit(double per_second)
    : interval_(absl::Seconds(1 / per_second)), burst_(std::max(absl::Seconds(1), interval_) - interval_) {}

absl::Duration RateLimit::Reserve(absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Places that nobody took are kept for at most the burst.
  free_at_ = std::max(free_at_, now - burst_);
  const absl::Duration wait = std::max(free_at_ - now, absl::ZeroDuration());
  free_at_ += interval_;
  return wait;
}

}  // namespace sabun
