#include "adapters/client/tls_files.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "adapters/client/channel.h"
#include "adapters/client/localized_status.h"

namespace sabun::client {
namespace {

std::string CodeOf(const TlsFiles& files) { return Tell(CheckTlsFiles(files, absl::UnixEpoch())).code; }

TEST(TlsFiles, FlagGoesBeforeEnvironmentBeforeSystemdCredential) {
  const std::string directory = testing::TempDir() + "/credentials" + std::to_string(::getpid());
  std::filesystem::create_directory(directory);
  std::ofstream(directory + "/tls-ca.pem") << "x";
  std::ofstream(directory + "/tls-cert.pem") << "x";
  ::setenv("CREDENTIALS_DIRECTORY", directory.c_str(), 1);
  ::setenv("SABUN_TLS_CERT", "/environment", 1);
  TlsFiles flags;
  flags.key = "/flag";
  const TlsFiles files = ResolveTlsFiles(flags);
  EXPECT_EQ(files.key, "/flag");
  EXPECT_EQ(files.cert, "/environment");
  EXPECT_EQ(files.ca, directory + "/tls-ca.pem");
  ::unsetenv("SABUN_TLS_CERT");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_TRUE(ResolveTlsFiles({}).None());
  std::filesystem::remove_all(directory);
}

TEST(TlsFiles, AnotherMachineIsNeverReachedWithoutTls) {
  for (const char* address : {"engine.example:7400", "192.0.2.1:7400", "127.0.0.1.example.com:7400"}) {
    EXPECT_EQ(Tell(OpenChannel(address).status()).code, "TLS-NEEDED") << address;
  }
}

TEST(TlsFiles, WhatIsWrongIsSaidInBothLanguages) {
  EXPECT_EQ(CodeOf({}), "TLS-NEEDED");
  EXPECT_EQ(CodeOf({"/ca", "", "", ""}), "TLS-INCOMPLETE");
  EXPECT_EQ(CodeOf({"/none", "/none", "/none", ""}), "TLS-FILE");
  const ToldError told = Tell(CheckTlsFiles({"/none", "/none", "/none", ""}, absl::UnixEpoch()));
  EXPECT_NE(told.message_ja.find("/none"), std::string::npos);
  EXPECT_NE(told.message_en.find("/none"), std::string::npos);
  EXPECT_NE(told.message_ja, told.message_en);
}

TEST(TlsFiles, FailuresThatAreNotAboutTlsStayAsTheyAre) {
  const TlsFiles files{"/ca", "/cert", "/key", ""};
  const absl::Status refused = absl::UnavailableError("ipv4:127.0.0.1:1: Connection refused");
  EXPECT_EQ(ExplainTlsFailure(refused, files), refused);
  EXPECT_EQ(ExplainTlsFailure(absl::NotFoundError("x"), files), absl::NotFoundError("x"));
  EXPECT_EQ(ExplainTlsFailure(absl::UnavailableError("Socket closed"), {}), absl::UnavailableError("Socket closed"));
  EXPECT_EQ(Tell(ExplainTlsFailure(absl::UnavailableError("Socket closed"), files)).code, "TLS-REFUSED");
}

}  // namespace
}  // namespace sabun::client
