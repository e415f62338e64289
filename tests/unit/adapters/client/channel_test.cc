#include "adapters/client/channel.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace sabun::client {
namespace {

TEST(Channel, FlagGoesBeforeEnvironmentBeforeDefault) {
  ::setenv("SABUN_ENGINE", "there:1", 1);
  EXPECT_EQ(EngineAddress("here:2"), "here:2");
  EXPECT_EQ(EngineAddress(""), "there:1");
  ::unsetenv("SABUN_ENGINE");
  EXPECT_EQ(EngineAddress(""), "127.0.0.1:7400");
}

TEST(Channel, HostAndPortOrUnixSocketIsNeeded) {
  EXPECT_TRUE(OpenChannel("127.0.0.1:7400").ok());
  EXPECT_TRUE(OpenChannel("unix:/run/sabun.sock").ok());
  for (const char* wrong : {"", "localhost", ":7400", "host:port", "host:0", "host:70000"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(OpenChannel(wrong).status())) << wrong;
  }
}

}  // namespace
}  // namespace sabun::client
