#include "bench/generate_command.h"

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "bench/generator.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

struct GenerateArguments {
  GeneratorOptions options;
  std::string out;
  std::string truth;
};

absl::StatusOr<DayCounts> Generate(const GenerateArguments& arguments) {
  RETURN_IF_ERROR(ValidateOptions(arguments.options));  // Before a file is emptied.
  ASSIGN_OR_RETURN(FileSink rows, FileSink::Open(arguments.out));
  if (arguments.truth.empty()) {
    ASSIGN_OR_RETURN(const DayCounts counts, WriteDay(arguments.options, &rows, nullptr));
    RETURN_IF_ERROR(rows.Close());
    return counts;
  }
  ASSIGN_OR_RETURN(FileSink truth, FileSink::Open(arguments.truth));
  ASSIGN_OR_RETURN(const DayCounts counts, WriteDay(arguments.options, &rows, &truth));
  RETURN_IF_ERROR(rows.Close());
  RETURN_IF_ERROR(truth.Close());
  return counts;
}

void Run(const GenerateArguments& arguments) {
  const absl::StatusOr<DayCounts> counts = Generate(arguments);
  if (!counts.ok()) {
    absl::FPrintF(stderr, "sabun-bench generate: %s\n", std::string(counts.status().message()));
    throw CLI::RuntimeError(absl::IsInvalidArgument(counts.status()) ? 2 : 1);
  }
  absl::FPrintF(stderr, "%d rows, %d bytes; added %d, updated %d, reissued %d, deleted %d, cosmetic %d, invalid %d\n",
                counts->rows, counts->bytes, counts->added, counts->updated, counts->reissued, counts->deleted,
                counts->cosmetic, counts->invalid);
}

}  // namespace

void AddGenerateCommand(CLI::App* program) {
  static const std::map<std::string, Encoding> kEncodings = {{"utf-8", Encoding::kUtf8}, {"cp932", Encoding::kCp932}};
  auto arguments = std::make_shared<GenerateArguments>();
  GeneratorOptions& options = arguments->options;
  CLI::App* command = program->add_subcommand("generate", "Writes a synthetic extract of one day");
  command->add_option("--records", options.records, "Records on day 0")->required();
  command->add_option("--seed", options.seed, "Which municipality")->capture_default_str();
  command->add_option("--day", options.day, "Day of the series, from 0")->capture_default_str();
  command->add_option("--change-rate", options.change_rate, "Share of records with a change, a day")
      ->capture_default_str();
  command->add_option("--encoding", options.style.encoding, "utf-8 or cp932")
      ->transform(CLI::CheckedTransformer(kEncodings, CLI::ignore_case));
  command->add_flag("--wareki", options.style.wareki, "A share of the dates in Japanese eras");
  command->add_flag("--padding", options.style.padding, "Padding spaces and half-width kana in a share of the rows");
  command->add_option("--error-rate", options.error_rate, "Share of rows that break a rule")->capture_default_str();
  command
      ->add_option("--hub-reject-rate", options.hub_reject_rate,
                   "Share of the day's added and updated records with incomeSegment X9")
      ->capture_default_str();
  command->add_flag("--corrected", options.corrected,
                    "The same day again, without what --error-rate and --hub-reject-rate plant");
  command->add_flag("--partial", options.partial, "Only the day's changes, with a leading column `operation`");
  command->add_flag("--half", options.half, "Ends in the middle of the row in the middle");
  command->add_option("--truth", arguments->truth, "Where the true list of changes goes (ndjson)");
  command->add_option("--out", arguments->out, "Where the extract goes; - for standard output")->required();
  command->callback([arguments] { Run(*arguments); });
}

}  // namespace sabun::bench
