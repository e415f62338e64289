// Backups of everything the engine holds, made while it serves.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/ledger/verify.h"
#include "engine/store/backup_folder.h"

namespace sabun {

// Thread safe; one backup is made at a time.
class Backups {
 public:
  explicit Backups(Engine* engine) : engine_(engine) {}

  // Puts a backup into the folder on this machine (absolute; not below the data directory), with what no backup before
  // it has. From the first one on, the journal is kept of what is handed out. `keep` other than 0: only so many newest
  // backups remain. Errors: INVALID_ARGUMENT, FAILED_PRECONDITION (one is being made; the folder holds something else),
  // RESOURCE_EXHAUSTED, CANCELLED, DATA_LOSS.
  absl::StatusOr<BackupManifest> Create(const std::string& folder, size_t keep, Pace* pace);

  struct Checked {
    BackupManifest manifest;
    std::vector<VerifyFinding> findings;  // "files", and the checks of each dataset under "NAME: CHECK"
  };
  // Reads every file of a backup (empty id: the newest), opens it with the engine's key and verifies every dataset in
  // it. What is wrong is a finding. Errors: NOT_FOUND, FAILED_PRECONDITION (another key), CANCELLED.
  absl::StatusOr<Checked> Check(const std::string& folder, absl::string_view id, Pace* pace);

 private:
  absl::Status CheckFolderPath(const std::string& folder) const;
  absl::Status Copy(const std::string& directory, BackupManifest* manifest);

  Engine* const engine_;
  Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sabun
