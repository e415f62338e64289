#include "engine/base/directory_lock.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace sabun {
namespace {

TEST(DirectoryLock, KeepsASecondOneOutUntilTheFirstEnds) {
  auto first = DirectoryLock::Take(testing::TempDir());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = DirectoryLock::Take(testing::TempDir());
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
  EXPECT_TRUE(absl::StrContains(second.status().message(), "STORE-IN-USE"));
  first->reset();
  EXPECT_TRUE(DirectoryLock::Take(testing::TempDir()).ok());
}

TEST(DirectoryLock, DirectoryThatIsNotThereIsAnError) {
  EXPECT_TRUE(absl::IsUnavailable(DirectoryLock::Take("/nowhere").status()));
}

}  // namespace
}  // namespace sabun
