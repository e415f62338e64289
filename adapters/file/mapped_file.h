// A file mapped into memory for reading.
#pragma once

#include <ctime>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun::file {

// Owns the mapping. Reading `data` after somebody cut the file short ends the process with SIGBUS, so CheckUnchanged is
// a check of the content's identity, not of safety. Thread-safe.
class MappedFile {
 public:
  // NOT_FOUND, PERMISSION_DENIED; INVALID_ARGUMENT for what is not a regular file.
  static absl::StatusOr<std::unique_ptr<MappedFile>> Open(const std::string& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  absl::string_view data() const { return data_; }
  const std::string& path() const { return path_; }

  // FAILED_PRECONDITION (FILE-CHANGED) when size or time of change are not what they were when it was opened.
  absl::Status CheckUnchanged() const;

 private:
  MappedFile() = default;

  std::string path_;
  int descriptor_ = -1;
  absl::string_view data_;
  std::timespec changed_at_{};
};

}  // namespace sabun::file
