// Stops calling a hub that fails again and again, and finds out when it is back.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun {

// Closed: calls are made. Open: none is made until a pause is over. Trying: one call is on its way, the others wait for
// what comes of it.
enum class CircuitState { kClosed, kOpen, kTrying };

// How it stands with the hub.
struct CircuitView {
  CircuitState state = CircuitState::kClosed;
  std::uint32_t failures_in_a_row = 0;
  std::string last_code;        // of the last failure; empty after a success
  absl::Duration next_attempt;  // until then nothing is sent; zero unless open
};

// Thread-safe. The pause grows with every trial that fails, is shortened at random, and never longer than the limit or
// shorter than what the hub asked for within the limit.
class Circuit {
 public:
  // `clock` never goes back. `sit_out` waits out a pause when there is only one caller, who is also the one to keep the
  // lease; without it callers wait for each other.
  using SitOut = std::function<void(absl::Duration, const std::stop_token&)>;
  Circuit(const HubCircuit& limits, std::function<absl::Time()> clock, SitOut sit_out = nullptr);

  // What a caller may do.
  enum class Pass { kNo, kYes, kTrial };
  // Waits until a call may be made; kNo when `stop` came first. Each kYes and kTrial is followed by
  // exactly one of the three below.
  Pass Enter(const std::stop_token& stop);
  // The hub answered sensibly, whatever it said. True when that closed the circuit.
  bool Succeeded();
  // It did not. True when that opened the circuit; a trial that fails only lengthens the pause.
  bool Failed(Pass pass, absl::string_view code, absl::Duration hub_asks_for);
  // The call was not made.
  void NotMade(Pass pass);

  // How many trials failed since it opened.
  int failed_trials() const;
  CircuitView View() const;

 private:
  void Pause(absl::Duration hub_asks_for);

  const HubCircuit limits_;
  const std::function<absl::Time()> clock_;
  const SitOut sit_out_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  CircuitState state_ = CircuitState::kClosed;
  std::uint32_t failures_ = 0;
  int failed_trials_ = 0;
  std::string last_code_;
  absl::Duration pause_;
  absl::Time until_;
  std::mt19937_64 random_;
};

}  // namespace sabun
