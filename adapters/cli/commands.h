// The commands, one function for each group: adds its subcommands to `app`. The chosen one's parser sets
// `context.action`. Both arguments outlive the run.
#pragma once

#include "CLI/CLI.hpp"
#include "adapters/cli/command_context.h"

namespace sabun::cli {

void AddAuditCommands(CLI::App& app, CommandContext& context);
void AddDatasetCommands(CLI::App& app, CommandContext& context);
void AddPushCommands(CLI::App& app, CommandContext& context);
void AddChangeSetCommands(CLI::App& app, CommandContext& context);
void AddChangesCommand(CLI::App& app, CommandContext& context);
void AddSubmitCommand(CLI::App& app, CommandContext& context);
void AddResendCommand(CLI::App& app, CommandContext& context);
void AddRejectCommands(CLI::App& app, CommandContext& context);
void AddStatusCommand(CLI::App& app, CommandContext& context);
void AddVerifyCommand(CLI::App& app, CommandContext& context);
void AddBackupCommand(CLI::App& app, CommandContext& context);
void AddPiaReportCommand(CLI::App& app, CommandContext& context);
void AddEraseCommand(CLI::App& app, CommandContext& context);
void AddKeyCommands(CLI::App& app, CommandContext& context);

}  // namespace sabun::cli
