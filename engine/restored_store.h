// The note that a restore leaves in a data directory, for the engine that is started on it. Layout: engine/FORMATS.md,
// "Backups".
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/ledger/replay.h"

namespace sabun {

// Nothing when the directory was not restored, or that was followed up. `journal` is the engine's. Errors: DATA_LOSS.
absl::StatusOr<std::optional<RestoreNote>> ReadRestoreNote(const std::string& data_directory,
                                                           const JournalOptions& journal);
// After the engine was opened: what the note asks for is done.
absl::Status EraseRestoreNote(const std::string& data_directory);

}  // namespace sabun
