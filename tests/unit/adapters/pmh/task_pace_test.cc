#include "adapters/pmh/task_pace.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

HubPoll Poll() {
  HubPoll poll;
  poll.first_wait = absl::Milliseconds(100);
  poll.max_wait = absl::Seconds(10);
  return poll;
}

TEST(TaskPace, BeginsWithTheProfilesFirstWait) { EXPECT_EQ(TaskPace(Poll()).FirstWait(), absl::Milliseconds(100)); }

TEST(TaskPace, QuickHubIsAskedSooner) {
  TaskPace pace(Poll());
  for (int i = 0; i < 50; ++i) pace.Learn(pace.FirstWait(), 1);
  EXPECT_EQ(pace.FirstWait(), absl::Milliseconds(2));
}

TEST(TaskPace, SlowHubIsAskedWhenItShouldBeDone) {
  TaskPace pace(Poll());
  for (int i = 0; i < 20; ++i) pace.Learn(absl::Seconds(4), 5);
  EXPECT_GT(pace.FirstWait(), absl::Seconds(3.9));
  for (int i = 0; i < 20; ++i) pace.Learn(absl::Seconds(60), 5);
  EXPECT_EQ(pace.FirstWait(), absl::Seconds(10));
}

}  // namespace
}  // namespace sabun
