// The whole country on one machine: what a record costs when there are many.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/rehearsal/engine_under_test.h"
#include "bench/rehearsal/forecast.h"
#include "bench/rehearsal/run_cost.h"

namespace sabun::bench {

struct NationOptions {
  std::vector<uint64_t> steps = {5'000'000, 25'000'000, 125'000'000};  // ascending
  double change_rate = 0.005;
  uint64_t seed = 1;
  uint32_t load_days =
      1;               // the first load comes in so many snapshots, each with more of the records than the one before
  uint32_t days = 2;   // daily runs
  bool settle = true;  // false: nothing is accepted, so no capsules are written and the hub stays empty
  int threads = 0;     // of the generator; 0: as many as there are processors
  std::string parent;  // where the data directories are made
};

// One size.
struct NationStep {
  uint64_t records = 0;
  std::vector<RunCost> loads;
  SubmissionCost settled;  // nothing without settle
  RunCost unchanged;
  std::vector<RunCost> days;
  uint64_t disk_loaded = 0;
  uint64_t disk_settled = 0;  // at rest, after the daily runs
  uint64_t disk_peak = 0;
  uint64_t engine_peak = 0;
  uint64_t client_peak = 0;  // of this step, though a process gives memory back late
  uint64_t engine_hwm = 0;
  uint64_t client_hwm = 0;
  std::vector<ResourceSample> samples;

  StageCost load() const;
  // The fastest of the daily runs: the others were disturbed more.
  const RunCost& daily() const;
};

struct NationFindings {
  NationOptions options;
  std::vector<NationStep> steps;
  uint64_t free_disk = 0;  // before the start
};

// Bytes a record takes on disk at most, loading included: with capsules, and without.
constexpr uint64_t kSettledBytesPerRecord = 900;
constexpr uint64_t kPendingBytesPerRecord = 450;

// Runs every step, each with an engine of its own whose data is gone before the next one starts. Errors:
// INVALID_ARGUMENT (no steps, or not ascending), RESOURCE_EXHAUSTED (the disk is too small for the largest step), and
// those of EngineUnderTest.
absl::StatusOr<NationFindings> RunNation(const NationOptions& options, const RunControl& control);

}  // namespace sabun::bench
