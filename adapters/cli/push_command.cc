#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/file_snapshot.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct PushFlags {
  SnapshotJob job;
  bool complete = false;
  bool partial = false;
};

// The members up to elapsed_seconds are a contract with scripts; the others may grow.
Json PushJson(const client::SyncResult& result, double elapsed_seconds) {
  const v1::ChangeSet& change_set = result.committed.change_set();
  const v1::SnapshotCounts& counts = result.committed.counts();
  return {{"snapshot", change_set.snapshot_id()},
          {"change_set", change_set.number()},
          {"state", StateName(change_set.state())},
          {"received", counts.received()},
          {"unchanged", counts.unchanged()},
          {"added", counts.added()},
          {"updated", counts.updated()},
          {"deleted", counts.deleted()},
          {"cosmetic", counts.cosmetic()},
          {"invalid", counts.invalid()},
          {"duplicate", counts.duplicate()},
          {"cancelled", counts.cancelled()},
          {"holds", HoldsJson(change_set)},
          {"elapsed_seconds", elapsed_seconds},
          {"delete_rows", counts.delete_rows()},
          {"unreadable", counts.unreadable()},
          {"suspended_deletes", counts.suspended_deletes()},
          {"digest", DigestText(change_set.digest())},
          {"bytes_sent", result.bytes_sent},
          {"records_sent", result.records_sent},
          {"reconnects", result.reconnects}};
}

void PrintHeld(const CommandContext& context, const v1::ChangeSet& change_set) {
  const std::string target = absl::StrCat(change_set.dataset(), " ", change_set.number());
  PrintNextSteps(context, {{text::kNextLook, absl::StrCat("change-set show ", target)},
                           {text::kNextApprove, absl::StrCat("change-set approve ", target)},
                           {text::kNextDiscard, absl::StrCat("change-set discard ", target)}});
}

void PrintSummary(const CommandContext& context, const client::SyncResult& result) {
  const v1::ChangeSet& change_set = result.committed.change_set();
  const v1::SnapshotCounts& counts = result.committed.counts();
  const bool held = change_set.state() == v1::CHANGE_SET_STATE_HELD;
  const bool empty = change_set.state() == v1::CHANGE_SET_STATE_EMPTY;
  const Text& headline = held ? text::kPushHeld : empty ? text::kPushEmpty : text::kPushReady;
  context.Print(context.Say(headline, {change_set.dataset(), absl::StrCat(change_set.number())}));
  for (const std::string& line : CountLines(context, counts)) context.Print(line);
  for (const v1::Hold& hold : change_set.holds()) {
    // Rows without a key get the longer sentence below.
    if (hold.rule() != "unreadable_key") context.Print(absl::StrCat("  ! ", HoldText(context, hold)));
  }
  if (counts.suspended_deletes() > 0) {
    context.Print(context.Say(text::kUnreadableRows,
                              {GroupDigits(counts.unreadable()), GroupDigits(counts.suspended_deletes())}));
  }
  context.Print(context.Say(empty ? text::kNothingToSend : text::kNothingSent));
  if (held) return PrintHeld(context, change_set);
  std::vector<NextStep> steps;
  if (counts.invalid() + counts.duplicate() > 0) steps.push_back({text::kNextMend, ""});
  if (!empty) steps.push_back({text::kNextSubmit, absl::StrCat("submit --dataset ", change_set.dataset())});
  if (!steps.empty()) PrintNextSteps(context, steps);
}

absl::StatusOr<ExitStatus> Push(const CommandContext& context, const SnapshotJob& job) {
  const absl::Time start = absl::Now();
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const client::SyncResult result, TakeFileIn(context, engine, job));
  if (context.json) {
    context.PrintJson(PushJson(result, absl::ToDoubleSeconds(absl::Now() - start)));
  } else {
    PrintSummary(context, result);
  }
  if (result.committed.change_set().state() == v1::CHANGE_SET_STATE_HELD) return ExitStatus::kHeld;
  const v1::SnapshotCounts& counts = result.committed.counts();
  return counts.invalid() + counts.duplicate() > 0 ? ExitStatus::kDoneWithRejects : ExitStatus::kDone;
}

}  // namespace

void AddPushCommands(CLI::App& app, CommandContext& context) {
  CLI::App* const group = app.add_subcommand("push", "取り込む / take a snapshot in");
  group->require_subcommand(1);
  CLI::App* const csv = group->add_subcommand("csv", "CSVファイルから / from a CSV file");
  auto flags = std::make_shared<PushFlags>();
  csv->add_option("file", flags->job.csv.path, "ファイル。- は標準入力 / the file; - is standard input")->required();
  csv->add_option("--dataset", flags->job.dataset, "対象データ / the dataset")->required();
  CLI::Option_group* const kind = csv->add_option_group("kind", "全件か一部か / all records or some");
  kind->add_flag("--complete", flags->complete,
                 "全件。ファイルにない登録は削除になる / every record; what is absent is deleted");
  kind->add_flag("--partial", flags->partial,
                 "一部。削除は操作の列で指示する / some records; deletes by an operation column");
  kind->require_option(1);
  csv->add_flag("--one-pass", flags->job.csv.one_pass,
                "一度だけ読み、行の内容も最初から送る。標準入力では常にそうなる / read once and send the rows at "
                "once; always so for standard input");
  AddCsvFlags(*csv, flags->job.csv);
  csv->callback([flags, &context] {
    flags->job.kind = flags->partial ? v1::SNAPSHOT_KIND_PARTIAL : v1::SNAPSHOT_KIND_COMPLETE;
    context.action = [flags, &context] { return Push(context, flags->job); };
  });
}

}  // namespace sabun::cli
