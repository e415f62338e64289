#include "engine/guard/guard.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

std::vector<std::string> Rules(SnapshotKind kind, const SnapshotCounts& counts, GuardBaseline baseline) {
  std::vector<std::string> rules;
  for (const Hold& hold : JudgeChangeSet(kind, counts, baseline, GuardLimits())) rules.push_back(hold.rule);
  return rules;
}

SnapshotCounts Deleting(uint64_t deleted) {
  SnapshotCounts counts;
  counts.deleted = deleted;
  counts.received = 100'000;
  return counts;
}

TEST(Guard, DeletesHoldOnlyAboveBothLimits) {
  EXPECT_TRUE(Rules(SnapshotKind::kComplete, Deleting(500), {1'000, 0}).empty()) << "not more than 500";
  EXPECT_TRUE(Rules(SnapshotKind::kComplete, Deleting(501), {100'000, 0}).empty()) << "not more than 5 %";
  EXPECT_TRUE(Rules(SnapshotKind::kComplete, Deleting(5'000), {100'000, 0}).empty()) << "exactly 5 %";
  EXPECT_EQ(Rules(SnapshotKind::kComplete, Deleting(5'001), {100'000, 0}), std::vector<std::string>{"deletes"});
}

TEST(Guard, UpdatesHoldAboveThirtyPercent) {
  SnapshotCounts counts;
  counts.updated = 30;
  EXPECT_TRUE(Rules(SnapshotKind::kPartial, counts, {100, 0}).empty());
  counts.updated = 31;
  EXPECT_EQ(Rules(SnapshotKind::kPartial, counts, {100, 0}), std::vector<std::string>{"updates"});
}

TEST(Guard, FirstLoadNeverHolds) {
  SnapshotCounts counts;
  counts.received = counts.added = 1'000'000;
  EXPECT_TRUE(Rules(SnapshotKind::kComplete, counts, {0, 0}).empty());
}

TEST(Guard, ShrinkingSourceHoldsForCompleteSnapshotsOnly) {
  SnapshotCounts counts;
  counts.received = 89'999;
  EXPECT_EQ(Rules(SnapshotKind::kComplete, counts, {100'000, 100'000}), std::vector<std::string>{"shrinking_source"});
  EXPECT_TRUE(Rules(SnapshotKind::kPartial, counts, {100'000, 100'000}).empty());
  counts.received = 90'000;
  EXPECT_TRUE(Rules(SnapshotKind::kComplete, counts, {100'000, 100'000}).empty()) << "exactly 10 %";
}

TEST(Guard, HoldSaysLimitAndActual) {
  const auto holds = JudgeChangeSet(SnapshotKind::kComplete, Deleting(6'000), {100'000, 0}, GuardLimits());
  ASSERT_EQ(holds.size(), 1u);
  EXPECT_EQ(holds[0].limit, 500);
  EXPECT_EQ(holds[0].actual, 6'000);
  EXPECT_DOUBLE_EQ(holds[0].actual_percent, 6);
}

}  // namespace
}  // namespace sabun
