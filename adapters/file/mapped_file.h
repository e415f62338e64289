// A file mapped into memory for reading.
#pragma once

#include <atomic>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

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

  // Has the first pages of a long file, up to 2 GiB, mapped by a thread of its own, so that who reads them afterwards
  // is not interrupted for each: for a reader who has to wait for something else first, and then stops it.
  void StartMappingAhead();
  void StopMappingAhead();

  // Unmaps the pages while the machine has nothing better to do, rather than when the process ends and others wait for
  // it. `data` may be read as before.
  void StartDroppingPages();

  // FAILED_PRECONDITION (FILE-CHANGED) when size or time of change are not what they were when it was opened.
  absl::Status CheckUnchanged() const;

 private:
  MappedFile() = default;
  void Start(int advice, size_t bytes);
  void Stop();

  std::string path_;
  int descriptor_ = -1;
  absl::string_view data_;
  std::timespec changed_at_{};
  std::thread pages_;  // maps or drops them
  std::atomic<bool> stop_ = false;
};

}  // namespace sabun::file
