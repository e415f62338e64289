// The files of the audit log: segments that are only ever appended to.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun {

// One file of the log. Its name holds the sequence of its first entry, so that names sort.
struct AuditSegment {
  std::string path;
  uint64_t first_sequence = 0;
};

std::string AuditSegmentPath(const std::string& directory, uint64_t first_sequence);
// Ascending. Errors: UNAVAILABLE.
absl::StatusOr<std::vector<AuditSegment>> ListAuditSegments(const std::string& directory);

// A line of a segment, without its line feed. The last one of a file that was cut has none: `whole` is false.
struct RawAuditLine {
  absl::string_view text;
  bool whole = true;
  uint64_t offset = 0;  // where it begins in its file
};

// Reads a file line by line, in bounded memory. Stops at an error of `take`. Errors: UNAVAILABLE, DATA_LOSS (a line of
// more than 64 KiB), and those of `take`.
absl::Status ReadAuditLines(const std::string& path, const std::function<absl::Status(const RawAuditLine&)>& take);

// Writes the bytes of [begin, end) once more where they are, and syncs them: after a failed sync a kernel may show what
// the disk does not have. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED.
absl::Status WriteAgain(const std::string& path, uint64_t begin, uint64_t end);

// Appends to a file; thread-compatible. Every line goes out in one write, so that after a crash of the process each is
// there whole or not at all.
class AuditAppender {
 public:
  AuditAppender() = default;
  ~AuditAppender();
  AuditAppender(const AuditAppender&) = delete;
  AuditAppender& operator=(const AuditAppender&) = delete;

  // Errors: UNAVAILABLE; then the size stays that of the file before. A new file's name is made durable at once.
  absl::Status Open(const std::string& path);
  // When it fails, the file is as it was before, or the appender refuses everything from then on. Errors:
  // RESOURCE_EXHAUSTED (disk full), UNAVAILABLE, INVALID_ARGUMENT (a line of more than 64 KiB).
  absl::Status Append(absl::string_view line);
  // Makes what was appended durable. After a failure nobody knows what is on the disk: everything is refused.
  absl::Status Sync();
  uint64_t size() const { return size_; }

 private:
  int file_ = -1;
  uint64_t size_ = 0;
  bool broken_ = false;
};

}  // namespace sabun
