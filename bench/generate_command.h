// The command `sabun-bench generate`.
#pragma once

#include "CLI/CLI.hpp"

namespace sabun::bench {

// Adds the command to the program. When the command line names it, parsing runs it; a failure is reported on standard
// error and leaves through CLI::RuntimeError with exit status 1, or 2 for an option out of its range.
void AddGenerateCommand(CLI::App* program);

}  // namespace sabun::bench
