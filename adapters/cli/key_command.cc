// The key that wraps a store's keys: made, split between two officers, exchanged. Needs neither engine nor store.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/status_macros.h"
#include "keys/key_ring.h"
#include "keys/key_source.h"

namespace sabun::cli {
namespace {

struct KeyFlags {
  KeySource source, new_source;
  std::string data, out;
  std::vector<std::string> outs;
};

// The keys' own errors say their code first.
absl::Status WithCode(const absl::Status& status) {
  if (status.ok()) return status;
  const client::ToldError told = client::Tell(status);
  const size_t colon = told.message_en.find(": ");
  if (colon == std::string::npos) return status;
  return client::LocalizedError(status.code(),
                                {told.message_en.substr(0, colon), told.message_ja, told.message_en.substr(colon + 2)});
}

KeyRing::KeyFetcher Fetcher(const KeySource& source) {
  return [source] { return FetchKey(source); };
}

ExitStatus ShowKey(const CommandContext& context, const SecretBytes& key) {
  if (context.json) context.PrintJson({{"key_id", KeyId(key.view())}});
  context.Print(context.Say(text::kKeyId, {KeyId(key.view())}));
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Make(const CommandContext& context, const KeyFlags& flags) {
  const SecretBytes key = NewKey();
  RETURN_IF_ERROR(WithCode(WriteKeyFile(flags.out, key.view())));
  return ShowKey(context, key);
}

absl::StatusOr<ExitStatus> Split(const CommandContext& context, const KeyFlags& flags) {
  const auto key = FetchKey(flags.source);
  RETURN_IF_ERROR(WithCode(key.status()));
  const SecretBytes share = NewKey();
  RETURN_IF_ERROR(WithCode(WriteKeyFile(flags.outs[0], share.view())));
  RETURN_IF_ERROR(WithCode(WriteKeyFile(flags.outs[1], ExclusiveOr(key->view(), share.view()).view())));
  return ShowKey(context, *key);
}

absl::StatusOr<ExitStatus> ShowId(const CommandContext& context, const KeyFlags& flags) {
  const auto key = FetchKey(flags.source);
  RETURN_IF_ERROR(WithCode(key.status()));
  return ShowKey(context, *key);
}

absl::StatusOr<ExitStatus> ShowRing(const CommandContext& context, const KeyRing& ring) {
  const RingContents contents = ring.contents();
  Json epochs = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& [number, epoch] : contents.epochs) {
    epochs.push_back({{"epoch", number}, {"begun_at", UtcTime(epoch.begun_at)}});
    rows.push_back({absl::StrCat("  ", number), LocalTime(epoch.begun_at)});
  }
  if (context.json) {
    context.PrintJson({{"key_id", ring.key_id()},
                       {"epochs", std::move(epochs)},
                       {"copies", contents.copies},
                       {"stale_copies", ring.stale_copies()}});
    return ExitStatus::kDone;
  }
  context.Print(context.Say(text::kKeyId, {ring.key_id()}));
  for (const std::string& line : AlignColumns(rows)) context.Print(line);
  for (const std::string& path : contents.copies) context.Print(context.Say(text::kKeyRingCopy, {path}));
  for (const std::string& path : ring.stale_copies()) context.Print(context.Say(text::kKeyRingStale, {path}));
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> Show(const CommandContext& context, const KeyFlags& flags) {
  const auto ring = KeyRing::Open(flags.data + "/keyring", Fetcher(flags.source));
  RETURN_IF_ERROR(WithCode(ring.status()));
  return ShowRing(context, **ring);
}

absl::StatusOr<ExitStatus> Rewrap(const CommandContext& context, const KeyFlags& flags) {
  const auto key = FetchKey(flags.new_source);
  RETURN_IF_ERROR(WithCode(key.status()));
  const auto ring = KeyRing::Open(flags.data + "/keyring", Fetcher(flags.source));
  RETURN_IF_ERROR(WithCode(ring.status()));
  RETURN_IF_ERROR(WithCode((*ring)->Rewrap(*key)));
  context.Print(context.Say(text::kKeyRewrapped));
  return ShowRing(context, **ring);
}

void AddSource(CLI::App& command, KeySource& source, const std::string& prefix) {
  command.add_option("--" + prefix + "key-file", source.file, "鍵ファイル / the key's file");
  command.add_option("--" + prefix + "key-credential", source.credential,
                     "systemdのcredential名 / a systemd credential");
  command.add_option("--" + prefix + "key-share", source.shares, "分割した鍵(2つ) / the two shares of a key")
      ->allow_extra_args(false);
}

}  // namespace

void AddKeyCommands(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<KeyFlags>();
  CLI::App* const key =
      app.add_subcommand("key", "暗号鍵の作成・分割・交換 / make, split and exchange the store's key");
  key->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, auto run) {
    CLI::App* const command = key->add_subcommand(name, help);
    command->callback(
        [&context, flags, run] { context.action = [&context, flags, run] { return run(context, *flags); }; });
    return command;
  };
  add("make", "新しい鍵を作る / make a new key", &Make)
      ->add_option("FILE", flags->out, "鍵ファイル / its file")
      ->required();
  CLI::App* const split = add("split", "鍵を2人に分ける / split a key between two officers", &Split);
  AddSource(*split, flags->source, "");
  split->add_option("FILES", flags->outs, "2つのファイル / the two files")->required()->expected(2);
  AddSource(*add("show-id", "鍵の識別番号を示す / show a key's id", &ShowId), flags->source, "");
  CLI::App* const show = add("show", "鍵束の世代を示す / show the epochs of a key ring", &Show);
  CLI::App* const rewrap =
      add("rewrap", "鍵を交換する(データは書き直さない) / exchange the key; no data is rewritten", &Rewrap);
  for (CLI::App* const command : {show, rewrap}) {
    command->add_option("--data", flags->data, "エンジンのデータディレクトリ / the engine's data directory")
        ->required();
    AddSource(*command, flags->source, "");
  }
  AddSource(*rewrap, flags->new_source, "new-");
}

}  // namespace sabun::cli
