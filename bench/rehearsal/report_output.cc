#include "bench/rehearsal/report_output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "adapters/cli/interruption.h"
#include "adapters/cli/progress_bar.h"
#include "adapters/client/localized_status.h"
#include "bench/byte_sink.h"
#include "bench/rehearsal/html_report.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;
constexpr int kInterrupted = 130;

// A report that cannot be written would be found out after hours.
absl::Status CheckPlace(const std::string& path) {
  if (path.empty() || path == "-") return absl::OkStatus();
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (access(folder.c_str(), W_OK) == 0 && !std::filesystem::is_directory(path)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("cannot write ", path));
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  if (path.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(FileSink sink, FileSink::Open(path));
  RETURN_IF_ERROR(sink.Append(text));
  return sink.Close();
}

absl::Status Work(const OutputFlags& flags, const std::function<absl::StatusOr<Output>(const RunControl&)>& work) {
  RETURN_IF_ERROR(CheckPlace(flags.json));
  RETURN_IF_ERROR(CheckPlace(flags.html));
  const bool japanese = flags.lang == "ja";
  RunControl control;
  control.cancelled = &cli::WatchForInterruption();
  absl::StatusOr<Output> output = absl::CancelledError("");
  {
    cli::ProgressBar bar(true);
    control.tell = [&](const Words& what, double fraction) { bar.Show(what.In(japanese), fraction); };
    output = work(control);
  }
  RETURN_IF_ERROR(output.status());
  absl::PrintF("%s", ReportText(output->report, japanese));
  RETURN_IF_ERROR(WriteFile(flags.json, output->json.dump(2) + "\n"));
  return WriteFile(flags.html, HtmlReport(output->report));
}

}  // namespace

void AddOutputFlags(CLI::App* command, OutputFlags* flags) {
  command->add_option("--lang", flags->lang, "Language of the printed report: en or ja")
      ->check(CLI::IsMember({"en", "ja"}))
      ->capture_default_str();
  command->add_option("--json", flags->json, "Writes every figure to this file; - for standard output");
  command->add_option("--html", flags->html, "Writes one page with charts, in both languages, to this file");
}

void RunAndReport(const std::string& command, const OutputFlags& flags,
                  const std::function<absl::StatusOr<Output>(const RunControl&)>& work) {
  const absl::Status status = Work(flags, work);
  if (status.ok()) return;
  if (absl::IsCancelled(status)) {
    absl::FPrintF(stderr,
                  "sabun-bench %s: 中断しました。一時データは消しました。 / stopped; temporary data is removed\n",
                  command);
    throw CLI::RuntimeError(kInterrupted);
  }
  const client::ToldError told = client::Tell(status);
  const std::string text = flags.lang == "ja" ? told.message_ja : told.message_en;
  absl::FPrintF(stderr, "sabun-bench %s: %s\n", command, text);
  throw CLI::RuntimeError(absl::IsInvalidArgument(status) ? kWrongUse : kFailed);
}

}  // namespace sabun::bench
