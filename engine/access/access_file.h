// The access file, as it is now.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/access/grants.h"
#include "engine/base/mutex.h"

namespace sabun {

// Thread safe. Looks at the file whenever it is asked, so that a grant taken out counts from the next call on.
class AccessFile {
 public:
  // What became of a changed file: OK with its SHA-256 in hex, or why the rules before it stay.
  using Report = std::function<void(const absl::Status&, const std::string& digest)>;

  // Errors: INVALID_ARGUMENT (see Grants::Parse), FAILED_PRECONDITION (cannot be read).
  static absl::StatusOr<std::unique_ptr<AccessFile>> Open(std::string path, Report report);
  // Rules that never change.
  static std::unique_ptr<AccessFile> Fixed(Grants grants);

  // The rules of the file. When it was changed and cannot be used, those before stay, and the report says so once.
  std::shared_ptr<const Grants> Current();

 private:
  struct Stamp {
    int64_t seconds = 0, nanoseconds = 0, size = 0;
    uint64_t node = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  AccessFile(std::string path, Report report) : path_(std::move(path)), report_(std::move(report)) {}
  Stamp Look() const;
  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;  // empty: fixed
  const Report report_;
  Mutex mutex_;
  Stamp stamp_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Grants> grants_ ABSL_GUARDED_BY(mutex_);
  std::string digest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sabun
