#include "engine/base/commit_point.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace sabun {
namespace {

TEST(ParseArmedPoint, NameSideAndCount) {
  const ArmedPoint point = ParseArmedPoint("seal.after:3");
  EXPECT_EQ(point.step, CommitStep("seal").place());
  EXPECT_TRUE(point.after);
  EXPECT_EQ(point.times, 3u);
}

TEST(ParseArmedPoint, WithoutACountTheFirstTimeCounts) {
  const ArmedPoint point = ParseArmedPoint("next_batch.before");
  EXPECT_EQ(point.step, CommitStep("next_batch").place());
  EXPECT_FALSE(point.after);
  EXPECT_EQ(point.times, 1u);
}

TEST(ParseArmedPoint, AnythingElseArmsNothing) {
  for (const char* const text : {"", "seal", "seal.", "seal.during:1", "no_such_step.before:1", "seal.before:0",
                                 "seal.before:", "seal.before:x", ".before:1"}) {
    EXPECT_EQ(ParseArmedPoint(text).step, kCommitSteps.size()) << text;
  }
}

TEST(CommitSteps, AreNamedOnce) {
  EXPECT_EQ(std::set<std::string_view>(kCommitSteps.begin(), kCommitSteps.end()).size(), kCommitSteps.size());
}

// The environment is read when a process starts, so a process is started for it.
TEST(CommitPointDeathTest, EndsTheProcessTheNthTime) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  ::setenv("SABUN_KILL_AT", "seal.before:2", 1);
  EXPECT_EXIT(
      {
        AfterCommit("seal");
        BeforeCommit("hold");
        BeforeCommit("seal");
        std::fputs("once", stderr);
        BeforeCommit("seal");
      },
      ::testing::KilledBySignal(SIGKILL), "once");
  ::unsetenv("SABUN_KILL_AT");
}

TEST(CommitPoint, WithoutTheVariableNothingEnds) {
  for (int i = 0; i < 3; ++i) BeforeCommit("seal");
  SUCCEED();
}

}  // namespace
}  // namespace sabun
