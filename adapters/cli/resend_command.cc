#include <fstream>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/hub_comparison.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct ResendFlags {
  std::string dataset, keys_path, change_sets, hub_url;
  bool all = false, missing = false;
};

// One key a line, its parts in the order of the key fields, with commas between them.
absl::Status ReadKeys(const std::string& path, v1::PlanResendRequest* request) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    absl::string_view text = line;
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.empty()) continue;
    v1::RecordKey* const key = request->add_keys();
    for (const absl::string_view part : absl::StrSplit(text, ',')) {
      key->add_values(std::string(client::TrimKeyValue(part)));
    }
  }
  if (file.eof() && request->keys_size() > 0) return absl::OkStatus();
  return client::LocalizedError(absl::StatusCode::kInvalidArgument,
                                {"KEYS", absl::StrCat(path, ": キーを読めません。1行に1件、項目はコンマで区切ります。"),
                                 absl::StrCat(path, ": no keys; one a line, its parts with commas between them.")});
}

absl::Status ReadRange(const std::string& text, v1::PlanResendRequest* request) {
  const std::vector<std::string> ends = absl::StrSplit(text, "..");
  uint64_t first = 0, last = 0;
  const bool read = ends.size() <= 2 && absl::SimpleAtoi(ends.front(), &first) && absl::SimpleAtoi(ends.back(), &last);
  if (!read || first == 0 || last < first) {
    return UsageError("--change-sets は A..B の形です。", "--change-sets has the form A..B.");
  }
  request->set_first_change_set(first);
  request->set_last_change_set(last);
  return absl::OkStatus();
}

absl::StatusOr<v1::ChangeSet> Plan(const CommandContext& context, const EngineClient& engine,
                                   const ResendFlags& flags) {
  if (flags.missing) {
    ASSIGN_OR_RETURN(const client::SyncResult result,
                     CompareWithHub(context, engine, {flags.dataset, flags.hub_url, true, 0}));
    return result.committed.change_set();
  }
  v1::PlanResendRequest request;
  request.set_dataset(flags.dataset);
  request.set_request_id(client::NewSnapshotId());
  request.set_all(flags.all);
  if (!flags.keys_path.empty()) RETURN_IF_ERROR(ReadKeys(flags.keys_path, &request));
  if (!flags.change_sets.empty()) RETURN_IF_ERROR(ReadRange(flags.change_sets, &request));
  v1::PlanResendResponse response;
  RETURN_IF_ERROR(
      Call(*engine.change_sets, &v1::ChangeSetService::Stub::PlanResend, request, &response, absl::InfiniteDuration()));
  return response.change_set();
}

absl::StatusOr<ExitStatus> Resend(const CommandContext& context, const ResendFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  RETURN_IF_ERROR(GetDataset(engine, flags.dataset).status());
  ASSIGN_OR_RETURN(const v1::ChangeSet planned, Plan(context, engine, flags));
  const bool empty = planned.state() == v1::CHANGE_SET_STATE_EMPTY;
  if (context.json) context.PrintJson(ChangeSetJson(planned));
  const std::string records = GroupDigits(planned.counts().updated());
  context.Print(context.Say(empty ? text::kResendEmpty : text::kResendPlanned, {flags.dataset, records}));
  if (empty) return ExitStatus::kDone;
  const std::string target = absl::StrCat(flags.dataset, " ", planned.number());
  PrintNextSteps(context, {{text::kNextLook, absl::StrCat("change-set show ", target)},
                           {text::kNextApprove, absl::StrCat("change-set approve ", target)},
                           {text::kNextDiscard, absl::StrCat("change-set discard ", target)}});
  return ExitStatus::kHeld;
}

}  // namespace

void AddResendCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command = app.add_subcommand(
      "resend", "登録先が失った記録の送り直しを計画する(承認が必要) / plan to send again what the hub lost");
  auto flags = std::make_shared<ResendFlags>();
  command->add_option("dataset", flags->dataset, "対象データ / the dataset")->required();
  CLI::Option_group* const which = command->add_option_group("which", "どの記録を / which records");
  which->add_flag("--all", flags->all, "登録先が受け付けたすべて / everything that the hub accepted");
  which->add_option("--keys", flags->keys_path, "このファイルのキー(1行に1件) / the keys in this file, one a line");
  which->add_option("--change-sets", flags->change_sets, "これらの差分で届けたもの A..B / what these brought there");
  which->add_flag("--missing-at-hub", flags->missing,
                  "登録先の一覧と違うもの / what differs from the hub's list ([hub.listing])");
  which->require_option(1);
  command->add_option("--hub", flags->hub_url, "登録先の宛先 / the hub's address; the profile's without it");
  command->callback([flags, &context] { context.action = [flags, &context] { return Resend(context, *flags); }; });
}

}  // namespace sabun::cli
