// Failures as people and scripts see them.
#pragma once

#include "absl/status/status.h"
#include "adapters/cli/command_context.h"

namespace sabun::cli {

// Row errors on standard error; the others are in the file of --errors alone.
constexpr size_t kErrorsShown = 20;

// Says what `status` (not OK) means and what to do: a text on standard error, or with --json an object
// {"error":{"code","message"}} on standard output. Returns the exit status.
ExitStatus ReportError(const CommandContext& context, const absl::Status& status);

}  // namespace sabun::cli
