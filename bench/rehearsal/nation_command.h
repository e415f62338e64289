// The command `sabun-bench nation`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"

namespace sabun::bench {

// "5M,25M,125000000" as numbers; k and M are thousands and millions. INVALID_ARGUMENT for anything else.
absl::StatusOr<std::vector<uint64_t>> ParseSteps(const std::string& text);

// Adds the command to the program; see RunAndReport for how it ends.
void AddNationCommand(CLI::App* program);

}  // namespace sabun::bench
