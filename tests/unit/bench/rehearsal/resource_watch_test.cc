#include "bench/rehearsal/resource_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tests/support/temp_directory.h"

namespace sabun::bench {
namespace {

TEST(Thin, KeepsPeaksAndTimesOfBeginnings) {
  std::vector<ResourceSample> samples = {{0, 1, 9, 0}, {1, 5, 2, 0}, {2, 3, 3, 7}, {3, 2, 4, 1}, {4, 8, 8, 8}};
  Thin(&samples);
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].seconds, 0);
  EXPECT_EQ(samples[0].engine_bytes, 5u);
  EXPECT_EQ(samples[0].client_bytes, 9u);
  EXPECT_EQ(samples[1].seconds, 2);
  EXPECT_EQ(samples[1].disk_bytes, 7u);
  EXPECT_EQ(samples[2].engine_bytes, 8u);
}

TEST(Thin, NothingStaysNothing) {
  std::vector<ResourceSample> samples;
  Thin(&samples);
  EXPECT_TRUE(samples.empty());
}

TEST(ResourceWatch, SeesMemoryThatIsThereWhenAsked) {
  const TempDirectory directory;
  ResourceWatch watch(getpid(), directory.path());
  const ResourceSample before = watch.TakeHighest();
  std::vector<char> block(64 << 20);
  memset(block.data(), 1, block.size());
  const ResourceSample after = watch.TakeHighest();
  EXPECT_GE(after.engine_bytes, before.engine_bytes + (block.size() * 9 / 10));
  // The same process, asked twice in a moment.
  EXPECT_NEAR(static_cast<double>(after.engine_bytes), static_cast<double>(after.client_bytes), 4 << 20);
  EXPECT_FALSE(watch.samples().empty());
}

}  // namespace
}  // namespace sabun::bench
