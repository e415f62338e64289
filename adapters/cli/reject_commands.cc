#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun::cli {
namespace {

struct RejectFlags {
  std::string dataset;
  std::string code;
  std::string out_path;
};

// What the profile says to a code; empty when it does not know it.
struct Remedy {
  std::string ja;
  std::string en;
};

using Row = std::vector<std::string>;

class Remedies {
 public:
  explicit Remedies(const v1::Dataset& dataset) : profile_(ParseHubProfile(dataset.profile_toml())) {}

  Remedy For(const std::string& code) const {
    const HubError* const error = profile_.ok() ? profile_->FindError(code) : nullptr;
    return error == nullptr ? Remedy{} : Remedy{error->remedy_ja, error->remedy_en};
  }

 private:
  absl::StatusOr<HubProfile> profile_;
};

absl::Status ForEachReject(const EngineClient& engine, const RejectFlags& flags,
                           const std::function<void(const v1::Reject&)>& take) {
  v1::ListRejectsRequest request;
  request.set_dataset(flags.dataset);
  request.set_code(flags.code);
  grpc::ClientContext call;
  const auto reader = engine.rejects->ListRejects(&call, request);
  v1::ListRejectsResponse page;
  while (reader->Read(&page)) {
    for (const v1::Reject& reject : page.rejects()) take(reject);
  }
  return client::FromGrpc(reader->Finish());
}

constexpr size_t kShownOfACode = 50;

// What a person reads: each code once with its remedy, then the records that have it.
void PrintRejects(const CommandContext& context, const RejectFlags& flags,
                  const std::map<std::string, std::vector<Row>>& by_code, const Remedies& remedies) {
  for (const auto& [code, rows] : by_code) {
    const Remedy remedy = remedies.For(code);
    context.Print(context.Say(text::kRejectsOfACode, {code, GroupDigits(rows.size())}));
    const std::string& chosen = context.english ? remedy.en : remedy.ja;
    if (!chosen.empty()) context.Print(absl::StrCat("  ", context.Say(text::kRemedy), chosen));
    std::vector<Row> shown = {absl::StrSplit(context.Say(text::kRejectColumns), '\t')};
    shown.insert(shown.end(), rows.begin(), rows.begin() + std::min(rows.size(), kShownOfACode));
    for (const std::string& line : AlignColumns(shown)) context.Print(absl::StrCat("  ", line));
    if (rows.size() > kShownOfACode) {
      context.Print(absl::StrCat("  ", context.Say(text::kRejectsMore, {GroupDigits(rows.size() - kShownOfACode)})));
    }
  }
  PrintNextSteps(context, {{text::kNextRemedy, ""},
                           {text::kNextRetry, absl::StrCat("rejects retry ", flags.dataset)},
                           {text::kNextExport, absl::StrCat("rejects export ", flags.dataset, " --out FILE")}});
}

absl::StatusOr<ExitStatus> List(const CommandContext& context, const RejectFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, flags.dataset));
  const Remedies remedies(dataset);
  Json json = Json::array();
  std::map<std::string, std::vector<Row>> by_code;
  RETURN_IF_ERROR(ForEachReject(engine, flags, [&](const v1::Reject& reject) {
    if (context.json) {
      const Remedy remedy = remedies.For(reject.code());
      json.push_back({{"key", std::vector<std::string>(reject.key().begin(), reject.key().end())},
                      {"code", reject.code()},
                      {"message", reject.message()},
                      {"remedy", context.english ? remedy.en : remedy.ja},
                      {"since", UtcTime(reject.since())},
                      {"attempts", reject.attempts()}});
      return;
    }
    by_code[reject.code()].push_back({KeyText(context, dataset, reject.key()), LocalTime(reject.since()),
                                      absl::StrCat(reject.attempts()), reject.message()});
  }));
  if (context.json) {
    context.PrintJson(json);
  } else if (by_code.empty()) {
    context.Print(context.Say(text::kNoRejects));
  } else {
    PrintRejects(context, flags, by_code, remedies);
  }
  return ExitStatus::kDone;
}

std::vector<std::string> ExportHeader(const v1::Dataset& dataset) {
  std::vector<std::string> names;
  for (const uint32_t field : dataset.key_fields()) names.push_back(dataset.fields(static_cast<int>(field)).name());
  for (const char* name : {"code", "message", "remedy_ja", "remedy_en", "since", "attempts"}) names.push_back(name);
  return names;
}

absl::StatusOr<ExitStatus> Export(const CommandContext& context, const RejectFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, flags.dataset));
  const Remedies remedies(dataset);
  std::ofstream file;
  // The byte order mark is for the spreadsheet program in which officers open the file.
  if (!flags.out_path.empty()) {
    file.open(flags.out_path, std::ios::binary | std::ios::trunc);
    file << "\xEF\xBB\xBF";
  }
  std::ostream& out = flags.out_path.empty() ? std::cout : file;
  uint64_t count = 0;
  out << CsvLine(ExportHeader(dataset)) << "\r\n";
  RETURN_IF_ERROR(ForEachReject(engine, flags, [&](const v1::Reject& reject) {
    const Remedy remedy = remedies.For(reject.code());
    std::vector<std::string> fields(reject.key().begin(), reject.key().end());
    fields.resize(dataset.key_fields_size());
    for (const std::string& field : {reject.code(), reject.message(), remedy.ja, remedy.en, UtcTime(reject.since()),
                                     absl::StrCat(reject.attempts())}) {
      fields.push_back(field);
    }
    out << CsvLine(fields) << "\r\n";
    ++count;
  }));
  out.flush();
  if (!out) {
    return client::LocalizedError(absl::StatusCode::kUnknown,
                                  {"OUTPUT", absl::StrCat(flags.out_path, ": 書き込めません。"),
                                   absl::StrCat(flags.out_path, ": cannot be written.")});
  }
  if (flags.out_path.empty()) return ExitStatus::kDone;
  context.Print(context.Say(text::kExported, {GroupDigits(count), flags.out_path}));
  if (context.json) context.PrintJson({{"exported", count}, {"file", flags.out_path}});
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Retry(const CommandContext& context, const RejectFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  RETURN_IF_ERROR(GetDataset(engine, flags.dataset).status());
  v1::RetryRejectsRequest request;
  request.set_dataset(flags.dataset);
  request.set_code(flags.code);
  v1::RetryRejectsResponse response;
  RETURN_IF_ERROR(Call(*engine.rejects, &v1::RejectService::Stub::RetryRejects, request, &response));
  if (context.json) {
    context.PrintJson({{"retried", response.retried()}});
    return ExitStatus::kDone;
  }
  context.Print(context.Say(text::kRetried, {GroupDigits(response.retried())}));
  if (response.retried() > 0) {
    PrintNextSteps(context, {{text::kNextSubmit, absl::StrCat("submit --dataset ", flags.dataset)}});
  }
  return ExitStatus::kDone;
}

}  // namespace

void AddRejectCommands(CLI::App& app, CommandContext& context) {
  CLI::App* const group = app.add_subcommand("rejects", "登録先に却下された記録 / records the hub refused");
  group->require_subcommand(1);
  auto flags = std::make_shared<RejectFlags>();
  using Function = absl::StatusOr<ExitStatus> (*)(const CommandContext&, const RejectFlags&);
  const auto add = [&](const char* name, const char* help, Function function) {
    CLI::App* const command = group->add_subcommand(name, help);
    command->add_option("dataset", flags->dataset, "対象データ / the dataset")->required();
    command->add_option("--code", flags->code, "この符号だけ / only this code");
    command->callback([=, &context] { context.action = [=, &context] { return function(context, *flags); }; });
    return command;
  };
  add("list", "一覧と対処 / list them with what to do", &List);
  add("export", "CSVで書き出す / write them as CSV", &Export)
      ->add_option("--out", flags->out_path, "書き出すファイル / the file; standard output without it");
  add("retry", "もう一度送る / send them again", &Retry);
}

}  // namespace sabun::cli
