// A key ring's file: read, and replaced as a whole or not at all.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun {

// Errors: NOT_FOUND, UNAVAILABLE.
absl::StatusOr<std::string> ReadRingFile(const std::string& path);
// Durable when it returns; a crash leaves the one before, and perhaps PATH.new, which nobody reads. A ring that was
// there keeps its owner. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED.
absl::Status WriteRingFile(const std::string& path, absl::string_view bytes);

// Makes a folder and what is missing above it, unless it is there; its name is durable. Errors: as above.
absl::Status MakeFolder(const std::string& path, mode_t mode = 0777);
// The paths of what is in a folder, in no order. Errors: NOT_FOUND, UNAVAILABLE.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);
// Makes the names in the file's folder durable. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED.
absl::Status SyncFolderOf(const std::string& path);

// Keeps other processes from changing the ring at `path` while it lives.
class RingLock {
 public:
  // Waits. Errors: UNAVAILABLE.
  static absl::StatusOr<RingLock> Take(const std::string& path);
  ~RingLock();
  RingLock(RingLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  RingLock& operator=(RingLock&&) = delete;

 private:
  explicit RingLock(int file) : file_(file) {}
  int file_;
};

}  // namespace sabun
