#include "adapters/cli/command_context.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "adapters/client/localized_status.h"

namespace sabun::cli {

std::string CommandContext::Say(const Text& text, const std::vector<std::string>& arguments) const {
  std::vector<std::pair<std::string, std::string>> replacements;
  for (size_t i = 0; i < arguments.size(); ++i) replacements.emplace_back(absl::StrCat("$", i), arguments[i]);
  return absl::StrReplaceAll(english ? text.en : text.ja, replacements);
}

std::string CommandContext::CommandLine(absl::string_view command) const {
  return absl::StrCat("sabun ", engine_flag.empty() ? "" : absl::StrCat("--engine ", engine_flag, " "), command);
}

void CommandContext::Print(absl::string_view line) const {
  if (!json) std::cout << line << '\n';
}

void CommandContext::Note(absl::string_view line) const {
  std::cout.flush();
  std::cerr << line << '\n';
}

void CommandContext::PrintJson(const Json& value) const {
  std::cout << value.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

absl::Status UsageError(const std::string& ja, const std::string& en) {
  return client::LocalizedError(absl::StatusCode::kInvalidArgument, {"USAGE", ja, en});
}

bool EnglishIsWanted(absl::string_view lang_flag) {
  if (!lang_flag.empty()) return lang_flag == "en";
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return absl::StartsWith(value, "en");
  }
  return false;
}

}  // namespace sabun::cli
