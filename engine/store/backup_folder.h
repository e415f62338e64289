// A folder of backups: encrypted files of stores as they are, each kept once however many backups have it, and one
// manifest a backup. No key is needed to write or to check it. Layout: engine/FORMATS.md, "Backups".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/pace.h"

namespace sabun {

struct BackupFile {
  std::string name;    // in the store
  std::string stored;  // below files/: the random salt at the file's head, in hex
  uint64_t size = 0;
  std::string sha256;  // hex
};

// What a dataset held.
struct BackupDataset {
  std::string name;
  uint64_t records = 0, accepted_records = 0, newest_change_set = 0;
};

struct BackupManifest {
  std::string id;  // six digits, ascending
  int64_t created_at = 0;
  std::string engine_version;
  // Where what was sent after this backup is noted, and the first segment of it.
  std::string journal_directory;
  uint64_t journal_segment = 0;
  std::vector<BackupDataset> datasets;
  std::vector<BackupFile> files;
  uint64_t bytes = 0;      // of all files
  uint64_t new_bytes = 0;  // that no backup before had
};

// What a manifest at `path` says, whose bytes these are; it leads nowhere but into its folder. Errors: DATA_LOSS.
absl::StatusOr<BackupManifest> ParseBackupManifest(absl::string_view bytes, const std::string& path);

// Not thread safe.
class BackupFolder {
 public:
  // Makes the folder when it is missing. Errors: INVALID_ARGUMENT (a relative path), FAILED_PRECONDITION (a folder with
  // something else in it), UNAVAILABLE.
  static absl::StatusOr<BackupFolder> OpenOrMake(const std::string& path);
  // Errors: as above, NOT_FOUND.
  static absl::StatusOr<BackupFolder> Open(const std::string& path);

  // Oldest first. Errors: DATA_LOSS (a manifest is damaged; says which).
  absl::StatusOr<std::vector<BackupManifest>> List() const;
  // Empty: the newest. Errors: NOT_FOUND, DATA_LOSS.
  absl::StatusOr<BackupManifest> Find(absl::string_view id) const;

  // Copies what it has not got of the store's files in `directory`, and then the manifest, whose id, files and sizes it
  // fills in: the backup is there as a whole or not at all. Everything is durable when it returns.
  absl::StatusOr<BackupManifest> Add(const std::string& directory, BackupManifest manifest, Pace* pace);
  // Reads every file. Errors: DATA_LOSS (says which), CANCELLED.
  absl::Status Check(const BackupManifest& manifest, Pace* pace) const;
  // Makes `directory` and lays the files in it under their names, without copying.
  absl::Status LayOut(const BackupManifest& manifest, const std::string& directory) const;
  // Erases all but the newest `count` backups, and what nobody has then.
  absl::Status KeepNewest(size_t count);

 private:
  explicit BackupFolder(std::string path) : path_(std::move(path)) {}
  std::string StoredPath(absl::string_view stored) const;
  absl::StatusOr<BackupFile> Take(const std::string& path, Pace* pace) const;
  absl::Status WriteManifest(const BackupManifest& manifest) const;
  absl::Status EraseUnused();

  std::string path_;
};

}  // namespace sabun
