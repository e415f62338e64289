// The program `sabun`: adapters and operator commands, a client of the engine.
#include <grpc/support/log.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "CLI/CLI.hpp"
#include "adapters/cli/command_context.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/error_report.h"
#include "adapters/cli/texts.h"

namespace sabun::cli {
namespace {

// CLI11 says in English what is wrong; the rest is for everybody. --help and --version are no errors.
int ReportUsage(const CLI::App& app, const CommandContext& context, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  // CLI11 would say that a command is missing where a wrong one was given.
  const std::vector<std::string> unknown = app.remaining();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !unknown.empty()) {
    return static_cast<int>(ReportError(
        context, UsageError(std::string("そのような命令はありません: ") + unknown.front() + "\n  sabun --help",
                            std::string("there is no such command: ") + unknown.front() + "\n  sabun --help")));
  }
  return static_cast<int>(
      ReportError(context, UsageError(std::string("使い方が違います: ") + error.what() + "\n  sabun --help",
                                      std::string("wrong use: ") + error.what() + "\n  sabun --help")));
}

bool ReaderWentAway() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int Main(int argc, char** argv) {
  CommandContext context;
  std::string lang;
  CLI::App app{"差分 Sabun: 登録先(ハブ)を原本と一致させる / keeps a hub in step with its sources", "sabun"};
  app.add_option("--engine", context.engine_flag,
                 "エンジンの宛先 host:port か unix:/path / the engine ($SABUN_ENGINE, 127.0.0.1:7400)");
  app.add_option("--tls-ca", context.tls.ca, "エンジンの発行者 / who signs the engine, PEM ($SABUN_TLS_CA)");
  app.add_option("--tls-cert", context.tls.cert, "自分の証明書 / this client's certificate ($SABUN_TLS_CERT)");
  app.add_option("--tls-key", context.tls.key, "その鍵 / its key ($SABUN_TLS_KEY)");
  app.add_option("--tls-server-name", context.tls.server_name,
                 "証明書のエンジンの名前 / the engine's name in its certificate, when it is not the address's");
  app.add_flag("--json", context.json, "結果をJSONで / results as JSON");
  app.add_option("--lang", lang, "ja | en")->check(CLI::IsMember({"ja", "en"}));
  app.set_version_flag("--version", "sabun 0.1.0");
  app.require_subcommand(1);
  app.fallthrough();
  AddDatasetCommands(app, context);
  AddPushCommands(app, context);
  AddChangeSetCommands(app, context);
  AddChangesCommand(app, context);
  AddSubmitCommand(app, context);
  AddRejectCommands(app, context);
  AddResendCommand(app, context);
  AddStatusCommand(app, context);
  AddVerifyCommand(app, context);
  AddAuditCommands(app, context);
  AddBackupCommand(app, context);
  AddPiaReportCommand(app, context);
  AddEraseCommand(app, context);
  AddKeyCommands(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    context.english = EnglishIsWanted(lang);
    return ReportUsage(app, context, error);
  }
  context.english = EnglishIsWanted(lang);
  const absl::StatusOr<ExitStatus> status = context.action();
  const ExitStatus result = status.ok() ? *status : ReportError(context, status.status());
  // What a script did not get must not look done. A reader that went away (`| head`) knows it.
  if (std::cout.flush()) return static_cast<int>(result);
  if (!ReaderWentAway()) context.Note(context.Say(text::kOutputFailed));
  return static_cast<int>(ExitStatus::kFailed);
}

}  // namespace
}  // namespace sabun::cli

int main(int argc, char** argv) {
  // gRPC's own words about a failed handshake would stand before the message that says what to do.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
  // A reader that went away is seen as a failed write.
  std::signal(SIGPIPE, SIG_IGN);
  return sabun::cli::Main(argc, argv);
}
