// Erasure on order, with a certificate.
#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/long_call.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct EraseFlags {
  std::string dataset, organization, keys, ordered_by, reason, certificate;
  bool yes = false;
};

// One record a line, as `sabun changes` shows its key: ["value", ...]. Nothing of a key is on a command line.
absl::StatusOr<v1::EraseRecordsRequest> ReadOrder(const EraseFlags& flags) {
  v1::EraseRecordsRequest request;
  request.set_dataset(flags.dataset);
  request.set_ordered_by(flags.ordered_by);
  request.set_reason(flags.reason);
  std::ifstream in(flags.keys);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty()) continue;
    const Json key = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    const bool is_key = key.is_array() && !key.empty() &&
                        std::all_of(key.begin(), key.end(), [](const Json& value) { return value.is_string(); });
    if (!is_key) {
      return UsageError(absl::StrCat(flags.keys, " の", number, "行目が [\"値\", …] の形ではありません。"),
                        absl::StrCat(flags.keys, " line ", number, " is not of the form [\"value\", ...]"));
    }
    v1::RecordKey* const out = request.add_keys();
    for (const Json& value : key) out->add_values(value.get<std::string>());
  }
  if (request.keys_size() > 0) return request;
  return UsageError(absl::StrCat("キーのファイルを読めないか、空です: ", flags.keys),
                    absl::StrCat("cannot read the file of keys, or it is empty: ", flags.keys));
}

// The engine's refusals, by the code that their text begins with.
absl::Status Told(const absl::Status& status) {
  constexpr std::pair<const char*, const char*> kTexts[] = {
      {"ERASE-STILL-WANTED",
       "指示された記録がまだ原本の最新の抽出にあります。先に原本で削除し、取り込んでください。何も消去していません。"},
      {"ERASE-AT-HUB-FIRST",
       "指示された記録がまだ連携先にあります。先に削除を取り込んで送信してください。何も消去していません。"},
      {"ERASE-UNSETTLED",
       "指示された記録に連携先でまだ確定していない差分があります。先に送信し、エラーを解消してください。"
       "何も消去していません。"},
      {"ERASE-HELD", "保留中の差分があるか、復元の途中です。先に承認または破棄してください。"},
      {"ERASE-BUSY", "送信中または取込中の対象データがあります。先に終了してください。何も消去していません。"},
      {"REWRITE-BUSY", "取込・検証・バックアップが実行中です。終了後に同じコマンドをもう一度実行してください。"}};
  for (const auto& [code, japanese] : kTexts) {
    if (!absl::StartsWith(status.message(), code)) continue;
    const absl::string_view english = status.message().substr(std::string(code).size() + 2);
    return client::LocalizedError(status.code(), {code, japanese, std::string(english)});
  }
  return status;
}

absl::Status NotConfirmed() {
  return UsageError("消去は取り消せず、これより前のバックアップは読めなくなります。--yes を付けて実行してください。",
                    "an erasure cannot be undone, and backups from before become unreadable: say --yes");
}

absl::StatusOr<ExitStatus> ShowCertificate(const CommandContext& context, const EraseFlags& flags,
                                           const std::string& certificate) {
  if (!flags.certificate.empty()) {
    std::ofstream out(flags.certificate, std::ios::binary);
    if (!(out << certificate).flush()) {
      return UsageError(absl::StrCat("証明書を書けません: ", flags.certificate),
                        absl::StrCat("cannot write the certificate ", flags.certificate));
    }
  }
  const Json json = Json::parse(certificate, nullptr, /*allow_exceptions=*/false);
  if (context.json) context.PrintJson(json);
  context.Print(certificate);
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> ErasePerson(const CommandContext& context, const EraseFlags& flags) {
  if (!flags.yes) return NotConfirmed();
  ASSIGN_OR_RETURN(const v1::EraseRecordsRequest request, ReadOrder(flags));
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  std::string certificate;
  RETURN_IF_ERROR(Told(LongCall<v1::EraseRecordsResponse>(
      context, text::kErasing, [&](grpc::ClientContext* call) { return engine.admin->EraseRecords(call, request); },
      [&](const v1::EraseRecordsResponse& response) {
        if (!response.certificate().empty()) certificate = response.certificate();
      })));
  context.Print(context.Say(text::kErased, {GroupDigits(request.keys_size())}));
  return ShowCertificate(context, flags, certificate);
}

absl::StatusOr<ExitStatus> EraseOrganization(const CommandContext& context, const EraseFlags& flags) {
  if (!flags.yes) return NotConfirmed();
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::EraseOrganizationRequest request;
  request.set_organization(flags.organization);
  request.set_ordered_by(flags.ordered_by);
  request.set_reason(flags.reason);
  v1::EraseOrganizationResponse response;
  grpc::ClientContext call;
  RETURN_IF_ERROR(Told(client::FromGrpc(engine.admin->EraseOrganization(&call, request, &response))));
  context.Print(context.Say(text::kErasedOrganization, {flags.organization}));
  return ShowCertificate(context, flags, response.certificate());
}

}  // namespace

void AddEraseCommand(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<EraseFlags>();
  CLI::App* const erase = app.add_subcommand("erase", "指示による消去 / erasure on order, with a certificate");
  erase->require_subcommand(1);
  CLI::App* const person = erase->add_subcommand(
      "person",
      "原本と連携先から消えた人の記録を跡形なく消す / what is stored of records that are gone everywhere else");
  person->add_option("DATASET", flags->dataset, "対象データ / the dataset")->required();
  person->add_option("--keys", flags->keys, "1行に1件、[\"値\", …] / file, one record key a line: [\"value\", ...]")
      ->required();
  CLI::App* const organization = erase->add_subcommand(
      "organization",
      "機関の全対象データを消す(連携先には通知しない) / everything of an organization; the hub is not told");
  organization->add_option("NAME", flags->organization, "機関 / the organization")->required();
  for (CLI::App* const command : {person, organization}) {
    command->add_option("--ordered-by", flags->ordered_by, "指示した人・部署 / who gave the order")->required();
    command->add_option("--reason", flags->reason, "理由 / why")->required();
    command->add_option("--certificate", flags->certificate,
                        "証明書の写しを書くファイル / file for a copy of the certificate");
    command->add_flag("--yes", flags->yes, "取り消せないことを了解 / it cannot be undone");
  }
  person->callback([&context, flags] { context.action = [&context, flags] { return ErasePerson(context, *flags); }; });
  organization->callback(
      [&context, flags] { context.action = [&context, flags] { return EraseOrganization(context, *flags); }; });
}

}  // namespace sabun::cli
