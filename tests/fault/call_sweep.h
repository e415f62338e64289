// Lives of which the first, the second ... and every other system call goes wrong once, in each way.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "tests/fault/failing_calls.h"
#include "tests/support/temp_directory.h"

namespace sabun {

struct NamedTrouble {
  const char* name;
  Trouble trouble;
};

inline constexpr NamedTrouble kTroubles[] = {
    {"Eio", {EIO, false}},           {"EioForGood", {EIO, true}},     {"Full", {ENOSPC, false}},
    {"FullForGood", {ENOSPC, true}}, {"Interrupted", {EINTR, false}}, {"Half", {0, false}},
    {"HalfForGood", {0, true}},
};

inline std::string NameOf(const testing::TestParamInfo<NamedTrouble>& info) { return info.param.name; }

// Looks at a file without a call that could go wrong.
inline bool IsThere(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

class CallSweep : public testing::TestWithParam<NamedTrouble> {
 protected:
  // `Life` is made for (directory, disk, trouble); then Prepare(), Work() with the n-th call going wrong, Check() on a
  // healed disk. Until a run has no trouble.
  template <typename Life>
  void Sweep() {
    const Trouble trouble = GetParam().trouble;
    uint64_t calls = 0;
    for (bool troubled = true; troubled && !HasFailure(); ++calls) {
      SCOPED_TRACE(calls);
      const TempDirectory directory;
      FailingCalls disk(directory.path());
      Life life(directory.path(), &disk, trouble);
      life.Prepare();
      disk.Order(calls, trouble);
      life.Work();
      troubled = disk.troubled();
      disk.Heal();
      life.Check(troubled);
    }
    EXPECT_TRUE(calls > 1 || trouble.error != EIO) << "no call was met";
  }
};

// What a failed call is told as: never as damage or absence of what is whole and there.
inline void ExpectDiskError(const absl::Status& status, const Trouble& trouble) {
  if (trouble.error == ENOSPC) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  } else {
    EXPECT_TRUE(trouble.error != 0 && absl::IsUnavailable(status)) << status;
  }
}

}  // namespace sabun
