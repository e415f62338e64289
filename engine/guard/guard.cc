#include "engine/guard/guard.h"

namespace sabun {
namespace {

double Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<Hold> JudgeChangeSet(SnapshotKind kind, const SnapshotCounts& counts, const GuardBaseline& baseline,
                                 const GuardLimits& limits) {
  std::vector<Hold> holds;
  // Both limits must be exceeded: the percentage alone would hold small datasets every day, the number alone large
  // ones.
  const auto judge = [&](const char* rule, uint64_t actual, uint64_t whole, uint64_t limit, double limit_percent) {
    const double actual_percent = Percent(actual, whole);
    if (actual <= limit || actual_percent <= limit_percent) return;
    Hold hold;
    hold.rule = rule;
    hold.limit = static_cast<double>(limit);
    hold.actual = static_cast<double>(actual);
    hold.limit_percent = limit_percent;
    hold.actual_percent = actual_percent;
    holds.push_back(std::move(hold));
  };
  judge("deletes", counts.deleted, baseline.records, limits.max_deletes, limits.max_delete_percent);
  judge("updates", counts.updated, baseline.records, limits.max_updates, limits.max_update_percent);
  if (kind == SnapshotKind::kComplete && counts.received < baseline.last_complete_rows) {
    judge("shrinking_source", baseline.last_complete_rows - counts.received, baseline.last_complete_rows,
          limits.max_shrink_rows, limits.max_shrink_percent);
  }
  return holds;
}

}  // namespace sabun
