#include "engine/base/pace.h"

#include <gtest/gtest.h>

#include <vector>

namespace sabun {
namespace {

TEST(Pace, WaitsAsLongAsTheBytesAreWorth) {
  absl::Duration slept;
  Pace pace(1 << 20, nullptr, [&](absl::Duration slice) { slept += slice; });
  for (int i = 0; i < 2'048; ++i) ASSERT_TRUE(pace.Spend(1 << 10).ok());
  EXPECT_NEAR(absl::ToDoubleSeconds(slept), 2, 0.02);
  EXPECT_EQ(pace.bytes(), 2u << 20);
}

TEST(Pace, NeverWaitsWithoutASpeed) {
  Pace pace(0, nullptr, [](absl::Duration) { FAIL(); });
  EXPECT_TRUE(pace.Spend(uint64_t{1} << 40).ok());
}

TEST(Pace, WatcherIsToldWhileItWaitsAndEndsIt) {
  std::vector<uint64_t> told;
  Pace pace(
      1 << 20,
      [&](uint64_t bytes) {
        told.push_back(bytes);
        return told.size() < 3;
      },
      [](absl::Duration) {});
  EXPECT_EQ(pace.Spend(10 << 20).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(told, (std::vector<uint64_t>(3, 10 << 20)));
}

}  // namespace
}  // namespace sabun
