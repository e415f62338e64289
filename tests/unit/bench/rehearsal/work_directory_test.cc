#include "bench/rehearsal/work_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_directory.h"

namespace sabun::bench {
namespace {

TEST(WorkDirectory, IsGoneWithAllThatIsInIt) {
  const TempDirectory parent;
  {
    const auto directory = WorkDirectory::Create(parent.path()).value();
    std::filesystem::create_directories(directory->path() + "/a/b");
    std::ofstream(directory->path() + "/a/b/file") << "x";
    EXPECT_TRUE(std::filesystem::exists(directory->path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(parent.path()));
}

TEST(WorkDirectory, IsForThisUserOnly) {
  const TempDirectory parent;
  const auto directory = WorkDirectory::Create(parent.path()).value();
  EXPECT_EQ(std::filesystem::status(directory->path()).permissions(), std::filesystem::perms::owner_all);
}

TEST(WorkDirectory, ParentThatIsNotThereIsNamed) {
  const absl::Status status = WorkDirectory::Create("/no/such/parent").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("/no/such/parent"));
}

}  // namespace
}  // namespace sabun::bench
