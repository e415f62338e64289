#include "adapters/cli/file_snapshot.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "adapters/cli/error_report.h"
#include "adapters/cli/interruption.h"
#include "adapters/cli/progress_bar.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/csv_source.h"

namespace sabun::cli {
namespace {

void ShowProgress(const CommandContext& context, const client::SyncProgress& progress, ProgressBar& bar) {
  using Stage = client::SyncProgress::Stage;
  const std::string rows = GroupDigits(progress.rows);
  switch (progress.stage) {
    case Stage::kFingerprints:
      return bar.Show(context.Say(text::kReading, {rows}), progress.fraction);
    case Stage::kComparing:
      return bar.Show(context.Say(text::kComparing, {rows}), -1);
    case Stage::kRecords:
      return bar.Show(context.Say(text::kSendingRows, {rows}), -1);
    case Stage::kSealing:
      return bar.Show(context.Say(text::kSealing), -1);
    case Stage::kReconnecting:
      return bar.Show(context.Say(text::kReconnecting, {rows}), -1);
  }
}

absl::Status Stopped() {
  return client::LocalizedError(absl::StatusCode::kCancelled,
                                {"STOPPED", text::kPushStopped.ja, text::kPushStopped.en});
}

// Tells the warnings after the first `told`. Returns how many there are.
size_t TellWarnings(const CommandContext& context, const file::CsvSource& source, size_t told) {
  for (; told < source.warnings().size(); ++told) {
    const client::ToldError& warning = source.warnings()[told];
    context.Note(
        absl::StrCat(context.Say(text::kWarning), ": ", context.english ? warning.message_en : warning.message_ja));
  }
  return told;
}

// Errors come before warnings, so that many warnings do not hide them.
void TellRowErrors(const CommandContext& context, std::vector<v1::RowError> errors, const std::string& path,
                   file::CsvSource& source) {
  std::stable_partition(errors.begin(), errors.end(), [](const v1::RowError& error) { return !error.warning(); });
  for (size_t i = 0; i < errors.size() && i < kErrorsShown; ++i) {
    const v1::RowError& error = errors[i];
    const std::string place = absl::StrCat(path, ":", source.LineOf(error.ordinal()), ": ", error.code());
    context.Note(absl::StrCat(place, error.field().empty() ? "" : " ", error.field(), ": ",
                              error.warning() ? "[注意/warning] " : "", error.message_ja(), " / ", error.message_en()));
  }
  if (errors.size() > kErrorsShown) {
    context.Note(absl::StrCat(context.Say(text::kRowErrors, {GroupDigits(errors.size() - kErrorsShown)}), " ",
                              context.Say(text::kRowErrorsHint)));
  }
}

// The byte order mark is for the spreadsheet program in which officers open the file.
absl::Status WriteRowErrors(const std::vector<v1::RowError>& errors, const std::string& path, file::CsvSource& source) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << "\xEF\xBB\xBFline,row,code,field,severity,message_ja,message_en\r\n";
  for (const v1::RowError& error : errors) {
    out << CsvLine({absl::StrCat(source.LineOf(error.ordinal())), absl::StrCat(error.ordinal() + 1), error.code(),
                    error.field(), error.warning() ? "warning" : "error", error.message_ja(), error.message_en()})
        << "\r\n";
  }
  out.flush();
  if (out) return absl::OkStatus();
  return client::LocalizedError(absl::StatusCode::kUnknown, {"OUTPUT", absl::StrCat(path, ": 書き込めません。"),
                                                             absl::StrCat(path, ": cannot be written.")});
}

}  // namespace

absl::StatusOr<client::SyncResult> TakeFileIn(const CommandContext& context, const EngineClient& engine,
                                              const SnapshotJob& job) {
  ASSIGN_OR_RETURN(file::CsvOptions csv, ToCsvOptions(job.csv, job.kind == v1::SNAPSHOT_KIND_PARTIAL));
  csv.cancelled = &WatchForInterruption();
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, job.dataset));
  absl::StatusOr<std::unique_ptr<file::CsvSource>> opened = file::CsvSource::Open(
      csv,
      {{dataset.fields().begin(), dataset.fields().end()}, {dataset.key_fields().begin(), dataset.key_fields().end()}});
  if (absl::IsCancelled(opened.status())) return Stopped();
  ASSIGN_OR_RETURN(const std::unique_ptr<file::CsvSource> source, std::move(opened));
  const size_t warnings_told = TellWarnings(context, *source, 0);
  client::SyncOptions options;
  options.dataset = job.dataset;
  options.kind = job.kind;
  options.compare_only = job.compare_only;
  options.list_differences = job.list_differences;
  options.snapshot_id = client::NewSnapshotId();
  options.one_pass = csv.one_pass;
  options.cancelled = csv.cancelled;
  ProgressBar bar(!context.json);
  options.on_progress = [&](const client::SyncProgress& progress) { ShowProgress(context, progress, bar); };
  absl::StatusOr<client::SyncResult> result = client::RunSync(*engine.intake, *source, options);
  bar.Clear();
  if (!result.ok() && absl::IsCancelled(result.status())) {
    return Stopped();
  }
  RETURN_IF_ERROR(result.status());
  TellWarnings(context, *source, warnings_told);
  TellRowErrors(context, result->errors, job.csv.path, *source);
  if (!job.csv.errors_path.empty()) {
    RETURN_IF_ERROR(WriteRowErrors(result->errors, job.csv.errors_path, *source));
    context.Print(context.Say(text::kErrorsWritten, {job.csv.errors_path}));
  }
  return result;
}

}  // namespace sabun::cli
