#include "bench/rehearsal/nation_command.h"

#include <algorithm>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "bench/rehearsal/nation.h"
#include "bench/rehearsal/nation_report.h"
#include "bench/rehearsal/report_output.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

constexpr uint64_t kMostRecordsOfAStep = 1'000'000'000;

struct Arguments {
  NationOptions options;
  OutputFlags output;
  std::string steps;
  uint64_t records = 125'000'000;
  bool no_settle = false;
};

// Without --steps: a twenty-fifth, a fifth, and all of the records.
std::vector<uint64_t> StepsUpTo(uint64_t records) {
  std::vector<uint64_t> steps;
  for (const uint64_t divisor : {25, 5, 1}) {
    if (records / divisor > 0) steps.push_back(records / divisor);
  }
  return steps;
}

absl::StatusOr<Output> Run(const Arguments& arguments, const RunControl& control) {
  NationOptions options = arguments.options;
  options.settle = !arguments.no_settle;
  options.steps = StepsUpTo(arguments.records);
  if (!arguments.steps.empty()) {
    ASSIGN_OR_RETURN(options.steps, ParseSteps(arguments.steps));
  }
  ASSIGN_OR_RETURN(const NationFindings findings, RunNation(options, control));
  return Output{NationReport(findings), NationJson(findings)};
}

}  // namespace

absl::StatusOr<std::vector<uint64_t>> ParseSteps(const std::string& text) {
  std::vector<uint64_t> steps;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    uint64_t unit = 1;
    if (absl::ConsumeSuffix(&part, "M")) unit = 1'000'000;
    if (unit == 1 && absl::ConsumeSuffix(&part, "k")) unit = 1'000;
    uint64_t number = 0;
    if (!absl::SimpleAtoi(part, &number) || number == 0 || number > kMostRecordsOfAStep / unit) {
      return absl::InvalidArgumentError(
          absl::StrCat("--steps is a list like 5M,25M,125M, up to ", kMostRecordsOfAStep));
    }
    steps.push_back(number * unit);
  }
  return steps;
}

void AddNationCommand(CLI::App* program) {
  auto arguments = std::make_shared<Arguments>();
  NationOptions& options = arguments->options;
  CLI::App* const command =
      program->add_subcommand("nation", "Measures what a record costs when there are 125,000,000 of them");
  CLI::Option* const records = command->add_option("--records", arguments->records, "Records of the largest step")
                                   ->check(CLI::Range(1.0, 1e9))
                                   ->capture_default_str();
  command->add_option("--steps", arguments->steps, "Sizes, ascending, like 5M,25M,125M; each has an engine of its own")
      ->excludes(records);
  command->add_option("--change-rate", options.change_rate, "Share of records with a change, a day")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Which country")->capture_default_str();
  command->add_option("--days", options.days, "Daily runs of each step")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command
      ->add_option("--load-days", options.load_days,
                   "Snapshots in which the first load comes, each with more of the records: less is spilled at a time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_flag("--no-settle", arguments->no_settle,
                    "Leave everything pending: no capsules, so less disk and time, but not the state of every day");
  command->add_option("--threads", options.threads, "Threads of the generator; 0: one for each processor")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command
      ->add_option("--data-dir-parent", options.parent,
                   "Where the temporary data goes ($TMPDIR without it); about 900 bytes a record, 450 with --no-settle")
      ->check(CLI::ExistingDirectory);
  AddOutputFlags(command, &arguments->output);
  command->callback([arguments] {
    RunAndReport("nation", arguments->output, [&](const RunControl& control) { return Run(*arguments, control); });
  });
}

}  // namespace sabun::bench
