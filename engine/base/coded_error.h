// Errors that an operator reads: a status with a stable code and texts in English and Japanese. Texts never hold a
// personal value.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sabun {

struct CodedText {
  absl::string_view code;  // stable, for scripts and runbooks: "WITNESS-BEHIND"
  std::string english;
  std::string japanese;
};

// A status whose message is "CODE: English text" and that carries the Japanese text along.
absl::Status CodedError(absl::StatusCode kind, const CodedText& text);

// What the log says: the message and, where there is one, the Japanese text in a second sentence.
std::string InBothLanguages(const absl::Status& status);

}  // namespace sabun
