// Epochs of a store: files of the old format, a new epoch while everything goes on, and what is left after the old ones
// were destroyed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/store/backup_folder.h"
#include "engine/store/file_head.h"
#include "engine/store/store.h"
#include "tests/support/decrypt_scan.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

const std::string kKey(32, 'k');
constexpr absl::string_view kPerson = "canary-of-a-person-1234";

class RewriteTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    fs::create_directories(data_);
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(root_);
  }
  void MakeRing(bool is_old_store = false) {
    auto ring = KeyRing::Create(
        data_ + "/keyring", [] { return SecretBytes(kKey); }, is_old_store, 0);
    ASSERT_TRUE(ring.ok()) << ring.status();
    keys_ = *std::move(ring);
  }
  absl::Status Open() {
    store_.reset();
    RocksStoreOptions options{data_, kKey, 8 << 20};
    options.keys = keys_;
    auto store = OpenRocksStore(options);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }
  void Put(const std::string& key, absl::string_view value) {
    Batch batch;
    batch.Put(Family::kCapsules, key, std::string(value));
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  void Delete(const std::string& key) {
    Batch batch;
    batch.Delete(Family::kCapsules, key);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  std::string Get(const std::string& key) { return (*store_->Get(Family::kCapsules, key)).value_or("none"); }
  void BackUp(const std::string& folder) {
    const std::string copy = data_ + "/backup";
    ASSERT_TRUE(store_->CopyFilesTo(copy).ok());
    ASSERT_TRUE(BackupFolder::OpenOrMake(folder)->Add(copy + "/rocksdb", {}, &pace_).ok());
    fs::remove_all(copy);
  }
  const std::string root_ = absl::StrCat(testing::TempDir(), "/rewrite_", getpid());
  const std::string data_ = root_ + "/data";
  std::shared_ptr<KeyRing> keys_;
  std::unique_ptr<Store> store_;
  Pace pace_;
};

TEST_F(RewriteTest, StoreFromBeforeThereWereRingsOpensAndMovesToEpochs) {
  ASSERT_TRUE(Open().ok());
  Put("a", "1");
  store_.reset();
  MakeRing(/*is_old_store=*/true);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Get("a"), "1");
  ASSERT_TRUE(store_->RewriteFiles().ok());
  ASSERT_TRUE(keys_->DestroyBefore(1).ok());
  const absl::Status again = Open();
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(Get("a"), "1");
}

TEST_F(RewriteTest, NewFilesAreUnderTheNewestEpochAndAllAreRead) {
  MakeRing();
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 4; ++i) {
    Put(absl::StrCat("key", i), std::string(1000, 'x'));
    ASSERT_TRUE(keys_->BeginEpoch(i).ok());
    ASSERT_TRUE(Open().ok());
  }
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Get(absl::StrCat("key", i)).size(), 1000u);
}

TEST_F(RewriteTest, NothingOfAPersonIsInAnyFileUnderAnyKeyThatRemains) {
  MakeRing();
  ASSERT_TRUE(Open().ok());
  Put("a", "1");
  Put("person", kPerson);
  BackUp(root_ + "/backups");
  ASSERT_FALSE(FilesThatHold(kPerson, data_, keys_->contents()).empty());
  ASSERT_FALSE(FilesThatHold(kPerson, root_ + "/backups", keys_->contents()).empty());
  Delete("person");
  ASSERT_TRUE(keys_->BeginEpoch(1).ok());
  const absl::Status rewritten = store_->RewriteFiles();
  ASSERT_TRUE(rewritten.ok()) << rewritten;
  ASSERT_EQ(*keys_->DestroyBefore(2), std::vector<uint32_t>{1});
  EXPECT_EQ(FilesThatHold(kPerson, root_, keys_->contents()), std::vector<std::string>());
  EXPECT_EQ(FilesThatHold("person", data_, keys_->contents()), std::vector<std::string>());
  const absl::Status again = Open();
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("person"), "none");
}

TEST_F(RewriteTest, OldBackupWithThePresentRingIsRefusedByItsCode) {
  MakeRing();
  ASSERT_TRUE(Open().ok());
  Put("person", kPerson);
  BackUp(root_ + "/backups");
  ASSERT_TRUE(keys_->BeginEpoch(1).ok());
  ASSERT_TRUE(store_->RewriteFiles().ok());
  ASSERT_TRUE(keys_->DestroyBefore(2).ok());
  const auto folder = BackupFolder::Open(root_ + "/backups");
  ASSERT_TRUE(folder->LayOut(*folder->Find(""), root_ + "/laid/rocksdb").ok());
  const absl::Status status = store_->OpenCopy(root_ + "/laid").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StartsWith(status.message(), "KEY-EPOCH-DESTROYED")) << status;
}

TEST_F(RewriteTest, OlderStateThatIsReadKeepsItsEpoch) {
  MakeRing();
  ASSERT_TRUE(Open().ok());
  Put("person", kPerson);
  auto frozen = store_->Freeze();
  Delete("person");
  ASSERT_TRUE(keys_->BeginEpoch(1).ok());
  const absl::Status busy = store_->RewriteFiles();
  EXPECT_TRUE(absl::StartsWith(busy.message(), "REWRITE-BUSY")) << busy;
  frozen->reset();
  EXPECT_TRUE(store_->RewriteFiles().ok());
}

TEST_F(RewriteTest, ReadingAndWritingGoOnWhileFilesAreRewritten) {
  MakeRing();
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 200; ++i) Put(absl::StrCat("key", i), std::string(10'000, 'x'));
  ASSERT_TRUE(keys_->BeginEpoch(1).ok());
  std::thread writer([this] {
    for (int i = 0; i < 200; ++i) {
      Put(absl::StrCat("more", i), "1");
      EXPECT_EQ(Get(absl::StrCat("key", i)).size(), 10'000u);
    }
  });
  const absl::Status rewritten = store_->RewriteFiles();
  writer.join();
  ASSERT_TRUE(rewritten.ok()) << rewritten;
  ASSERT_TRUE(keys_->DestroyBefore(2).ok());
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Get(absl::StrCat("more", i)), "1");
}

TEST_F(RewriteTest, RingOfAnotherStoreIsRefused) {
  MakeRing();
  ASSERT_TRUE(Open().ok());
  store_.reset();
  fs::remove(data_ + "/keyring");
  MakeRing();
  const absl::Status status = Open();
  EXPECT_TRUE(absl::StartsWith(status.message(), "KEY-RING-FOREIGN")) << status;
}

TEST_F(RewriteTest, OldCopyOfTheRingIsRefusedByTheFilesThatAreNewer) {
  MakeRing();
  fs::copy(data_ + "/keyring", root_ + "/old");
  ASSERT_TRUE(keys_->BeginEpoch(1).ok());
  ASSERT_TRUE(Open().ok());
  store_.reset();
  fs::remove_all(data_ + "/keyring.copy");
  fs::copy(root_ + "/old", data_ + "/keyring", fs::copy_options::overwrite_existing);
  keys_ = *KeyRing::Open(data_ + "/keyring", [] { return SecretBytes(kKey); });
  const absl::Status status = Open();
  EXPECT_TRUE(absl::StartsWith(status.message(), "KEY-EPOCH-UNKNOWN")) << status;
}

}  // namespace
}  // namespace sabun
