// A folder of backups as an operator needs it when no engine runs: what is there, and laying one out as a store. The
// files are encrypted and stay so; no key is needed. Layout: engine/FORMATS.md, "Backups".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun::cli {

struct StoredBackup {
  struct File {
    std::string name, stored, sha256;
    uint64_t size = 0;
  };
  struct Dataset {
    std::string name;
    uint64_t records = 0, accepted_records = 0, newest_change_set = 0;
  };
  std::string id, engine_version, journal_directory;
  int64_t created_at = 0;
  uint64_t journal_segment = 0, bytes = 0, new_bytes = 0;
  std::vector<Dataset> datasets;
  std::vector<File> files;
};

// Oldest first. Errors: NOT_FOUND (BACKUP-NONE), DATA_LOSS (BACKUP-DAMAGED).
absl::StatusOr<std::vector<StoredBackup>> ListBackups(const std::string& folder);

// Where a backup goes.
struct RestorePlan {
  std::string folder;
  StoredBackup backup;
  std::string data;                // the new data directory; missing or empty
  std::string journal_from;        // the journal of the engine that ran last
  std::string journal_into;        // the new engine's; may be the same
  std::vector<uint64_t> segments;  // of the journal, from the backup's first one on
};

// Looks at everything and changes nothing. Errors: FAILED_PRECONDITION (RESTORE-TARGET: the directory holds something;
// RESTORE-JOURNAL: the journal does not reach back to the backup).
absl::StatusOr<RestorePlan> PlanRestore(RestorePlan plan);

// Copies and checks every file; the store is there as a whole or not at all. Durable when it returns. `progress` is
// told the bytes so far; false stops it (CANCELLED). Errors: DATA_LOSS (BACKUP-DAMAGED).
absl::Status Restore(const RestorePlan& plan, const std::function<bool(uint64_t)>& progress);

}  // namespace sabun::cli
