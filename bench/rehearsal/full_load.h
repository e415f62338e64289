// The rehearsal of a migration and of the days after it, with the real programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/rehearsal/engine_under_test.h"
#include "bench/rehearsal/forecast.h"
#include "bench/rehearsal/hub_under_test.h"
#include "bench/rehearsal/rehearsal_input.h"
#include "bench/rehearsal/run_cost.h"

namespace sabun::bench {

struct FullLoadOptions {
  InputOptions input;
  HubPace hub;
  uint32_t days = 3;
  double window_hours = 8;          // the night in which a daily run has to end
  uint64_t paced_records = 20'000;  // of each of two samples, or as many as a minute takes
  uint64_t hub_records = 200'000;   // sent to the stand-in in all; the rest is settled at once
  std::string parent;               // where the data directory is made
};

// One engine, from an empty hub to the last day.
struct SizeFindings {
  uint64_t records = 0;  // rows of day 0
  RunCost first_load;
  // What was sent of the first load; those that did not happen have no records.
  SubmissionCost unhindered;  // a sample with the hub's latency alone
  SubmissionCost paced;       // a sample at the hub's rate
  SubmissionCost more;        // as fast as the programs can
  SubmissionCost at_once;     // the rest, settled without a hub
  RunCost unchanged;
  std::vector<RunCost> days;
  std::vector<SubmissionCost> day_submissions;
  uint64_t disk_loaded = 0;   // after the first load, nothing accepted yet
  uint64_t disk_in_step = 0;  // at rest, everything accepted
  uint64_t disk_at_end = 0;   // the same after the last day
  uint64_t disk_peak = 0;
  uint64_t engine_peak = 0;  // anonymous memory
  uint64_t client_peak = 0;  // the same of this process
  uint64_t engine_hwm = 0;   // VmHWM
  uint64_t client_hwm = 0;
  uint64_t records_at_end = 0;          // what the engine wants at the hub after the last day
  uint64_t accepted_at_end = 0;         // what it knows to be there
  std::optional<uint64_t> held_at_end;  // what the stand-in holds, when everything was sent to it
  std::vector<ResourceSample> samples;
};

// Where this machine would no longer do.
struct Limits {
  std::optional<uint64_t> disk;  // nothing: never
  std::optional<uint64_t> memory;
  std::optional<uint64_t> window;
};

struct FullLoadFindings {
  FullLoadOptions options;
  SizeFindings full;
  SizeFindings quarter;           // the same with a quarter of the records, one day, no hub
  uint64_t free_disk = 0;         // before the start
  uint64_t available_memory = 0;  // before the start

  double hub_rate = 0;        // records a second, as the sample at its rate came to
  double growth_per_day = 0;  // bytes
  double disk_after_year = 0;
  LinearCost first_load;  // seconds, without the hub
  LinearCost daily_run;   // seconds, the hub included
  LinearCost disk_peak;   // bytes, of the first load
  LinearCost disk_year;   // bytes, after a year of days
  LinearCost memory;      // bytes, both programs
  Limits limits;
};

// About the bytes that a record takes on disk while it is loaded, by experience; a machine with less is not tried.
constexpr uint64_t kLoadBytesPerRecord = 1'000;

// Runs the rehearsal twice: with a quarter of the records, then with all, so that fixed costs can be told from growing
// ones. Everything it makes on disk is gone when it returns. Errors: RESOURCE_EXHAUSTED (the disk is too small),
// NOT_FOUND (a program is missing), CANCELLED, INTERNAL (books that do not balance), and those of the programs.
absl::StatusOr<FullLoadFindings> RunFullLoad(const FullLoadOptions& options, const RunControl& control);

// Fills what is computed from the measurements.
void Forecast(FullLoadFindings* findings);

}  // namespace sabun::bench
