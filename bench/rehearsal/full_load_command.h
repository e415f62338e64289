// The command `sabun-bench full-load`.
#pragma once

#include "CLI/CLI.hpp"

namespace sabun::bench {

// Adds the command to the program; see RunAndReport for how it ends.
void AddFullLoadCommand(CLI::App* program);

}  // namespace sabun::bench
