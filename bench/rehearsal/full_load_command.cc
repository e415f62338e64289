#include "bench/rehearsal/full_load_command.h"

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "bench/rehearsal/full_load.h"
#include "bench/rehearsal/full_load_report.h"
#include "bench/rehearsal/report_output.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

struct Arguments {
  FullLoadOptions options;
  OutputFlags output;
  std::string encoding = "utf-8";
  double latency_ms = 0;
};

absl::StatusOr<Output> Rehearse(const Arguments& arguments, const RunControl& control) {
  FullLoadOptions options = arguments.options;
  ASSIGN_OR_RETURN(options.input.csv.encoding, file::ParseEncoding(arguments.encoding));
  options.hub.latency = absl::Milliseconds(arguments.latency_ms);
  ASSIGN_OR_RETURN(const FullLoadFindings findings, RunFullLoad(options, control));
  return Output{FullLoadReport(findings), FullLoadJson(findings)};
}

void AddInputFlags(CLI::App* command, Arguments* arguments) {
  InputOptions& input = arguments->options.input;
  CLI::Option_group* const source = command->add_option_group("source", "What is taken in");
  CLI::Option* const records =
      source->add_option("--records", input.records, "Synthetic records")->check(CLI::Range(1.0, 1e10));
  CLI::Option* const file =
      source->add_option("--file", input.csv.path, "A real extract, CSV")->check(CLI::ExistingFile);
  source->require_option(1);
  command->add_option("--profile", input.profile, "Profile of the file; the built-in PMH profile without it")
      ->check(CLI::ExistingFile)
      ->excludes(records);
  command->add_option("--encoding", arguments->encoding, "utf-8 or cp932, of the file")->needs(file);
  command->add_option("--change-rate", input.change_rate, "Share of records with a change, a day")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--seed", input.seed, "Which municipality, which changes")->capture_default_str();
}

}  // namespace

void AddFullLoadCommand(CLI::App* program) {
  auto arguments = std::make_shared<Arguments>();
  FullLoadOptions& options = arguments->options;
  CLI::App* const command = program->add_subcommand(
      "full-load", "Rehearses a migration and the days after it: how long it takes, and whether it fits");
  AddInputFlags(command, arguments.get());
  command->add_option("--days", options.days, "Days after the first load")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--hub-rate", options.hub.records_per_second, "Records a second the hub takes; 0: no limit")
      ->check(CLI::Range(0.0, 1e7))
      ->capture_default_str();
  command->add_option("--hub-latency", arguments->latency_ms, "Milliseconds the hub takes to answer a call")
      ->check(CLI::Range(0.0, 60'000.0))
      ->capture_default_str();
  command
      ->add_option("--hub-sample", options.paced_records,
                   "Records sent at the hub's rate, or as many as a minute takes")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  command
      ->add_option("--hub-records", options.hub_records,
                   "Records sent to the stand-in in all (about 2 kB of memory each); the rest is settled without it")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  command->add_option("--window", options.window_hours, "Hours of the night in which a day's run must end")
      ->check(CLI::Range(0.001, 24.0))
      ->capture_default_str();
  command->add_option("--data-dir-parent", options.parent, "Where the temporary data goes; $TMPDIR without it")
      ->check(CLI::ExistingDirectory);
  AddOutputFlags(command, &arguments->output);
  command->callback([arguments] {
    RunAndReport("full-load", arguments->output,
                 [&](const RunControl& control) { return Rehearse(*arguments, control); });
  });
}

}  // namespace sabun::bench
