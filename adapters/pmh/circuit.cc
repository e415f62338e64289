#include "adapters/pmh/circuit.h"

#include <algorithm>
#include <utility>

namespace sabun {

Circuit::Circuit(const HubCircuit& limits, std::function<absl::Time()> clock, SitOut sit_out)
    : limits_(limits),
      clock_(std::move(clock)),
      sit_out_(std::move(sit_out)),
      pause_(limits.first_pause),
      random_(std::random_device()()) {}

Circuit::Pass Circuit::Enter(const std::stop_token& stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop.stop_requested()) {
    if (state_ == CircuitState::kClosed) return Pass::kYes;
    const absl::Duration left = until_ - clock_();
    if (state_ == CircuitState::kOpen && left <= absl::ZeroDuration()) {
      state_ = CircuitState::kTrying;
      return Pass::kTrial;
    }
    if (sit_out_) {
      lock.unlock();
      sit_out_(left, stop);
      lock.lock();
      continue;
    }
    // While somebody tries, what comes of it wakes the others.
    const absl::Duration wait = state_ == CircuitState::kTrying ? absl::Hours(1) : left;
    changed_.wait_for(lock, stop, absl::ToChronoMicroseconds(wait),
                      [this, before = state_] { return state_ != before; });
  }
  return Pass::kNo;
}

bool Circuit::Succeeded() {
  const std::lock_guard<std::mutex> lock(mutex_);
  failures_ = 0;
  failed_trials_ = 0;
  last_code_.clear();
  pause_ = limits_.first_pause;
  if (std::exchange(state_, CircuitState::kClosed) == CircuitState::kClosed) return false;
  changed_.notify_all();
  return true;
}

bool Circuit::Failed(Pass pass, absl::string_view code, absl::Duration hub_asks_for) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++failures_;
  last_code_ = std::string(code);
  if (state_ == CircuitState::kClosed && failures_ >= limits_.failures) {
    Pause(hub_asks_for);
    return true;
  }
  // Calls that were on their way when it opened say nothing new.
  if (state_ == CircuitState::kTrying && pass == Pass::kTrial) {
    ++failed_trials_;
    Pause(hub_asks_for);
  }
  return false;
}

void Circuit::Pause(absl::Duration hub_asks_for) {
  const double share = 1 - limits_.jitter * std::uniform_real_distribution<double>(0, 1)(random_);
  const absl::Duration pause = std::min(std::max(pause_ * share, hub_asks_for), limits_.max_pause);
  pause_ = std::min(pause_ * limits_.growth, limits_.max_pause);
  until_ = clock_() + pause;
  state_ = CircuitState::kOpen;
  changed_.notify_all();
}

void Circuit::NotMade(Pass pass) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (pass != Pass::kTrial || state_ != CircuitState::kTrying) return;
  state_ = CircuitState::kOpen;  // its pause is over: whoever comes next tries
  changed_.notify_all();
}

int Circuit::failed_trials() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failed_trials_;
}

CircuitView Circuit::View() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  CircuitView view{state_, failures_, last_code_, absl::ZeroDuration()};
  if (state_ == CircuitState::kOpen) view.next_attempt = std::max(until_ - clock_(), absl::ZeroDuration());
  return view;
}

}  // namespace sabun
