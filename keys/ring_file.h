// A key ring's file: read, and replaced as a whole or not at all.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/disk_file.h"

namespace sabun {

// Errors: NOT_FOUND, UNAVAILABLE.
absl::StatusOr<std::string> ReadRingFile(const std::string& path);
// Durable when it returns; a crash leaves the one before, and perhaps PATH.new, which nobody reads. A ring that was
// there keeps its owner. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED.
absl::Status WriteRingFile(const std::string& path, absl::string_view bytes);

// Keeps other processes from changing the ring at `path` while it lives.
class RingLock {
 public:
  // Waits. Errors: UNAVAILABLE.
  static absl::StatusOr<RingLock> Take(const std::string& path);

 private:
  explicit RingLock(int file) : file_(file) {}
  Descriptor file_;
};

}  // namespace sabun
