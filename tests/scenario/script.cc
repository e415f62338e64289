#include "tests/scenario/script.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"

namespace sabun::scenario {
namespace {

// Splits at spaces outside quotes, and takes the quotes away.
absl::StatusOr<ScriptLine> ParseLine(absl::string_view text, int number) {
  ScriptLine line;
  line.number = number;
  line.text = std::string(text);
  size_t at = 0;
  while (true) {
    while (at < text.size() && text[at] == ' ') ++at;
    if (at == text.size() || text[at] == '#') return line;
    std::string word;
    size_t equals = std::string::npos;
    bool quoted = false;
    for (; at < text.size() && (quoted || text[at] != ' '); ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) {
        word += text[++at];
        continue;
      }
      if (text[at] == '"') {
        quoted = !quoted;
        continue;
      }
      if (text[at] == '=' && !quoted && equals == std::string::npos) equals = word.size();
      word += text[at];
    }
    if (quoted) return absl::InvalidArgumentError(absl::StrCat("line ", number, ": a quote is not closed"));
    if (equals == std::string::npos) {
      line.words.push_back(std::move(word));
    } else {
      line.named.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
}

}  // namespace

bool ScriptLine::Has(absl::string_view word) const {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string ScriptLine::Named(absl::string_view name, absl::string_view otherwise) const {
  for (const auto& [given, value] : named) {
    if (given == name) return value;
  }
  return std::string(otherwise);
}

absl::StatusOr<std::vector<ScriptLine>> ParseScript(absl::string_view text) {
  if (!absl::StartsWith(text, "# ")) {
    return absl::InvalidArgumentError("line 1: a scenario begins with a comment that tells its rule");
  }
  std::vector<ScriptLine> script;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ASSIGN_OR_RETURN(ScriptLine line, ParseLine(raw, ++number));
    if (line.words.empty() && line.named.empty()) continue;
    if (raw[0] != ' ') {
      script.push_back(std::move(line));
    } else if (script.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": an indented line belongs to the line before"));
    } else {
      script.back().block.push_back(std::move(line));
    }
  }
  return script;
}

absl::Status WrongLanguage(absl::string_view reason) { return absl::UnimplementedError(reason); }

bool IsWrongLanguage(const absl::Status& status) { return absl::IsUnimplemented(status); }

}  // namespace sabun::scenario
