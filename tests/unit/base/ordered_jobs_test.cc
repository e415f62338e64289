#include "engine/base/ordered_jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sabun {
namespace {

TEST(OrderedJobs, AreDoneInTheirOrder) {
  OrderedJobs jobs(2);
  std::vector<int> done;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(jobs.Add([&done, i] {
                      done.push_back(i);
                      return absl::OkStatus();
                    })
                    .ok());
  }
  ASSERT_TRUE(jobs.Drain().ok());
  ASSERT_EQ(done.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(done[i], i);
}

TEST(OrderedJobs, AfterAnErrorNoJobIsBegun) {
  OrderedJobs jobs(2);
  bool begun = false;
  ASSERT_TRUE(jobs.Add([] { return absl::DataLossError("first"); }).ok());
  EXPECT_EQ(jobs.Drain().message(), "first");
  EXPECT_EQ(jobs.Add([&begun] { return begun = true, absl::OkStatus(); }).message(), "first");
  EXPECT_EQ(jobs.Drain().message(), "first");
  EXPECT_FALSE(begun);
}

TEST(OrderedJobs, StopWaitsForTheJobAtHandAndBeginsNoOther) {
  OrderedJobs jobs(4);
  std::atomic<bool> begun = false, ended = false, other = false;
  ASSERT_TRUE(jobs.Add([&] {
                    begun = true;
                    std::this_thread::yield();
                    ended = true;
                    return absl::OkStatus();
                  })
                  .ok());
  ASSERT_TRUE(jobs.Add([&] { return other = true, absl::OkStatus(); }).ok());
  jobs.Stop();
  EXPECT_EQ(begun.load(), ended.load());
  const bool done_by_then = other;
  EXPECT_EQ(jobs.Add([&] { return other = true, absl::OkStatus(); }).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(jobs.Drain().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(other.load(), done_by_then);
}

TEST(OrderedJobs, DrainWithoutJobsAndLeavingWithJobsBothEnd) {
  OrderedJobs jobs(4);
  EXPECT_TRUE(jobs.Drain().ok());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(jobs.Add([] { return absl::OkStatus(); }).ok());
}

}  // namespace
}  // namespace sabun
