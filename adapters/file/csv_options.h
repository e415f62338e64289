// How a CSV file is to be read: what the command line says.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun::file {

// The encodings a source file may have. CP932 is Windows-31J: Shift_JIS with the extensions of NEC and IBM.
enum class Encoding { kUtf8, kCp932 };

struct CsvOptions {
  std::string path;  // "-" for standard input, which takes one_pass
  Encoding encoding = Encoding::kUtf8;
  char delimiter = ',';
  bool has_header = true;
  bool partial = false;      // an operation column is looked for
  bool allow_empty = false;  // a file without rows is taken at its word
  bool ignore_unknown_columns = false;
  bool one_pass = false;                         // rows go with their fingerprints
  const std::atomic<bool>* cancelled = nullptr;  // ends the waiting for standard input
  std::string map_path;                          // see column_map.h; empty when there is none
  std::optional<uint64_t> expect_rows;           // the source's own count
};

// "utf-8" or "cp932", with their usual other names, in any case. INVALID_ARGUMENT for others.
absl::StatusOr<Encoding> ParseEncoding(absl::string_view name);

// The name that ParseEncoding takes.
absl::string_view EncodingName(Encoding encoding);

// One ASCII character that is no letter, digit, quote, space or line end; or "tab" or "\t". INVALID_ARGUMENT for
// others.
absl::StatusOr<char> ParseDelimiter(absl::string_view text);

}  // namespace sabun::file
