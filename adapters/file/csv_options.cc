#include "adapters/file/csv_options.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sabun::file {

absl::StatusOr<Encoding> ParseEncoding(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  if (lower == "utf-8" || lower == "utf8") return Encoding::kUtf8;
  for (const absl::string_view other : {"cp932", "ms932", "windows-31j", "shift_jis", "shift-jis", "sjis"}) {
    if (lower == other) return Encoding::kCp932;
  }
  return absl::InvalidArgumentError(absl::StrCat("not an encoding (utf-8 or cp932): ", name));
}

absl::string_view EncodingName(Encoding encoding) { return encoding == Encoding::kUtf8 ? "utf-8" : "cp932"; }

absl::StatusOr<char> ParseDelimiter(absl::string_view text) {
  if (text == "tab" || text == "\\t") return '\t';
  const char c = text.size() == 1 ? text[0] : '"';
  if (c == '\t' || (absl::ascii_ispunct(c) && c != '"')) return c;
  return absl::InvalidArgumentError(absl::StrCat("not a delimiter (one ASCII sign, or tab): ", text));
}

}  // namespace sabun::file
