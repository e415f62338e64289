#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/interruption.h"
#include "adapters/cli/long_call.h"
#include "adapters/cli/progress_bar.h"
#include "adapters/cli/stored_backups.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct BackupFlags {
  std::string folder, id, data, journal, dataset;
  uint64_t mib_per_second = 0;
  uint32_t keep = 0;
  bool yes = false;
};

// The engine need not run in the directory in which the operator stands.
std::string AbsolutePath(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

Json BackupJson(const v1::Backup& backup) {
  Json datasets = Json::array();
  for (const v1::BackupDataset& dataset : backup.datasets()) {
    datasets.push_back({{"dataset", dataset.dataset()},
                        {"records", dataset.records()},
                        {"accepted_records", dataset.accepted_records()},
                        {"newest_change_set", dataset.newest_change_set()}});
  }
  return {{"id", backup.id()},       {"created_at", UtcTime(backup.created_at())},
          {"bytes", backup.bytes()}, {"new_bytes", backup.new_bytes()},
          {"files", backup.files()}, {"datasets", std::move(datasets)}};
}

v1::Backup ToProto(const StoredBackup& stored) {
  v1::Backup backup;
  backup.set_id(stored.id);
  backup.set_created_at(stored.created_at);
  backup.set_bytes(stored.bytes);
  backup.set_new_bytes(stored.new_bytes);
  backup.set_files(stored.files.size());
  for (const StoredBackup::Dataset& dataset : stored.datasets) {
    v1::BackupDataset* const one = backup.add_datasets();
    one->set_dataset(dataset.name);
    one->set_records(dataset.records);
    one->set_accepted_records(dataset.accepted_records);
    one->set_newest_change_set(dataset.newest_change_set);
  }
  return backup;
}

void PrintBackup(const CommandContext& context, const v1::Backup& backup) {
  context.Print(
      context.Say(text::kBackupLine, {backup.id(), LocalTime(backup.created_at()), GroupDigits(backup.bytes() >> 20),
                                      GroupDigits(backup.new_bytes() >> 20), GroupDigits(backup.files())}));
  for (const v1::BackupDataset& dataset : backup.datasets()) {
    context.Print(context.Say(text::kBackupDataset,
                              {dataset.dataset(), GroupDigits(dataset.records()),
                               GroupDigits(dataset.accepted_records()), absl::StrCat(dataset.newest_change_set())}));
  }
}

absl::StatusOr<ExitStatus> Create(const CommandContext& context, const BackupFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::CreateBackupRequest request;
  request.set_folder(AbsolutePath(flags.folder));
  request.set_bytes_per_second(flags.mib_per_second << 20);
  request.set_keep(flags.keep);
  v1::Backup backup;
  RETURN_IF_ERROR(LongCall<v1::CreateBackupResponse>(
      context, text::kBackupCopying,
      [&](grpc::ClientContext* call) { return engine.admin->CreateBackup(call, request); },
      [&](const v1::CreateBackupResponse& response) {
        if (response.has_backup()) backup = response.backup();
      }));
  if (context.json) {
    context.PrintJson(BackupJson(backup));
    return ExitStatus::kDone;
  }
  context.Print(context.Say(text::kBackupMade, {request.folder()}));
  PrintBackup(context, backup);
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> List(const CommandContext& context, const BackupFlags& flags) {
  ASSIGN_OR_RETURN(const std::vector<StoredBackup> backups, ListBackups(flags.folder));
  Json json = Json::array();
  for (const StoredBackup& backup : backups) {
    json.push_back(BackupJson(ToProto(backup)));
    PrintBackup(context, ToProto(backup));
  }
  if (context.json) context.PrintJson(json);
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Verify(const CommandContext& context, const BackupFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::CheckBackupRequest request;
  request.set_folder(AbsolutePath(flags.folder));
  request.set_id(flags.id);
  request.set_bytes_per_second(flags.mib_per_second << 20);
  v1::CheckBackupResponse last;
  RETURN_IF_ERROR(LongCall<v1::CheckBackupResponse>(
      context, text::kVerifyReading,
      [&](grpc::ClientContext* call) { return engine.admin->CheckBackup(call, request); },
      [&](const v1::CheckBackupResponse& response) {
        if (response.has_backup()) last = response;
      }));
  Json findings = Json::array();
  std::vector<std::vector<std::string>> rows = {absl::StrSplit(context.Say(text::kVerifyColumns), '\t')};
  for (const v1::VerifyFinding& finding : last.findings()) {
    findings.push_back({{"check", finding.check()}, {"examined", finding.examined()}, {"problem", finding.problem()}});
    rows.push_back({finding.check(), GroupDigits(finding.examined()),
                    finding.problem().empty() ? context.Say(text::kVerifyGood) : finding.problem()});
  }
  PrintBackup(context, last.backup());
  context.Print(context.Say(last.sound() ? text::kBackupSound : text::kBackupUnsound, {last.backup().id()}));
  for (const std::string& line : AlignColumns(rows)) context.Print(absl::StrCat("  ", line));
  if (context.json) {
    context.PrintJson(
        {{"sound", last.sound()}, {"backup", BackupJson(last.backup())}, {"findings", std::move(findings)}});
  }
  return last.sound() ? ExitStatus::kDone : ExitStatus::kFailed;
}

absl::StatusOr<StoredBackup> Choose(const BackupFlags& flags) {
  ASSIGN_OR_RETURN(std::vector<StoredBackup> backups, ListBackups(flags.folder));
  for (auto backup = backups.rbegin(); backup != backups.rend(); ++backup) {
    if (flags.id.empty() || backup->id == flags.id) return std::move(*backup);
  }
  return client::LocalizedError(
      absl::StatusCode::kNotFound,
      {"BACKUP-NONE", absl::StrCat(flags.folder, " にバックアップ ", flags.id, " はありません。"),
       absl::StrCat("there is no backup ", flags.id, " in ", flags.folder, ".")});
}

// A restore is never done by a slip: without a terminal it needs --yes.
absl::Status AskToRestore(const CommandContext& context, const BackupFlags& flags, const RestorePlan& plan) {
  PrintBackup(context, ToProto(plan.backup));
  context.Print(context.Say(text::kRestorePlan, {plan.backup.id, LocalTime(plan.backup.created_at), plan.data,
                                                 plan.journal_from, absl::StrCat(plan.segments.size())}));
  if (flags.yes) return absl::OkStatus();
  if (!context.json && ::isatty(STDIN_FILENO) == 1) {
    std::cout << context.Say(text::kAskRestore) << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes" || answer == "はい") return absl::OkStatus();
  }
  return client::LocalizedError(absl::StatusCode::kCancelled,
                                {"NOT-CONFIRMED", text::kNotRestored.ja, text::kNotRestored.en});
}

absl::StatusOr<ExitStatus> RestoreBackup(const CommandContext& context, const BackupFlags& flags) {
  RestorePlan plan;
  plan.folder = flags.folder;
  plan.data = flags.data;
  while (plan.data.size() > 1 && plan.data.back() == '/') plan.data.pop_back();
  plan.journal_from = flags.journal;
  ASSIGN_OR_RETURN(plan.backup, Choose(flags));
  ASSIGN_OR_RETURN(plan, PlanRestore(std::move(plan)));
  RETURN_IF_ERROR(AskToRestore(context, flags, plan));
  const std::atomic<bool>& interrupted = WatchForInterruption();
  ProgressBar bar(!context.json);
  const absl::Status restored = Restore(plan, [&](uint64_t bytes) {
    bar.Show(context.Say(text::kBackupCopying, {GroupDigits(bytes >> 20)}),
             static_cast<double>(bytes) / static_cast<double>(std::max<uint64_t>(plan.backup.bytes, 1)));
    return !interrupted.load();
  });
  bar.Clear();
  RETURN_IF_ERROR(restored);
  if (context.json) {
    context.PrintJson(
        {{"backup", BackupJson(ToProto(plan.backup))}, {"data", plan.data}, {"journal", plan.journal_into}});
  } else {
    context.Print(context.Say(text::kRestored, {plan.backup.id, plan.data}));
  }
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> EndReconciliation(const CommandContext& context, const BackupFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  RETURN_IF_ERROR(GetDataset(engine, flags.dataset).status());
  if (!flags.yes) return UsageError(text::kReconciledNeedsYes.ja, text::kReconciledNeedsYes.en);
  v1::EndReconciliationRequest request;
  request.set_dataset(flags.dataset);
  v1::EndReconciliationResponse response;
  RETURN_IF_ERROR(Call(*engine.admin, &v1::AdminService::Stub::EndReconciliation, request, &response));
  if (context.json) context.PrintJson({{"dataset", flags.dataset}, {"ended", response.ended()}});
  context.Print(context.Say(text::kReconciled, {flags.dataset}));
  return ExitStatus::kDone;
}

}  // namespace

void AddBackupCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const group = app.add_subcommand("backup", "バックアップ / backups");
  group->require_subcommand(1);
  auto flags = std::make_shared<BackupFlags>();
  using Function = absl::StatusOr<ExitStatus> (*)(const CommandContext&, const BackupFlags&);
  const auto add = [&](const char* name, const char* help, Function function) {
    CLI::App* const command = group->add_subcommand(name, help);
    command->callback([=, &context] { context.action = [=, &context] { return function(context, *flags); }; });
    return command;
  };
  CLI::App* const create =
      add("create", "動いているエンジンのバックアップをとる / back up the running engine", &Create);
  CLI::App* const list = add("list", "一覧 / what is there", &List);
  CLI::App* const verify = add("verify", "読めて鍵で開けるか調べる / read it whole, and open it", &Verify);
  CLI::App* const restore =
      add("restore", "止めたエンジンの代わりに新しいディレクトリへ戻す / into a new directory, no engine running",
          &RestoreBackup);
  CLI::App* const reconciled =
      add("reconciled", "全件を取り込まない対象データを、戻した内容で再開する / go on without a complete snapshot",
          &EndReconciliation);
  for (CLI::App* const command : {create, list, verify, restore}) {
    command->add_option("folder", flags->folder, "エンジンのある機械のフォルダ / a folder on the engine's machine")
        ->required();
  }
  for (CLI::App* const command : {create, verify}) {
    command->add_option("--mib-per-second", flags->mib_per_second, "速さの上限 / at most so fast")
        ->check(CLI::Range(0, 1 << 20));
  }
  for (CLI::App* const command : {verify, restore}) {
    command->add_option("--backup", flags->id, "番号。なければ最新 / which one; the newest without it");
  }
  create->add_option("--keep", flags->keep, "残す世代の数。なければすべて / how many remain; all without it")
      ->check(CLI::Range(1, 100'000));
  restore->add_option("--data", flags->data, "戻す先。空か、まだないこと / where to; empty or missing")->required();
  restore->add_option("--sent-journal", flags->journal,
                      "最後に動いていたエンジンの送信の控え / the sent journal of the engine that ran last");
  reconciled->add_option("dataset", flags->dataset, "対象データ / the dataset")->required();
  for (CLI::App* const command : {restore, reconciled}) {
    command->add_flag("--yes", flags->yes, "確認を省く / do not ask");
  }
}

}  // namespace sabun::cli
