#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct GuardFlags {
  std::optional<uint64_t> max_deletes, max_updates, max_shrink_rows;
  std::optional<double> max_delete_percent, max_update_percent, max_shrink_percent;
};

struct DatasetFlags {
  std::string name;
  std::string profile_path;
  GuardFlags guards;
  std::optional<uint32_t> retention_days;
};

void AddGuardFlags(CLI::App& command, GuardFlags& flags) {
  command
      .add_option("--max-deletes", flags.max_deletes,
                  "この件数と割合を超える削除は保留 / deletes above this number hold (500)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-delete-percent", flags.max_delete_percent, "同、割合 / and above this percent (5)")
      ->check(CLI::Range(0.0, 100.0));
  command
      .add_option("--max-updates", flags.max_updates,
                  "この件数と割合を超える変更は保留 / updates above this number hold (0)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-update-percent", flags.max_update_percent, "同、割合 / and above this percent (30)")
      ->check(CLI::Range(0.0, 100.0));
  command
      .add_option("--max-shrink-rows", flags.max_shrink_rows,
                  "この行数と割合を超える減少は保留 / rows fewer than last time (500)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--max-shrink-percent", flags.max_shrink_percent, "同、割合 / and above this percent (10)")
      ->check(CLI::Range(0.0, 100.0));
}

void SetGuards(const GuardFlags& flags, v1::GuardLimits* limits) {
  if (flags.max_deletes) limits->set_max_deletes(*flags.max_deletes);
  if (flags.max_delete_percent) limits->set_max_delete_percent(*flags.max_delete_percent);
  if (flags.max_updates) limits->set_max_updates(*flags.max_updates);
  if (flags.max_update_percent) limits->set_max_update_percent(*flags.max_update_percent);
  if (flags.max_shrink_rows) limits->set_max_shrink_rows(*flags.max_shrink_rows);
  if (flags.max_shrink_percent) limits->set_max_shrink_percent(*flags.max_shrink_percent);
}

absl::StatusOr<std::string> ReadProfile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream || text.str().empty()) {
    return UsageError(absl::StrCat("プロファイルのファイルを読めません: ", path),
                      absl::StrCat("cannot read the profile file ", path));
  }
  return text.str();
}

std::string SchemeName(v1::FingerprintScheme scheme) {
  return scheme == v1::FINGERPRINT_SCHEME_HMAC_SHA256_128 ? "hmac-sha256-128" : "xxh3-128";
}

std::vector<std::string> KeyNames(const v1::Dataset& dataset) {
  std::vector<std::string> names;
  for (const uint32_t field : dataset.key_fields()) names.push_back(dataset.fields(static_cast<int>(field)).name());
  return names;
}

Json DatasetJson(const v1::Dataset& dataset) {
  Json fields = Json::array();
  for (const v1::Field& field : dataset.fields()) {
    fields.push_back({{"name", field.name()},
                      {"label_ja", field.label_ja()},
                      {"required", field.required()},
                      {"personal", field.personal()}});
  }
  const v1::GuardLimits& guards = dataset.guards();
  return {{"dataset", dataset.name()},
          {"profile", dataset.profile_name()},
          {"profile_version", dataset.profile_version()},
          {"key", KeyNames(dataset)},
          {"scheme", SchemeName(dataset.scheme())},
          {"fields", std::move(fields)},
          {"guards",
           {{"max_deletes", guards.max_deletes()},
            {"max_delete_percent", guards.max_delete_percent()},
            {"max_updates", guards.max_updates()},
            {"max_update_percent", guards.max_update_percent()},
            {"max_shrink_rows", guards.max_shrink_rows()},
            {"max_shrink_percent", guards.max_shrink_percent()}}},
          {"records", dataset.records()},
          {"accepted_records", dataset.accepted_records()},
          {"retention_days", dataset.retention_days()},
          {"created_at", UtcTime(dataset.created_at())}};
}

std::string ProfileText(const v1::Dataset& dataset) {
  return absl::StrCat(dataset.profile_name(), " ", dataset.profile_version());
}

void PrintDataset(const CommandContext& context, const v1::Dataset& dataset) {
  const v1::GuardLimits& guards = dataset.guards();
  const auto limit = [&](uint64_t count, double percent) {
    return context.Say(text::kGuardLimit, {GroupDigits(count), Percent(percent)});
  };
  const std::vector<std::vector<std::string>> rows = {
      {context.Say(text::kDatasetName), dataset.name()},
      {context.Say(text::kDatasetProfile), ProfileText(dataset)},
      {context.Say(text::kDatasetKey), absl::StrJoin(KeyNames(dataset), " + ")},
      {context.Say(text::kDatasetScheme), SchemeName(dataset.scheme())},
      {context.Say(text::kDatasetRecords), GroupDigits(dataset.records())},
      {context.Say(text::kDatasetAccepted), GroupDigits(dataset.accepted_records())},
      {context.Say(text::kGuardDeletes), limit(guards.max_deletes(), guards.max_delete_percent())},
      {context.Say(text::kGuardUpdates), limit(guards.max_updates(), guards.max_update_percent())},
      {context.Say(text::kGuardShrink), limit(guards.max_shrink_rows(), guards.max_shrink_percent())},
      {context.Say(text::kDatasetRetention), absl::StrCat(dataset.retention_days())},
      {context.Say(text::kDatasetCreatedAt), LocalTime(dataset.created_at())}};
  for (const std::string& line : AlignColumns(rows)) context.Print(line);
}

void PrintFields(const CommandContext& context, const v1::Dataset& dataset) {
  context.Print(context.Say(text::kDatasetFields));
  std::vector<std::vector<std::string>> rows;
  for (const v1::Field& field : dataset.fields()) {
    rows.push_back({absl::StrCat("  ", field.name()), field.label_ja(),
                    field.required() ? context.Say(text::kFieldRequired) : "",
                    field.personal() ? context.Say(text::kFieldPersonal) : ""});
  }
  for (const std::string& line : AlignColumns(rows)) context.Print(line);
}

absl::StatusOr<ExitStatus> Create(const CommandContext& context, const DatasetFlags& flags) {
  v1::CreateDatasetRequest request;
  request.set_name(flags.name);
  ASSIGN_OR_RETURN(*request.mutable_profile_toml(), ReadProfile(flags.profile_path));
  SetGuards(flags.guards, request.mutable_guards());
  if (flags.retention_days) request.set_retention_days(*flags.retention_days);
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::CreateDatasetResponse response;
  RETURN_IF_ERROR(Call(*engine.datasets, &v1::DatasetService::Stub::CreateDataset, request, &response));
  if (context.json) {
    Json json = DatasetJson(response.dataset());
    json["created"] = response.created();
    context.PrintJson(json);
    return ExitStatus::kDone;
  }
  context.Print(context.Say(response.created() ? text::kDatasetCreated : text::kDatasetExisted, {flags.name}));
  PrintDataset(context, response.dataset());
  PrintNextSteps(context, {{text::kNextPush, absl::StrCat("push csv FILE --dataset ", flags.name, " --complete")}});
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Update(const CommandContext& context, const DatasetFlags& flags) {
  v1::UpdateDatasetRequest request;
  request.set_name(flags.name);
  if (!flags.profile_path.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_profile_toml(), ReadProfile(flags.profile_path));
  }
  SetGuards(flags.guards, request.mutable_guards());
  if (flags.retention_days) request.set_retention_days(*flags.retention_days);
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  RETURN_IF_ERROR(GetDataset(engine, flags.name).status());
  v1::UpdateDatasetResponse response;
  RETURN_IF_ERROR(Call(*engine.datasets, &v1::DatasetService::Stub::UpdateDataset, request, &response));
  if (context.json) {
    context.PrintJson(DatasetJson(response.dataset()));
    return ExitStatus::kDone;
  }
  context.Print(context.Say(text::kDatasetUpdated, {flags.name}));
  PrintDataset(context, response.dataset());
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> List(const CommandContext& context) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const std::vector<v1::Dataset> datasets, ListDatasets(engine));
  if (context.json) {
    Json json = Json::array();
    for (const v1::Dataset& dataset : datasets) {
      json.push_back({{"dataset", dataset.name()},
                      {"profile", dataset.profile_name()},
                      {"profile_version", dataset.profile_version()},
                      {"records", dataset.records()},
                      {"accepted_records", dataset.accepted_records()}});
    }
    context.PrintJson(json);
    return ExitStatus::kDone;
  }
  if (datasets.empty()) {
    context.Print(context.Say(text::kNoDatasets));
    PrintNextSteps(context, {{text::kNextCreate, "dataset create NAME --profile FILE"}});
    return ExitStatus::kDone;
  }
  std::vector<std::vector<std::string>> rows = {absl::StrSplit(context.Say(text::kDatasetColumns), '\t')};
  for (const v1::Dataset& dataset : datasets) {
    rows.push_back({dataset.name(), ProfileText(dataset), GroupDigits(dataset.records()),
                    GroupDigits(dataset.accepted_records())});
  }
  for (const std::string& line : AlignColumns(rows)) context.Print(line);
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Show(const CommandContext& context, const std::string& name) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, name));
  if (context.json) {
    context.PrintJson(DatasetJson(dataset));
    return ExitStatus::kDone;
  }
  PrintDataset(context, dataset);
  PrintFields(context, dataset);
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Rotate(const CommandContext& context, const std::string& name) {
  v1::RotateFingerprintSecretRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::RotateFingerprintSecretResponse response;
  RETURN_IF_ERROR(Call(*engine.datasets, &v1::DatasetService::Stub::RotateFingerprintSecret, request, &response));
  if (context.json) context.PrintJson({{"dataset", name}, {"rotated", true}});
  context.Print(context.Say(text::kSecretRotated, {name}));
  return ExitStatus::kDone;
}

void AddRetention(CLI::App& command, DatasetFlags& flags) {
  command
      .add_option(
          "--retention-days", flags.retention_days,
          "確定した差分の中身をこの日数で消す(0: 消さない) / erase settled contents after so many days (0: never)")
      ->check(CLI::Range(0, 36'500));
}

}  // namespace

void AddDatasetCommands(CLI::App& app, CommandContext& context) {
  CLI::App* const group = app.add_subcommand("dataset", "対象データの登録 / datasets");
  group->require_subcommand(1);
  auto flags = std::make_shared<DatasetFlags>();
  CLI::App* const create = group->add_subcommand("create", "登録する / register one");
  create->add_option("name", flags->name, "名前 / its name")->required();
  create->add_option("--profile", flags->profile_path, "プロファイル(TOML) / the profile file")
      ->required()
      ->check(CLI::ExistingFile);
  AddGuardFlags(*create, flags->guards);
  AddRetention(*create, *flags);
  create->callback([flags, &context] { context.action = [flags, &context] { return Create(context, *flags); }; });

  CLI::App* const update = group->add_subcommand("update", "プロファイルやガードを変える / change profile or guards");
  update->add_option("name", flags->name, "名前 / its name")->required();
  update->add_option("--profile", flags->profile_path, "プロファイル(TOML) / the profile file")
      ->check(CLI::ExistingFile);
  AddGuardFlags(*update, flags->guards);
  AddRetention(*update, *flags);
  update->callback([flags, &context] { context.action = [flags, &context] { return Update(context, *flags); }; });

  CLI::App* const rotate = group->add_subcommand(
      "rotate-key", "指紋の秘密を替える(再送はしない) / a new secret for fingerprints; nobody is sent again");
  rotate->add_option("name", flags->name, "名前 / its name")->required();
  rotate->callback([flags, &context] { context.action = [flags, &context] { return Rotate(context, flags->name); }; });

  CLI::App* const list = group->add_subcommand("list", "一覧 / list them");
  list->callback([&context] { context.action = [&context] { return List(context); }; });

  CLI::App* const show = group->add_subcommand("show", "内容を見る / show one");
  show->add_option("name", flags->name, "名前 / its name")->required();
  show->callback([flags, &context] { context.action = [flags, &context] { return Show(context, flags->name); }; });
}

}  // namespace sabun::cli
