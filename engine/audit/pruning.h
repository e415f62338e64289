// What is left of the beginning of an audit log whose oldest segments were pruned after their time: where the rest
// begins, under the log's own MAC. Layout: engine/FORMATS.md, "Audit log".
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/audit/entry.h"
#include "engine/audit/log_files.h"

namespace sabun {

// The last entry that is not there any more: its sequence (0: none) and the chain's value after it.
struct PrunedHead {
  uint64_t sequence = 0;
  std::string chain = AuditChain::Origin();
};

std::string PrunedNotePath(const std::string& directory);
// Errors: DATA_LOSS (not what was written under this chain's secret), UNAVAILABLE. Without a note: nothing was pruned.
absl::StatusOr<PrunedHead> ReadPrunedNote(const std::string& directory, const AuditChain& chain);
// Durable when it returns. Errors: those of the disk.
absl::Status WritePrunedNote(const std::string& directory, const PrunedHead& head, const AuditChain& chain);

// The chain's value after a segment's last entry. Errors: those of the disk, DATA_LOSS.
absl::StatusOr<std::string> LastChain(const std::string& path);

// What goes when everything before `time` may go: the end of the last whole segment of which every entry is older; the
// segment that is written to never goes. Errors: those of the disk, DATA_LOSS (a segment that cannot be read).
absl::StatusOr<PrunedHead> FindPrunable(const std::vector<AuditSegment>& segments, absl::Time time);

}  // namespace sabun
