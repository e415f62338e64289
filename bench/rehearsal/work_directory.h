// Where a rehearsal keeps its data.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sabun::bench {

// A new directory that only this user may read; it is removed with all that is in it. Not copyable.
class WorkDirectory {
 public:
  // Made in `parent`; when that is empty, in $TMPDIR or /tmp. Errors name the parent.
  static absl::StatusOr<std::unique_ptr<WorkDirectory>> Create(const std::string& parent);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit WorkDirectory(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

}  // namespace sabun::bench
