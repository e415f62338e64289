#include "bench/rehearsal/nation.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/cli/text_layout.h"
#include "bench/rehearsal/builtin_profile.h"
#include "bench/rehearsal/generated_source.h"
#include "bench/rehearsal/process_facts.h"
#include "bench/rehearsal/settlement.h"
#include "bench/rehearsal/work_directory.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

// Takes the first `records` of a day in. Fingerprints are made of the state, so that the generator leaves the
// processors to the engine.
absl::StatusOr<RunCost> TakeDay(EngineUnderTest& engine, const NationOptions& options, const std::string& id,
                                uint32_t day, uint64_t records, const RunControl& control) {
  GeneratedSource::Options generated;
  generated.day.records = records;
  generated.day.seed = options.seed;
  generated.day.day = day;
  generated.day.change_rate = options.change_rate;
  generated.input = FingerprintInput::kState;
  generated.threads = options.threads;
  ASSIGN_OR_RETURN(const std::unique_ptr<GeneratedSource> source, GeneratedSource::Create(generated));
  return engine.Take(id, *source, control);
}

absl::Status Measure(EngineUnderTest& engine, const NationOptions& options, const RunControl& control,
                     NationStep* step) {
  for (uint32_t part = 1; part <= options.load_days; ++part) {
    const uint64_t records = step->records * part / options.load_days;
    const std::string id = options.load_days == 1 ? "first_load" : absl::StrCat("load_", part);
    ASSIGN_OR_RETURN(const RunCost load, TakeDay(engine, options, id, 0, records, control));
    step->loads.push_back(load);
  }
  step->disk_loaded = step->loads.back().disk_bytes;
  if (options.settle) {
    ASSIGN_OR_RETURN(step->settled, SettleAtOnce(engine, control));
  }
  ASSIGN_OR_RETURN(step->unchanged, TakeDay(engine, options, "unchanged", 0, step->records, control));
  for (uint32_t day = 1; day <= options.days; ++day) {
    ASSIGN_OR_RETURN(const RunCost run,
                     TakeDay(engine, options, absl::StrCat("day_", day), day, step->records, control));
    step->days.push_back(run);
    if (options.settle) RETURN_IF_ERROR(SettleAtOnce(engine, control).status());
  }
  ASSIGN_OR_RETURN(step->disk_settled, engine.DiskAtRest(control));
  step->samples = engine.samples();
  for (const ResourceSample& sample : step->samples) {
    step->engine_peak = std::max(step->engine_peak, sample.engine_bytes);
    step->client_peak = std::max(step->client_peak, sample.client_bytes);
    step->disk_peak = std::max(step->disk_peak, sample.disk_bytes);
  }
  step->engine_hwm = engine.PeakMemory();
  step->client_hwm = MemoryOf(getpid()).peak_bytes;
  return engine.Stop();
}

absl::StatusOr<NationStep> RunStep(const NationOptions& options, uint64_t records, const RunControl& control) {
  const RunControl named = {
      control.cancelled, [&](const Words& what, double fraction) {
        const std::string count = cli::GroupDigits(records);
        control.tell({absl::StrCat(count, "件 ", what.ja), absl::StrCat(count, ": ", what.en)}, fraction);
      }};
  NationStep step;
  step.records = records;
  ASSIGN_OR_RETURN(const std::unique_ptr<WorkDirectory> directory, WorkDirectory::Create(options.parent));
  ASSIGN_OR_RETURN(const std::unique_ptr<EngineUnderTest> engine,
                   EngineUnderTest::Start(directory->path(), std::string(BuiltinProfile())));
  RETURN_IF_ERROR(Measure(*engine, options, named, &step));
  return step;
}

absl::Status Check(const NationOptions& options, uint64_t free) {
  if (options.steps.empty() || options.steps.front() == 0) return absl::InvalidArgumentError("there are no steps");
  if (!std::is_sorted(options.steps.begin(), options.steps.end())) {
    return absl::InvalidArgumentError("the steps do not ascend");
  }
  const uint64_t need = options.steps.back() * (options.settle ? kSettledBytesPerRecord : kPendingBytesPerRecord);
  if (need <= free) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(cli::GroupDigits(options.steps.back()), " records need about ", cli::GroupDigits(need >> 30),
                   " GiB of disk, ", cli::GroupDigits(free >> 30), " GiB are free; ",
                   options.settle ? "--no-settle needs less; " : "", "--data-dir-parent takes another disk"));
}

}  // namespace

StageCost NationStep::load() const {
  StageCost all;
  for (const RunCost& run : loads) all = all + run.whole();
  all.records = records;
  return all;
}

const RunCost& NationStep::daily() const {
  return *std::min_element(days.begin(), days.end(), [](const RunCost& a, const RunCost& b) {
    return a.whole().engine_cpu < b.whole().engine_cpu;
  });
}

absl::StatusOr<NationFindings> RunNation(const NationOptions& options, const RunControl& control) {
  NationFindings findings;
  findings.options = options;
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<WorkDirectory> probe, WorkDirectory::Create(options.parent));
    ASSIGN_OR_RETURN(findings.free_disk, FreeDisk(probe->path()));
  }
  RETURN_IF_ERROR(Check(options, findings.free_disk));
  for (const uint64_t records : options.steps) {
    ASSIGN_OR_RETURN(NationStep step, RunStep(options, records, control));
    findings.steps.push_back(std::move(step));
  }
  return findings;
}

}  // namespace sabun::bench
