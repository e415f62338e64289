#include "absl/time/time.h"
#include "bench/rehearsal/full_load_report.h"
#include "bench/rehearsal/process_facts.h"
#include "bench/rehearsal/run_report.h"

namespace sabun::bench {
namespace {

Json OrNull(const std::optional<uint64_t>& value) { return value.has_value() ? Json(*value) : Json(nullptr); }

Json LineJson(const LinearCost& line) { return {{"fixed", line.fixed}, {"per_record", line.per_record}}; }

Json SizeJson(const SizeFindings& findings) {
  Json days = Json::array();
  Json submissions = Json::array();
  for (const RunCost& run : findings.days) days.push_back(RunJson(run));
  for (const SubmissionCost& submission : findings.day_submissions) submissions.push_back(SubmissionJson(submission));
  return {{"records", findings.records},
          {"first_load", RunJson(findings.first_load)},
          {"submission_unhindered", SubmissionJson(findings.unhindered)},
          {"submission_paced", SubmissionJson(findings.paced)},
          {"submission_more", SubmissionJson(findings.more)},
          {"submission_settled", SubmissionJson(findings.at_once)},
          {"unchanged", RunJson(findings.unchanged)},
          {"days", std::move(days)},
          {"day_submissions", std::move(submissions)},
          {"disk_loaded_bytes", findings.disk_loaded},
          {"disk_peak_bytes", findings.disk_peak},
          {"disk_in_step_bytes", findings.disk_in_step},
          {"disk_at_end_bytes", findings.disk_at_end},
          {"engine_peak_bytes", findings.engine_peak},
          {"engine_vmhwm_bytes", findings.engine_hwm},
          {"client_peak_bytes", findings.client_peak},
          {"client_vmhwm_bytes", findings.client_hwm},
          {"records_at_end", findings.records_at_end},
          {"accepted_at_end", findings.accepted_at_end},
          {"held_at_end", OrNull(findings.held_at_end)}};
}

}  // namespace

Json FullLoadJson(const FullLoadFindings& findings) {
  const FullLoadOptions& options = findings.options;
  const double load_seconds = absl::ToDoubleSeconds(findings.full.first_load.whole().time);
  const double hub_seconds = SecondsAt(static_cast<double>(findings.full.first_load.counts.added()), findings.hub_rate);
  return {{"command", "full-load"},
          {"options",
           {{"records", options.input.records},
            {"file", options.input.csv.path},
            {"change_rate", options.input.change_rate},
            {"seed", options.input.seed},
            {"days", options.days},
            {"hub_records_per_second", options.hub.records_per_second},
            {"hub_latency_seconds", absl::ToDoubleSeconds(options.hub.latency)},
            {"window_hours", options.window_hours}}},
          {"machine",
           {{"processor", ProcessorName()},
            {"memory_bytes", MachineMemory()},
            {"available_memory_bytes", findings.available_memory},
            {"free_disk_bytes", findings.free_disk}}},
          {"full", SizeJson(findings.full)},
          {"quarter", SizeJson(findings.quarter)},
          {"forecast",
           {{"hub_records_per_second", findings.hub_rate},
            {"hub_seconds", hub_seconds},
            {"in_step_seconds", load_seconds + hub_seconds},
            {"daily_seconds", findings.daily_run.At(static_cast<double>(findings.full.records))},
            {"disk_growth_bytes_per_day", findings.growth_per_day},
            {"disk_after_year_bytes", findings.disk_after_year},
            {"first_load_seconds", LineJson(findings.first_load)},
            {"daily_run_seconds", LineJson(findings.daily_run)},
            {"disk_peak_bytes", LineJson(findings.disk_peak)},
            {"disk_after_year", LineJson(findings.disk_year)},
            {"memory_bytes", LineJson(findings.memory)},
            {"limit_records",
             {{"disk", OrNull(findings.limits.disk)},
              {"memory", OrNull(findings.limits.memory)},
              {"window", OrNull(findings.limits.window)}}}}}};
}

}  // namespace sabun::bench
