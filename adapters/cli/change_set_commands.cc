#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

constexpr uint64_t kChangesShown = 10;
constexpr uint32_t kChangeSetsListed = 100;

struct ChangeSetFlags {
  std::string dataset;
  uint64_t number = 0;  // 0: the held one, else the newest
  std::string digest;
  std::string by;
  bool yes = false;
};

absl::StatusOr<v1::ChangeSet> GetChangeSet(const EngineClient& engine, const std::string& dataset, uint64_t number) {
  v1::GetChangeSetRequest request;
  request.set_dataset(dataset);
  request.set_number(number);
  v1::GetChangeSetResponse response;
  RETURN_IF_ERROR(Call(*engine.change_sets, &v1::ChangeSetService::Stub::GetChangeSet, request, &response));
  return std::move(*response.mutable_change_set());
}

// The change set the flags mean. Without a number a decision concerns the held one.
absl::StatusOr<v1::ChangeSet> FindHeld(const EngineClient& engine, const ChangeSetFlags& flags) {
  if (flags.number != 0) return GetChangeSet(engine, flags.dataset, flags.number);
  v1::GetStatusRequest request;
  request.set_dataset(flags.dataset);
  v1::GetStatusResponse response;
  RETURN_IF_ERROR(Call(*engine.admin, &v1::AdminService::Stub::GetStatus, request, &response));
  if (response.datasets_size() == 1 && response.datasets(0).has_held_change_set()) {
    return std::move(*response.mutable_datasets(0)->mutable_held_change_set());
  }
  const auto say = [&](const char* sentence) { return absl::StrCat(sentence, flags.dataset); };
  return client::LocalizedError(absl::StatusCode::kFailedPrecondition,
                                {"NOT-HELD", say("保留中の差分はありません: "), say("there is no held change set: ")});
}

void PrintFirstChanges(const CommandContext& context, const EngineClient& engine, const v1::Dataset& dataset,
                       const v1::ChangeSet& change_set) {
  v1::ReadChangesRequest request;
  request.set_dataset(change_set.dataset());
  request.set_number(change_set.number());
  request.set_limit(kChangesShown);
  grpc::ClientContext call;
  const auto reader = engine.change_sets->ReadChanges(&call, request);
  v1::ReadChangesResponse page;
  std::vector<std::vector<std::string>> rows;
  while (reader->Read(&page)) {
    for (const v1::Change& change : page.changes()) {
      std::string changed;
      for (const uint32_t field : change.changed_fields()) {
        if (field >= static_cast<uint32_t>(dataset.fields_size())) continue;
        absl::StrAppend(&changed, changed.empty() ? "" : ", ", dataset.fields(static_cast<int>(field)).label_ja());
      }
      rows.push_back(
          {absl::StrCat("  ", OpLabel(context, change.op())), KeyText(context, dataset, change.key()), changed});
    }
  }
  // A preview without examples is a preview all the same; the decision rests on the digest.
  if (!reader->Finish().ok() || rows.empty()) return;
  context.Print(context.Say(text::kFirstChanges, {absl::StrCat(rows.size())}));
  for (const std::string& line : AlignColumns(rows)) context.Print(line);
}

void PrintChangeSet(const CommandContext& context, const v1::ChangeSet& change_set) {
  context.Print(context.Say(text::kChangeSetHead,
                            {change_set.dataset(), absl::StrCat(change_set.number()),
                             StateLabel(context, change_set.state()), KindLabel(context, change_set.kind())}));
  context.Print(context.Say(text::kChangeSetMade, {LocalTime(change_set.created_at()), change_set.snapshot_id()}));
  if (change_set.decided_at() != 0) {
    context.Print(context.Say(text::kChangeSetDecided, {LocalTime(change_set.decided_at()), change_set.decided_by()}));
  }
  context.Print(context.Say(text::kChangeSetDigest, {DigestText(change_set.digest())}));
  for (const std::string& line : CountLines(context, change_set.counts())) context.Print(line);
  for (const v1::Hold& hold : change_set.holds()) context.Print(absl::StrCat("  ! ", HoldText(context, hold)));
  if (change_set.state() == v1::CHANGE_SET_STATE_HELD) {
    context.Print(context.Say(text::kNothingSent));
    return;
  }
  const v1::Books& books = change_set.books();
  std::vector<std::string> numbers;
  for (const uint64_t number : {books.planned(), books.accepted(), books.rejected(), books.unknown(), books.pending(),
                                books.in_flight(), books.superseded()}) {
    numbers.push_back(GroupDigits(number));
  }
  context.Print(context.Say(text::kBooks, numbers));
}

absl::StatusOr<ExitStatus> List(const CommandContext& context, const ChangeSetFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  RETURN_IF_ERROR(GetDataset(engine, flags.dataset).status());
  v1::ListChangeSetsRequest request;
  request.set_dataset(flags.dataset);
  request.set_page_size(kChangeSetsListed);
  Json json = Json::array();
  std::vector<std::vector<std::string>> rows = {absl::StrSplit(context.Say(text::kChangeSetColumns), '\t')};
  do {
    v1::ListChangeSetsResponse response;
    RETURN_IF_ERROR(Call(*engine.change_sets, &v1::ChangeSetService::Stub::ListChangeSets, request, &response));
    for (const v1::ChangeSet& change_set : response.change_sets()) {
      if (context.json) json.push_back(ChangeSetJson(change_set));
      const v1::SnapshotCounts& counts = change_set.counts();
      const v1::Books& books = change_set.books();
      rows.push_back({absl::StrCat(change_set.number()), LocalTime(change_set.created_at()),
                      KindLabel(context, change_set.kind()), StateLabel(context, change_set.state()),
                      GroupDigits(counts.added()), GroupDigits(counts.updated()), GroupDigits(counts.deleted()),
                      GroupDigits(books.accepted()), GroupDigits(books.rejected()), GroupDigits(books.pending())});
    }
    request.set_page_token(response.next_page_token());
    // People look at the newest ones; scripts get all.
  } while (context.json && !request.page_token().empty());
  if (context.json) {
    context.PrintJson(json);
  } else if (rows.size() == 1) {
    context.Print(context.Say(text::kNoChangeSets));
  } else {
    for (const std::string& line : AlignColumns(rows)) context.Print(line);
  }
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Show(const CommandContext& context, const ChangeSetFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, flags.dataset));
  ASSIGN_OR_RETURN(const v1::ChangeSet change_set, GetChangeSet(engine, flags.dataset, flags.number));
  if (context.json) {
    context.PrintJson(ChangeSetJson(change_set));
    return ExitStatus::kDone;
  }
  PrintChangeSet(context, change_set);
  PrintFirstChanges(context, engine, dataset, change_set);
  const std::string target = absl::StrCat(flags.dataset, " ", change_set.number());
  if (change_set.state() == v1::CHANGE_SET_STATE_HELD) {
    PrintNextSteps(context, {{text::kNextApprove, absl::StrCat("change-set approve ", target)},
                             {text::kNextDiscard, absl::StrCat("change-set discard ", target)}});
  }
  return ExitStatus::kDone;
}

std::string WhoDecides(const ChangeSetFlags& flags) {
  if (!flags.by.empty()) return flags.by;
  const char* user = std::getenv("USER");
  return user != nullptr && *user != '\0' ? user : absl::StrCat("uid ", ::getuid());
}

// True when the person at the terminal says yes, or there is none, or --yes was given.
bool Confirmed(const CommandContext& context, const ChangeSetFlags& flags, const Text& question) {
  if (flags.yes || context.json || ::isatty(STDIN_FILENO) != 1) return true;
  std::cout << context.Say(question) << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "はい";
}

absl::Status NotConfirmed() {
  return client::LocalizedError(absl::StatusCode::kCancelled,
                                {"NOT-CONFIRMED", text::kNotConfirmed.ja, text::kNotConfirmed.en});
}

absl::StatusOr<ExitStatus> Approve(const CommandContext& context, const ChangeSetFlags& flags) {
  std::string digest = absl::HexStringToBytes(flags.digest);
  if (flags.digest.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos || flags.digest.size() % 2 != 0) {
    return UsageError("--digest は16進数です。", "--digest is hexadecimal.");
  }
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, flags.dataset));
  ASSIGN_OR_RETURN(const v1::ChangeSet held, FindHeld(engine, flags));
  if (digest.empty()) {
    PrintChangeSet(context, held);
    if (!context.json) PrintFirstChanges(context, engine, dataset, held);
    const bool is_held = held.state() == v1::CHANGE_SET_STATE_HELD;
    if (is_held && !Confirmed(context, flags, text::kAskApprove)) return NotConfirmed();
    digest = held.digest();
  }
  v1::ApproveChangeSetRequest request;
  request.set_dataset(flags.dataset);
  request.set_number(held.number());
  request.set_digest(digest);
  request.set_approved_by(WhoDecides(flags));
  v1::ApproveChangeSetResponse response;
  // Applying a large change set may take its time.
  RETURN_IF_ERROR(Call(*engine.change_sets, &v1::ChangeSetService::Stub::ApproveChangeSet, request, &response,
                       absl::InfiniteDuration()));
  if (context.json) {
    context.PrintJson(ChangeSetJson(response.change_set()));
    return ExitStatus::kDone;
  }
  context.Print(context.Say(text::kApproved, {flags.dataset, absl::StrCat(held.number())}));
  PrintNextSteps(context, {{text::kNextSubmit, absl::StrCat("submit --dataset ", flags.dataset)}});
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Discard(const CommandContext& context, const ChangeSetFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  RETURN_IF_ERROR(GetDataset(engine, flags.dataset).status());
  ASSIGN_OR_RETURN(const v1::ChangeSet held, FindHeld(engine, flags));
  PrintChangeSet(context, held);
  const bool is_held = held.state() == v1::CHANGE_SET_STATE_HELD;
  if (is_held && !Confirmed(context, flags, text::kAskDiscard)) return NotConfirmed();
  v1::DiscardChangeSetRequest request;
  request.set_dataset(flags.dataset);
  request.set_number(held.number());
  request.set_discarded_by(WhoDecides(flags));
  v1::DiscardChangeSetResponse response;
  RETURN_IF_ERROR(Call(*engine.change_sets, &v1::ChangeSetService::Stub::DiscardChangeSet, request, &response));
  if (context.json) context.PrintJson(ChangeSetJson(response.change_set()));
  context.Print(context.Say(text::kDiscarded, {flags.dataset, absl::StrCat(held.number())}));
  return ExitStatus::kDone;
}

}  // namespace

void AddChangeSetCommands(CLI::App& app, CommandContext& context) {
  CLI::App* const group = app.add_subcommand("change-set", "差分の確認と承認 / change sets");
  group->require_subcommand(1);
  auto flags = std::make_shared<ChangeSetFlags>();
  using Function = absl::StatusOr<ExitStatus> (*)(const CommandContext&, const ChangeSetFlags&);
  const auto add = [&](const char* name, const char* help, Function function) {
    CLI::App* const command = group->add_subcommand(name, help);
    command->add_option("dataset", flags->dataset, "対象データ / the dataset")->required();
    command->callback([=, &context] { context.action = [=, &context] { return function(context, *flags); }; });
    return command;
  };
  add("list", "一覧 / list them, newest first", &List);
  CLI::App* const show = add("show", "内容を見る / show one", &Show);
  CLI::App* const approve = add("approve", "保留を承認する / release a held one", &Approve);
  CLI::App* const discard = add("discard", "保留を取りやめる / drop a held one", &Discard);
  for (CLI::App* const command : {show, approve, discard}) {
    command->add_option("number", flags->number, "差分の番号 / its number")->check(CLI::PositiveNumber);
  }
  approve->add_option("--digest", flags->digest, "見た差分のダイジェスト / the digest that was looked at");
  for (CLI::App* const command : {approve, discard}) {
    command->add_option("--by", flags->by, "決めた人の名前(記録用) / who decides, for the record");
    command->add_flag("--yes", flags->yes, "確認を省く / do not ask");
  }
}

}  // namespace sabun::cli
