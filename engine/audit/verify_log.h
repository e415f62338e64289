// Whether the audit log is what was written: nothing edited, taken out, put in, moved or cut off.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/audit/audit_log.h"

namespace sabun {

// Something in the log that is not as it was written.
struct AuditProblem {
  uint64_t sequence = 0;  // of the entry, as counted from the lines
  std::string kind;       // "format", "sequence", "chain", "mac", "anchor", "cut", "pruned" (the note does not fit)
  std::string file;       // the segment
};

struct AuditVerdict {
  uint64_t entries = 0;
  AuditHead last;                      // what the files end with
  std::vector<AuditProblem> problems;  // at most 100
  uint64_t problem_count = 0;
  uint64_t anchors = 0;                             // that were compared
  uint64_t pruned = 0;                              // entries before the first one, erased after their time
  absl::Time pruned_before = absl::InfinitePast();  // when the first one that is left was written; they are older
};

// What the log's end and middle are held to, beside the chain itself.
struct AuditEvidence {
  std::vector<AuditHead> anchors;  // from outside
  AuditHead head;                  // of the running engine, or of the store
};

// Reads all of `directory`. Errors: those of the disk.
absl::StatusOr<AuditVerdict> VerifyAuditLog(const std::string& directory, const AuditChain& chain,
                                            const AuditEvidence& evidence);

// Gives every entry that can be read, in order. Stops at an error of `take`.
absl::Status VisitAuditLog(const std::string& directory,
                           const std::function<absl::Status(const AuditEntry&, absl::string_view line)>& take);

// The anchors of a file, as AuditLog writes it. Errors: UNAVAILABLE; lines that are no anchors are skipped.
absl::StatusOr<std::vector<AuditHead>> ReadAnchors(const std::string& path);

}  // namespace sabun
