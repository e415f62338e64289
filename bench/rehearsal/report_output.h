// What the commands of this folder share: flags, progress, where reports go, how they end.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/rehearsal/engine_under_test.h"
#include "bench/rehearsal/report.h"

namespace sabun::bench {

// Where a report goes.
struct OutputFlags {
  std::string lang = "en";
  std::string json;  // file names; empty: none
  std::string html;
};

// Adds --lang, --json and --html.
void AddOutputFlags(CLI::App* command, OutputFlags* flags);

// A report in its three forms.
struct Output {
  Report report;
  nlohmann::ordered_json json;
};

// Runs `work` with a progress bar on a terminal and Ctrl-C as cancellation, then prints the report and writes the
// files. Whether the files can be written is tried first. A failure is told on standard error and leaves through
// CLI::RuntimeError: 2 for wrong use, 130 after Ctrl-C, else 1.
void RunAndReport(const std::string& command, const OutputFlags& flags,
                  const std::function<absl::StatusOr<Output>(const RunControl&)>& work);

}  // namespace sabun::bench
