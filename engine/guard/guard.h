// Guards: limits that a change set must not exceed without a person's word. Judged on counts, before anything is sent.
#pragma once

#include <vector>

#include "engine/record/change.h"

namespace sabun {

// What the limits are measured against.
struct GuardBaseline {
  uint64_t records = 0;             // in the index before the snapshot
  uint64_t last_complete_rows = 0;  // rows of the last applied complete snapshot; 0 when there was none
};

// The rules that hold, without samples. Empty when the change set may go.
std::vector<Hold> JudgeChangeSet(SnapshotKind kind, const SnapshotCounts& counts, const GuardBaseline& baseline,
                                 const GuardLimits& limits);

}  // namespace sabun
