#include "bench/rehearsal/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/temp_directory.h"

namespace sabun::bench {
namespace {

using ::testing::HasSubstr;

constexpr char kListens[] = "echo it listening on 127.0.0.1:42; exec sleep 1000";

class ChildProcessTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<ChildProcess>> Run(const std::string& script) {
    return ChildProcess::Start({"/bin/sh", "-c", script}, directory_.path() + "/log");
  }
  static bool Lives(pid_t id) { return kill(id, 0) == 0; }

  TempDirectory directory_;
};

TEST_F(ChildProcessTest, SaysWhereItListens) {
  const auto child = Run(kListens).value();
  EXPECT_EQ(child->address(), "127.0.0.1:42");
  EXPECT_TRUE(Lives(child->id()));
}

TEST_F(ChildProcessTest, EndsWithItsObject) {
  pid_t id = 0;
  {
    const auto child = Run(kListens).value();
    id = child->id();
  }
  EXPECT_FALSE(Lives(id));
}

TEST_F(ChildProcessTest, StopIsOkWhenItEndsInOrder) {
  const auto child = Run("trap 'exit 0' TERM; echo it listening on a:1; while :; do sleep 0.01; done").value();
  EXPECT_TRUE(child->Stop().ok());
}

TEST_F(ChildProcessTest, StopKillsWhatDoesNotEnd) {
  const auto child = Run("trap '' TERM; echo it listening on a:1; while :; do sleep 0.01; done").value();
  const pid_t id = child->id();
  EXPECT_TRUE(absl::IsUnknown(child->Stop(absl::Milliseconds(100))));
  EXPECT_FALSE(Lives(id));
}

TEST_F(ChildProcessTest, ProgramThatEndsAtItsStartTellsItsError) {
  const absl::Status status = Run("echo no such disk >&2; exit 3").status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no such disk"));
}

TEST_F(ChildProcessTest, ProgramThatIsNotThereIsNamed) {
  const absl::Status status = ProgramBesideThis("no-such-program").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no-such-program"));
}

}  // namespace
}  // namespace sabun::bench
