// Runs one scenario.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sabun::scenario {

// Which engine the scenario gets, unless it sets one up itself: the usual one, or one that spills every few rows and
// writes every change set as a new generation.
enum class Memory { kUsual, kLittle };

// How pushes go: fingerprints first and then the rows that are asked for, or everything at once.
enum class Passes { kTwo, kOne };

// Does the steps of the file in order, then checks every dataset: verify must find it sound, all books must balance,
// and no personal value may be in a file of the engine, a log line or a text for people. The first thing that is not as
// expected is the error: "FILE:LINE: step: reason".
absl::Status RunScenario(const std::string& path, Memory memory, Passes passes = Passes::kTwo);

}  // namespace sabun::scenario
