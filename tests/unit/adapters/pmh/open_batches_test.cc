// What a submission does with batches that an earlier one left, or whose answers were lost.
#include <gtest/gtest.h>

#include "tests/unit/adapters/pmh/submitter_fixture.h"

namespace sabun {
namespace {

using OpenBatchesTest = SubmitterTest;

TEST_F(OpenBatchesTest, OpenBatchWithoutTaskIsPostedAgain) {
  AddRecords(3);
  engine_.LeaveBatch("");
  EXPECT_EQ(RunWell().accepted, 3u);
  EXPECT_EQ(hub_->Stats().posts, 1u);
}

TEST_F(OpenBatchesTest, HalvesOfAnOpenBatchArePostedOnce) {
  AddRecords(4);
  engine_.LeaveBatch("");
  engine_.ListAfterSplit();
  Faults("poison:field=historyKey,equals=H2,code=E4001");
  EXPECT_EQ(RunWell().accepted, 3u);
  EXPECT_EQ(hub_->Stats().records.unchanged, 0u);
}

// Nobody had the halves, so nobody posted them.
TEST_F(OpenBatchesTest, RejectionOfAHalfWhoseSplitHadNoAnswerIsNotDoubtful) {
  AddRecords(2);
  engine_.LoseSplitAnswer();
  Faults("poison:field=historyKey,equals=H1,code=E4001");
  EXPECT_EQ(RunWell().rejected, 1u);
  EXPECT_FALSE(engine_.At(1).doubtful);
}

TEST_F(OpenBatchesTest, DoubtAboutAWholeIsDoubtAboutAHalfWhoseSplitHadNoAnswer) {
  AddRecords(2);
  engine_.LoseSplitAnswer();
  Faults("lose_answer:count=1;poison:field=historyKey,equals=H1,code=E4001,after=1");
  EXPECT_EQ(RunWell().rejected, 1u);
  EXPECT_TRUE(engine_.At(1).doubtful);
}

TEST_F(OpenBatchesTest, OpenBatchWithTaskIsAskedForAndNotPosted) {
  AddRecords(3);
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 0");
  Change("repost_unfinished = true", "repost_unfinished = false");
  Faults("late:polls=1");
  EXPECT_EQ(RunWell().unknown, 3u);
  EXPECT_EQ(RunWell().accepted, 3u);
  EXPECT_EQ(hub_->Stats().posts, 1u);
}

TEST_F(OpenBatchesTest, OpenBatchWhoseTaskIsLostIsPostedAgain) {
  AddRecords(3);
  engine_.LeaveBatch("task-of-yesterday");
  EXPECT_EQ(RunWell().accepted, 3u);
}

TEST_F(OpenBatchesTest, LostTaskStopsWhenItMustNotBeRepeated) {
  AddRecords(3);
  Change("repost_missing = true", "repost_missing = false");
  engine_.LeaveBatch("task-of-yesterday");
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(OpenBatchesTest, BatchWhoseHandingOutWasLostIsFound) {
  AddRecords(9);
  engine_.LoseNextBatch();
  EXPECT_EQ(RunWell().accepted, 9u);
}

TEST_F(OpenBatchesTest, ReceiptsWhoseAnswerWasLostAreRepeated) {
  AddRecords(4);
  engine_.LoseReceiptsAnswer();
  EXPECT_EQ(RunWell().accepted, 4u);
  EXPECT_EQ(Accepted(), 4u);
}

}  // namespace
}  // namespace sabun
