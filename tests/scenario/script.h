// The text form of a scenario: lines of words, and the indented lines that belong to them. README.md has the language.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun::scenario {

// One line. `name=value` words go to `named`, the others to `words`; the first word is the verb.
struct ScriptLine {
  int number = 0;  // from 1
  std::string text;
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> named;
  std::vector<ScriptLine> block;

  bool Has(absl::string_view word) const;
  // The value of `name`, or `otherwise`.
  std::string Named(absl::string_view name, absl::string_view otherwise = "") const;
  // The word at `place`, or nothing.
  std::string Word(size_t place) const { return place < words.size() ? words[place] : ""; }
};

// A whole file. Double quotes keep spaces inside a word, a backslash keeps a quote; # begins a comment at the start of
// a line or after a space. INVALID_ARGUMENT "line N: reason": a quote is not closed, an indented line has nothing to
// belong to, or the file does not begin with a comment that tells its rule.
absl::StatusOr<std::vector<ScriptLine>> ParseScript(absl::string_view text);

// Says that a scenario is written wrongly; no engine answers with this code.
absl::Status WrongLanguage(absl::string_view reason);
bool IsWrongLanguage(const absl::Status& status);

}  // namespace sabun::scenario
