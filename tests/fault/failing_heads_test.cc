// No key is destroyed, and no new ring made, because a file could not be looked at.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/store/file_head.h"
#include "engine/store_keys.h"
#include "keys/key_source.h"
#include "tests/fault/call_sweep.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

const std::string kKey(32, 'k');

// Before older keys are destroyed, and on opening, every file is asked for the epoch that it is under.
class HeadLife {
 public:
  HeadLife(const std::string& directory, FailingCalls*, Trouble)
      : path_(directory + "/CURRENT"), directory_(directory) {}

  void Prepare() { std::ofstream(path_, std::ios::binary) << NewFileHead(*KeyRing::OfOneKey(kKey), path_) << "data"; }
  void Work() {
    const auto epoch = EpochOfFile(path_);
    EXPECT_TRUE(epoch.ok() || absl::IsUnavailable(epoch.status())) << epoch.status();
    if (epoch.ok()) {
      EXPECT_EQ(*epoch, std::optional<uint32_t>(0)) << "a file without an epoch needs no key";
    }
    const absl::Status own = CheckFileKeys(*KeyRing::OfOneKey(kKey), directory_);
    EXPECT_TRUE(own.ok() || absl::IsUnavailable(own)) << own;
  }
  void Check(bool) {
    EXPECT_EQ(*EpochOfFile(path_), std::optional<uint32_t>(0));
    EXPECT_TRUE(CheckFileKeys(*KeyRing::OfOneKey(kKey), directory_).ok());
  }

 private:
  const std::string path_, directory_;
};

// The first start on a store from before there were rings, whose files need the old key for ever.
class FirstRingLife {
 public:
  FirstRingLife(const std::string& directory, FailingCalls*, Trouble) : data_(directory + "/data") {}

  void Prepare() {
    fs::create_directories(data_ + "/rocksdb");
    const std::string file = data_ + "/rocksdb/000007.sst";
    std::ofstream(file, std::ios::binary) << NewFileHead(*KeyRing::OfOneKey(kKey), file) << "data";
    ASSERT_TRUE(WriteKeyFile(data_ + ".key", kKey).ok());
  }
  void Work() { Open(false); }
  void Check(bool) { Open(true); }

 private:
  void Open(bool must) {
    KeySource source;
    source.file = data_ + ".key";
    const auto keys = OpenStoreKeys(data_, source, &clock_);
    EXPECT_TRUE(keys.ok() || !must) << keys.status();
    if (keys.ok()) {
      const absl::StatusOr<SecretBytes> old = (*keys)->Find(0);
      ASSERT_TRUE(old.ok()) << old.status();
      EXPECT_EQ(old->view(), kKey);
    } else {
      EXPECT_FALSE(absl::IsFailedPrecondition(keys.status())) << keys.status();
    }
  }

  const std::string data_;
  ManualClock clock_;
};

class KeysOfFilesTest : public CallSweep {};

TEST_P(KeysOfFilesTest, EpochOfAFileIsNeverTakenForNone) { Sweep<HeadLife>(); }
TEST_P(KeysOfFilesTest, FirstRingHasTheOldKey) { Sweep<FirstRingLife>(); }

INSTANTIATE_TEST_SUITE_P(Troubles, KeysOfFilesTest, testing::ValuesIn(kTroubles), NameOf);

}  // namespace
}  // namespace sabun
