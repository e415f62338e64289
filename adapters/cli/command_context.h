// What every command is given, and how a command is run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/client/tls_files.h"
#include "nlohmann/json.hpp"

namespace sabun::cli {

// As it is printed: members keep their order.
using Json = nlohmann::ordered_json;

// What other people's scripts rely on.
enum class ExitStatus { kDone = 0, kFailed = 1, kWrongUse = 2, kHeld = 3, kDoneWithRejects = 4 };

// A text in both languages; "$0", "$1" ... stand for arguments.
struct Text {
  const char* ja;
  const char* en;
};

// The global options, and the command that the command line chose. One thread.
struct CommandContext {
  std::string engine_flag;  // as given; empty for the default
  client::TlsFiles tls;     // as given
  bool json = false;
  bool english = false;
  std::function<absl::StatusOr<ExitStatus>()> action;  // set by the chosen command's parser

  // `text` in the chosen language.
  std::string Say(const Text& text, const std::vector<std::string>& arguments = {}) const;
  // The command line that does `command`, as it can be typed again here.
  std::string CommandLine(absl::string_view command) const;
  // Writes a line for people to standard output; nothing with --json.
  void Print(absl::string_view line) const;
  // Writes a line for people to standard error, with --json too.
  void Note(absl::string_view line) const;
  // Writes `value` as one line to standard output.
  void PrintJson(const Json& value) const;
};

// A mistake on the command line that only the command itself can see: exit status 2.
absl::Status UsageError(const std::string& ja, const std::string& en);

// True for Japanese-speaking users: neither --lang nor the environment asks for English.
bool EnglishIsWanted(absl::string_view lang_flag);

}  // namespace sabun::cli
