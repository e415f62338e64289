// Verifies everything the engine holds: once, when somebody asks, and again and again as a scrub.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/ledger/verify.h"

namespace sabun {

// One check that was finished; `dataset` is empty for the check "files" of the whole store.
struct StoreFinding {
  std::string dataset;
  VerifyFinding finding;
};

// Reads every file of the store with its checksums, then verifies one dataset (empty: all) as of now; everything goes
// on meanwhile. Errors: NOT_FOUND, CANCELLED (by `pace`); whatever else goes wrong is a finding.
absl::Status VerifyStore(Engine* engine, const std::string& dataset, Pace* pace,
                         const std::function<void(const StoreFinding&)>& visit);

struct ScrubOptions {
  absl::Duration every;  // from one start to the next; zero: never
  uint64_t bytes_per_second = 0;
};

// How the last one ended. It is kept in the store.
struct ScrubResult {
  int64_t finished_at = 0;  // seconds; 0: none was finished yet
  bool sound = true;
  uint64_t bytes = 0;
  std::string problem;  // the first one: "DATASET: CHECK: PROBLEM"
};

// Verifies everything at intervals, in a thread of its own. Thread safe.
class Scrub {
 public:
  // Is told each problem that is found.
  using Alarm = std::function<void(const StoreFinding&)>;

  Scrub(Engine* engine, ScrubOptions options, Alarm alarm);
  // Stops it, within a quarter of a second.
  ~Scrub();

  // Verifies everything now. Errors: CANCELLED (it was stopped), and those of the store.
  absl::Status RunOnce();
  absl::StatusOr<ScrubResult> Last();
  bool IsRunning();

 private:
  void Loop();
  bool Stopped();

  Engine* const engine_;
  const ScrubOptions options_;
  const Alarm alarm_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool stopped_ = false, running_ = false;
  std::thread thread_;
};

}  // namespace sabun
