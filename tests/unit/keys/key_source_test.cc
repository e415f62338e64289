// Where the key-encryption key comes from, and what is said when it does not.
#include "keys/key_source.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

const std::string kRaw(32, 'k');

class KeySourceTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }
  std::string File(const std::string& name, const std::string& bytes) {
    std::ofstream(root_ + name, std::ios::binary) << bytes;
    return root_ + name;
  }
  static std::string CodeOf(const KeySource& source) {
    const std::string text(FetchKey(source).status().message());
    return text.substr(0, text.find(':'));
  }
  const std::string root_ = absl::StrCat(testing::TempDir(), "/key_source_", getpid(), "/");
};

TEST_F(KeySourceTest, FileHoldsBytesOrHex) {
  EXPECT_EQ(FetchKey({.file = File("raw", kRaw)})->view(), kRaw);
  EXPECT_EQ(FetchKey({.file = File("hex", absl::BytesToHexString(kRaw) + "\n")})->view(), kRaw);
}

TEST_F(KeySourceTest, CredentialIsReadFromItsDirectory) {
  File("sabun.key", kRaw);
  setenv("CREDENTIALS_DIRECTORY", root_.c_str(), 1);
  EXPECT_EQ(FetchKey({.credential = "sabun.key"})->view(), kRaw);
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(CodeOf({.credential = "sabun.key"}), "KEY-MISSING");
}

TEST_F(KeySourceTest, TwoSharesMakeTheKeyAndOneAloneIsRefused) {
  const std::string share(32, 's');
  const std::string one = File("one", share), other = File("other", std::string(ExclusiveOr(kRaw, share).view()));
  EXPECT_EQ(FetchKey({.shares = {one, other}})->view(), kRaw);
  EXPECT_EQ(CodeOf({.shares = {one}}), "KEY-SOURCE");
}

TEST_F(KeySourceTest, CommandPrintsTheKey) {
  const std::string path = File("key", kRaw);
  EXPECT_EQ(FetchKey({.command = "cat " + path})->view(), kRaw);
  EXPECT_EQ(CodeOf({.command = "cat " + path + "; exit 3"}), "KEY-COMMAND-FAILED");
  EXPECT_EQ(CodeOf({.command = "echo short"}), "KEY-FORMAT");
}

TEST_F(KeySourceTest, MissingShortAndDoubtfulKeysAreRefused) {
  EXPECT_EQ(CodeOf({.file = root_ + "none"}), "KEY-MISSING");
  EXPECT_EQ(CodeOf({.file = File("short", "abc")}), "KEY-FORMAT");
  EXPECT_EQ(CodeOf({}), "KEY-SOURCE");
  EXPECT_EQ(CodeOf({.file = "a", .command = "b"}), "KEY-SOURCE");
}

TEST_F(KeySourceTest, KeyFileIsNeverOverwrittenAndForItsOwnerAlone) {
  const std::string path = root_ + "made";
  ASSERT_TRUE(WriteKeyFile(path, kRaw).ok());
  EXPECT_EQ(ReadKeyFile(path)->view(), kRaw);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(WriteKeyFile(path, kRaw).code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace sabun
