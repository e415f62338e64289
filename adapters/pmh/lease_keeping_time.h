// Time for a submission that has one thread only: whoever waits renews the lease meanwhile.
#pragma once

#include <algorithm>
#include <functional>
#include <stop_token>
#include <utility>

#include "absl/time/time.h"
#include "adapters/pmh/pacing.h"

namespace sabun {

// Used by one thread.
class LeaseKeepingTime final : public Timeline {
 public:
  // `time` must outlive it. `renew` is called when it is due and says whether it shall be called again.
  LeaseKeepingTime(Timeline& time, absl::Duration renew_every, std::function<bool()> renew)
      : time_(time), renew_every_(renew_every), renew_(std::move(renew)), due_(time.Now() + renew_every) {}

  absl::Time Now() override { return time_.Now(); }

  bool Wait(absl::Duration duration, const std::stop_token& stop) override {
    const absl::Time end = Now() + duration;
    for (;;) {
      if (Now() >= due_) due_ = renew_() ? Now() + renew_every_ : absl::InfiniteFuture();
      const absl::Duration left = std::min(end, due_) - Now();
      if (end <= Now()) return !stop.stop_requested();
      if (!time_.Wait(left, stop)) return false;
    }
  }

 private:
  Timeline& time_;
  const absl::Duration renew_every_;
  const std::function<bool()> renew_;
  absl::Time due_;
};

}  // namespace sabun
