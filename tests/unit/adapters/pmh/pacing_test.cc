#include "adapters/pmh/pacing.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

TEST(Backoff, GrowsUpToItsLimit) {
  Backoff backoff(absl::Seconds(1), 2, absl::Seconds(3), 0);
  EXPECT_EQ(backoff.Next(), absl::Seconds(1));
  EXPECT_EQ(backoff.Next(), absl::Seconds(2));
  EXPECT_EQ(backoff.Next(), absl::Seconds(3));
  EXPECT_EQ(backoff.Next(), absl::Seconds(3));
}

TEST(Backoff, JitterOnlyShortens) {
  Backoff backoff(absl::Seconds(10), 1, absl::Seconds(10), 0.5);
  for (int i = 0; i < 100; ++i) {
    const absl::Duration wait = backoff.Next();
    EXPECT_GE(wait, absl::Seconds(5));
    EXPECT_LE(wait, absl::Seconds(10));
  }
}

TEST(RateLimit, SpreadsWhatExceedsTheBurst) {
  RateLimit rate(10);
  const absl::Time now = absl::UnixEpoch();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rate.Reserve(now), absl::ZeroDuration());
  EXPECT_EQ(rate.Reserve(now), absl::Milliseconds(100));
  EXPECT_EQ(rate.Reserve(now), absl::Milliseconds(200));
  EXPECT_EQ(rate.Reserve(now + absl::Seconds(10)), absl::ZeroDuration());
}

TEST(RateLimit, SlowerThanOneASecondHasNoBurst) {
  RateLimit rate(0.5);
  EXPECT_EQ(rate.Reserve(absl::UnixEpoch()), absl::ZeroDuration());
  EXPECT_EQ(rate.Reserve(absl::UnixEpoch()), absl::Seconds(2));
}

TEST(WaitFor, EndsAtOnceWhenStopped) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(WaitFor(absl::InfiniteDuration(), stop.get_token()));
}

}  // namespace
}  // namespace sabun
