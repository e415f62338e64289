// Keeps long reading to a speed, and lets others watch and stop it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/status_macros.h"

namespace sabun {

// One long work, for one thread at a time. Every piece of it is told to Spend, which waits when it went too fast. The
// time that the work itself takes is not counted, so the speed is never exceeded and seldom reached.
class Pace {
 public:
  // Is told all bytes so far, once a mebibyte and some times a second while waiting; false ends the work.
  using Watch = std::function<bool(uint64_t bytes)>;
  using Sleep = std::function<void(absl::Duration)>;

  // As fast as it goes, watched by nobody.
  Pace() = default;
  // At most so many bytes a second; 0 means as fast as it goes. `watch` may be empty.
  Pace(uint64_t bytes_per_second, Watch watch, Sleep sleep = absl::SleepFor)
      : bytes_per_second_(bytes_per_second), watch_(std::move(watch)), sleep_(std::move(sleep)) {}

  // Errors: CANCELLED (the watcher said so).
  absl::Status Spend(uint64_t bytes) {
    bytes_ += bytes;
    unwatched_ += bytes;
    if (bytes_per_second_ != 0) {
      owed_ += absl::Seconds(static_cast<double>(bytes) / static_cast<double>(bytes_per_second_));
    }
    if (unwatched_ < kWatchEvery && owed_ < kShortest) return absl::OkStatus();
    RETURN_IF_ERROR(Look());
    while (owed_ >= kShortest) {
      const absl::Duration slice = std::min(owed_, kLongest);
      sleep_(slice);
      owed_ -= slice;
      RETURN_IF_ERROR(Look());
    }
    return absl::OkStatus();
  }
  uint64_t bytes() const { return bytes_; }

 private:
  static constexpr uint64_t kWatchEvery = 1 << 20;
  static constexpr absl::Duration kShortest = absl::Milliseconds(10);
  static constexpr absl::Duration kLongest = absl::Milliseconds(200);

  absl::Status Look() {
    unwatched_ = 0;
    if (!watch_ || watch_(bytes_)) return absl::OkStatus();
    return absl::CancelledError("it was stopped");
  }

  uint64_t bytes_per_second_ = 0, bytes_ = 0, unwatched_ = 0;
  absl::Duration owed_;
  Watch watch_;
  Sleep sleep_ = absl::SleepFor;
};

}  // namespace sabun
