// One engine a directory.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sabun {

// Keeps other engines out of a directory, before anything in it is touched: a second one would clear files that the
// first is writing long before the store refuses it. Ends with the process, however that ends.
class DirectoryLock {
 public:
  // Errors: FAILED_PRECONDITION (STORE-IN-USE: another process has it), UNAVAILABLE (the disk).
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  const int file_;
};

}  // namespace sabun
