#include "engine/access/access_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

constexpr char kGrant[] = "[[grant]]\nidentity='op'\nroles=['operator']\norganizations=['here']\n";

class AccessFileTest : public testing::Test {
 protected:
  // A new file under the old name, as editors and `mv` make it.
  void Write(const std::string& text) {
    std::ofstream(path_ + ".new", std::ios::binary) << text;
    ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }
  void Open() {
    file_ = *AccessFile::Open(path_, [this](const absl::Status& status, const std::string& digest) {
      reports_.push_back(status);
      digest_ = digest;
    });
  }
  TempDirectory directory_;
  const std::string path_ = directory_.path() + "/access.toml";
  std::unique_ptr<AccessFile> file_;
  std::vector<absl::Status> reports_;
  std::string digest_;
};

TEST_F(AccessFileTest, GrantTakenOutCountsAtOnce) {
  Write(kGrant);
  Open();
  EXPECT_EQ(file_->Current()->all().size(), 1u);
  Write("# nobody\n");
  EXPECT_EQ(file_->Current()->all().size(), 0u);
  EXPECT_EQ(reports_.size(), 2u);
}

TEST_F(AccessFileTest, BrokenChangeKeepsTheRulesBeforeAndSaysSoOnce) {
  Write(kGrant);
  Open();
  const std::string before = digest_;
  Write("[[grant]\n");
  EXPECT_EQ(file_->Current()->all().size(), 1u);
  EXPECT_EQ(file_->Current()->all().size(), 1u);
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_TRUE(absl::IsInvalidArgument(reports_[1]));
  EXPECT_EQ(digest_, before);
}

TEST_F(AccessFileTest, MissingOrWrongFileIsRefusedAtTheStart) {
  const auto ignore = [](const absl::Status&, const std::string&) {};
  EXPECT_TRUE(absl::IsFailedPrecondition(AccessFile::Open(path_, ignore).status()));
  Write("x = 1\n");
  EXPECT_TRUE(absl::IsInvalidArgument(AccessFile::Open(path_, ignore).status()));
}

}  // namespace
}  // namespace sabun
