#include "bench/rehearsal/process_facts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/support/temp_directory.h"

namespace sabun::bench {
namespace {

TEST(MemoryOf, GrowsWithWhatIsTouched) {
  const ProcessMemory before = MemoryOf(getpid());
  std::vector<char> block(64 << 20);
  memset(block.data(), 1, block.size());
  const ProcessMemory after = MemoryOf(getpid());
  EXPECT_GE(after.anonymous_bytes, before.anonymous_bytes + (block.size() * 9 / 10));
  EXPECT_GE(after.peak_bytes, after.anonymous_bytes);
}

TEST(MemoryOf, ProcessThatIsGoneHasNone) {
  EXPECT_EQ(MemoryOf(0x7FFFFFFF).anonymous_bytes, 0u);
  EXPECT_EQ(CpuTimeOf(0x7FFFFFFF), absl::ZeroDuration());
}

TEST(CpuTimeOf, AgreesWithOwnCpuTime) {
  volatile uint64_t work = 0;
  while (OwnCpuTime() < absl::Milliseconds(100)) {
    for (int i = 0; i < 1'000'000; ++i) work = work + 1;
  }
  EXPECT_NEAR(absl::ToDoubleSeconds(CpuTimeOf(getpid())), absl::ToDoubleSeconds(OwnCpuTime()), 0.05);
}

TEST(DiskUse, CountsFilesInFoldersAndThoseWithoutName) {
  const TempDirectory directory;
  const uint64_t empty = DiskUse(directory.path(), getpid());
  std::filesystem::create_directory(directory.path() + "/sub");
  const uint64_t folder = DiskUse(directory.path(), getpid());
  std::ofstream(directory.path() + "/sub/file") << std::string(100'000, 'x');
  EXPECT_EQ(DiskUse(directory.path(), getpid()), folder + 100'000);
  const int spilled = open(directory.path().c_str(), O_TMPFILE | O_RDWR, 0600);
  ASSERT_GE(spilled, 0);
  ASSERT_EQ(write(spilled, std::string(5000, 'y').data(), 5000), 5000);
  EXPECT_EQ(DiskUse(directory.path(), getpid()), folder + 105'000);
  close(spilled);
  EXPECT_GE(folder, empty);
}

TEST(FreeDisk, PlaceThatIsNotThereIsNamed) {
  EXPECT_GT(FreeDisk("/tmp").value(), 0u);
  EXPECT_FALSE(FreeDisk("/no/such/place").ok());
}

TEST(Machine, HasMemory) {
  EXPECT_GT(MachineMemory(), 0u);
  EXPECT_LE(AvailableMemory(), MachineMemory());
}

}  // namespace
}  // namespace sabun::bench
