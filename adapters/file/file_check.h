// What can be seen of a whole file before a row of it is sent.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/file/csv_options.h"

namespace sabun::file {

// The part of `data` that holds lines: without a byte order mark and without the end-of-file byte 0x1A of old systems.
// Errors, all FAILED_PRECONDITION: FILE-EMPTY; FILE-ENCODING when the file is UTF-16, or its first mebibyte is not in
// the stated encoding but in another (the error names it and the line); FILE-NOT-TEXT for spreadsheets and other
// archives; FILE-LINE-ENDS when lines end with CR alone. A single bad row is no error here: it is found when it is
// read.
absl::StatusOr<absl::string_view> CheckFile(absl::string_view data, const CsvOptions& options);

}  // namespace sabun::file
