// The witness file itself. Written through the store's file system, below its encryption, so that tests can let both
// lose power together.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/secret_bytes.h"
#include "engine/store/witness.h"

namespace sabun {

// Not thread safe.
class WitnessFile {
 public:
  // `files` must outlive it. Nothing is opened yet.
  WitnessFile(rocksdb::FileSystem* files, std::string path, const SecretBytes& store_key);

  const std::string& path() const { return path_; }
  absl::StatusOr<bool> Exists();
  // What it says of the store's last commit; nothing when no slot is sound. Errors: UNAVAILABLE.
  absl::StatusOr<std::optional<Mark>> Read();
  // Makes it, or makes it anew, atomically: it then says `mark`, and is durable.
  absl::Status Create(const Mark& mark);
  // Durable when it returns OK. The file must exist.
  absl::Status Write(const Mark& mark);

  // Whether the store has frames only (see Witnessed): what was read last, or said since; said with the next mark.
  bool only_frames() const { return only_frames_; }
  void SayOnlyFrames(bool only_frames) { only_frames_ = only_frames; }

 private:
  rocksdb::FileSystem* files_;
  std::string path_;
  SecretBytes mac_key_;
  bool only_frames_ = false;
  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
};

}  // namespace sabun
