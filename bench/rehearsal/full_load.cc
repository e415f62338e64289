#include "bench/rehearsal/full_load.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "adapters/cli/text_layout.h"
#include "adapters/pmh/hub_profile.h"
#include "bench/rehearsal/process_facts.h"
#include "bench/rehearsal/settlement.h"
#include "bench/rehearsal/work_directory.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

constexpr absl::Duration kSampleTime = absl::Minutes(1);
// One size of a rehearsal: fills `findings` from one step to the next.
class SizeRehearsal {
 public:
  SizeRehearsal(const FullLoadOptions& options, const RehearsalInput& input, const RunControl& control)
      : options_(options), input_(input), control_(control) {}

  // `records` = 0: all rows of the file. `with_hub`: false settles everything at once.
  absl::StatusOr<SizeFindings> Run(const std::string& directory, uint64_t records, uint32_t days, bool with_hub) {
    records_ = records;
    ASSIGN_OR_RETURN(engine_, EngineUnderTest::Start(directory, input_.profile_toml()));
    if (with_hub) {
      ASSIGN_OR_RETURN(hub_, HubUnderTest::Start(directory));
    }
    RETURN_IF_ERROR(Load());
    RETURN_IF_ERROR(Settle());
    ASSIGN_OR_RETURN(findings_.unchanged, Take("unchanged", 0));
    ASSIGN_OR_RETURN(findings_.disk_in_step, engine_->DiskAtRest(control_));
    for (uint32_t day = 1; day <= days; ++day) RETURN_IF_ERROR(Day(day));
    RETURN_IF_ERROR(Check());
    ASSIGN_OR_RETURN(findings_.disk_at_end, engine_->DiskAtRest(control_));
    RETURN_IF_ERROR(Finish());
    return std::move(findings_);
  }

 private:
  absl::StatusOr<RunCost> Take(const std::string& id, uint32_t day) {
    ASSIGN_OR_RETURN(const DayInput input, input_.OpenDay(day, records_, engine_->shape()));
    ASSIGN_OR_RETURN(RunCost run, engine_->Take(id, *input.rows, control_));
    findings_.disk_peak = std::max({findings_.disk_peak, run.highest.disk_bytes, run.disk_bytes});
    return run;
  }

  absl::Status Load() {
    ASSIGN_OR_RETURN(findings_.first_load, Take("first_load", 0));
    findings_.records = findings_.first_load.counts.received();
    findings_.disk_loaded = findings_.first_load.disk_bytes;
    return absl::OkStatus();
  }

  // First a sample with the hub's latency alone, then one at its rate, then as much as the stand-in shall hold without
  // either, then the rest without it.
  absl::Status Settle() {
    findings_.at_once.left = findings_.first_load.counts.added();
    if (hub_ != nullptr) RETURN_IF_ERROR(SettleAtHub());
    if (findings_.at_once.left == 0) return absl::OkStatus();
    hub_holds_all_ = false;
    ASSIGN_OR_RETURN(findings_.at_once, SettleAtOnce(*engine_, control_));
    return absl::OkStatus();
  }

  absl::Status SettleAtHub() {
    ASSIGN_OR_RETURN(const HubProfile hub, ParseHubProfile(input_.profile_toml()));
    const uint64_t round = uint64_t{hub.max_concurrency} * hub.max_records;
    // Whole rounds of posts, so that a sample does not end in the middle of one.
    const uint64_t wanted = std::min(options_.paced_records, findings_.at_once.left / 4 + 1);
    const SampleBounds sample = {(wanted + round - 1) / round * round, kSampleTime};
    RETURN_IF_ERROR(hub_->SetPace(absl::ZeroDuration(), options_.hub.latency));
    ASSIGN_OR_RETURN(findings_.unhindered, Submit(sample));
    findings_.at_once.left = findings_.unhindered.left;
    if (findings_.at_once.left == 0) return absl::OkStatus();
    const absl::Duration delay = PostDelay(options_.hub, static_cast<double>(round), findings_.unhindered.rate());
    RETURN_IF_ERROR(hub_->SetPace(delay, options_.hub.latency));
    ASSIGN_OR_RETURN(findings_.paced, Submit(sample));
    findings_.at_once.left = findings_.paced.left;
    RETURN_IF_ERROR(hub_->SetPace(absl::ZeroDuration(), absl::ZeroDuration()));
    const uint64_t sent = findings_.unhindered.accepted + findings_.paced.accepted;
    if (findings_.at_once.left == 0 || sent >= options_.hub_records) return absl::OkStatus();
    const uint64_t room = options_.hub_records - sent;
    const bool all = findings_.at_once.left <= room;
    ASSIGN_OR_RETURN(findings_.more, Submit({all ? UINT64_MAX : room, absl::InfiniteDuration()}));
    findings_.at_once.left = findings_.more.left;
    return absl::OkStatus();
  }

  absl::StatusOr<SubmissionCost> Submit(const SampleBounds& bounds) {
    return SubmitToHub(*engine_, input_.profile_toml(), hub_->url(), bounds, control_);
  }

  absl::Status Day(uint32_t day) {
    ASSIGN_OR_RETURN(const RunCost run, Take(absl::StrCat("day_", day), day));
    findings_.days.push_back(run);
    const bool to_hub = hub_ != nullptr && hub_holds_all_;
    ASSIGN_OR_RETURN(const SubmissionCost submission, to_hub ? Submit({}) : SettleAtOnce(*engine_, control_));
    findings_.day_submissions.push_back(submission);
    return absl::OkStatus();
  }

  // The engine, and the stand-in if it got everything, must hold what the last day says.
  absl::Status Check() {
    ASSIGN_OR_RETURN(const v1::DatasetStatus status, engine_->Status());
    findings_.records_at_end = status.records();
    findings_.accepted_at_end = status.accepted_records();
    if (hub_ == nullptr || !hub_holds_all_) return absl::OkStatus();
    ASSIGN_OR_RETURN(findings_.held_at_end, hub_->Held());
    if (*findings_.held_at_end == findings_.accepted_at_end) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("the hub holds ", *findings_.held_at_end, " records, the engine believes ",
                                            findings_.accepted_at_end));
  }

  absl::Status Finish() {
    findings_.samples = engine_->samples();
    for (const ResourceSample& sample : findings_.samples) {
      findings_.engine_peak = std::max(findings_.engine_peak, sample.engine_bytes);
      findings_.client_peak = std::max(findings_.client_peak, sample.client_bytes);
      findings_.disk_peak = std::max(findings_.disk_peak, sample.disk_bytes);
    }
    findings_.engine_hwm = engine_->PeakMemory();
    findings_.client_hwm = MemoryOf(getpid()).peak_bytes;
    if (hub_ != nullptr) RETURN_IF_ERROR(hub_->Stop());
    return engine_->Stop();
  }

  const FullLoadOptions& options_;
  const RehearsalInput& input_;
  const RunControl& control_;
  uint64_t records_ = 0;
  std::unique_ptr<EngineUnderTest> engine_;
  std::unique_ptr<HubUnderTest> hub_;  // null: everything is settled at once
  bool hub_holds_all_ = true;
  SizeFindings findings_;
};

absl::StatusOr<SizeFindings> RunSize(const FullLoadOptions& options, const RehearsalInput& input,
                                     const RunControl& control, uint64_t records, uint32_t days, bool with_hub) {
  ASSIGN_OR_RETURN(const std::unique_ptr<WorkDirectory> directory, WorkDirectory::Create(options.parent));
  return SizeRehearsal(options, input, control).Run(directory->path(), records, days, with_hub);
}

absl::Status CheckDisk(const RehearsalInput& input, uint64_t free) {
  const uint64_t need = input.AboutRecords() * kLoadBytesPerRecord;
  if (need <= free) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the rehearsal needs about ", cli::GroupDigits(need >> 20),
                                                   " MiB of disk, ", cli::GroupDigits(free >> 20),
                                                   " MiB are free; give another place with --data-dir-parent"));
}

LinearCost Line(const FullLoadFindings& findings, double quarter, double full) {
  return LineThrough({static_cast<double>(findings.quarter.records), quarter},
                     {static_cast<double>(findings.full.records), full});
}

}  // namespace

void Forecast(FullLoadFindings* findings) {
  const SizeFindings& full = findings->full;
  const SizeFindings& quarter = findings->quarter;
  const double records = static_cast<double>(std::max<uint64_t>(1, full.records));
  // Too few records for a second sample: then the first one, which is not faster than the hub is said to be.
  findings->hub_rate = full.paced.rate() > 0 ? full.paced.rate() : full.unhindered.rate();
  const double said = findings->options.hub.records_per_second;
  if (said > 0) findings->hub_rate = std::min(findings->hub_rate, said);
  const double in_step = static_cast<double>(full.disk_in_step);
  findings->growth_per_day =
      GrowthPerDay(in_step, static_cast<double>(full.disk_at_end), static_cast<uint32_t>(full.days.size()));
  findings->disk_after_year = in_step + findings->growth_per_day * kDaysOfAYear;
  findings->first_load = Line(*findings, absl::ToDoubleSeconds(quarter.first_load.whole().time),
                              absl::ToDoubleSeconds(full.first_load.whole().time));
  findings->disk_peak = Line(*findings, static_cast<double>(quarter.disk_peak), static_cast<double>(full.disk_peak));
  findings->disk_year = Line(*findings, static_cast<double>(quarter.disk_in_step), in_step) +
                        LinearCost{0, findings->growth_per_day * kDaysOfAYear / records};
  findings->memory = Line(*findings, static_cast<double>(quarter.engine_peak + quarter.client_peak),
                          static_cast<double>(full.engine_peak + full.client_peak));
  if (!full.days.empty() && !quarter.days.empty()) {
    const auto slower = [](const RunCost& a, const RunCost& b) { return a.whole().time < b.whole().time; };
    const RunCost& slowest = *std::max_element(full.days.begin(), full.days.end(), slower);
    const double changes = static_cast<double>(slowest.changes()) / records;
    findings->daily_run = Line(*findings, absl::ToDoubleSeconds(quarter.days.front().whole().time),
                               absl::ToDoubleSeconds(slowest.whole().time)) +
                          LinearCost{0, SecondsAt(changes, findings->hub_rate)};
  }
  findings->limits.disk = Smaller(RecordsWithin(findings->disk_peak, static_cast<double>(findings->free_disk)),
                                  RecordsWithin(findings->disk_year, static_cast<double>(findings->free_disk)));
  findings->limits.memory = RecordsWithin(findings->memory, static_cast<double>(findings->available_memory));
  findings->limits.window = RecordsWithin(findings->daily_run, findings->options.window_hours * 3600);
}

absl::StatusOr<FullLoadFindings> RunFullLoad(const FullLoadOptions& options, const RunControl& control) {
  FullLoadFindings findings;
  findings.options = options;
  ASSIGN_OR_RETURN(const RehearsalInput input, RehearsalInput::Create(options.input));
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<WorkDirectory> probe, WorkDirectory::Create(options.parent));
    ASSIGN_OR_RETURN(findings.free_disk, FreeDisk(probe->path()));
  }
  findings.available_memory = AvailableMemory();
  RETURN_IF_ERROR(CheckDisk(input, findings.free_disk));
  const uint64_t all = input.from_file() ? 0 : options.input.records;
  const uint64_t quarter = std::max<uint64_t>(1, input.AboutRecords() / 4);
  // The quarter first: memory that a process once had does not come back, and would hide what the quarter needs.
  ASSIGN_OR_RETURN(findings.quarter, RunSize(options, input, control, quarter, 1, false));
  ASSIGN_OR_RETURN(findings.full, RunSize(options, input, control, all, options.days, true));
  Forecast(&findings);
  return findings;
}

}  // namespace sabun::bench
