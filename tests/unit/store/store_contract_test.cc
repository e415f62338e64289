// What every Store must do, run on each of them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/store/store.h"

namespace sabun {
namespace {

const std::string kEncryptionKey(32, 'k');

std::unique_ptr<Store> OpenRocks(const std::string& directory) {
  RocksStoreOptions options;
  options.directory = directory;
  options.encryption_key = kEncryptionKey;
  options.cache_bytes = 8 << 20;
  auto store = OpenRocksStore(options);
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

std::string FreshDirectory() {
  const std::string directory = absl::StrCat(
      testing::TempDir(), "/store_", testing::UnitTest::GetInstance()->current_test_info()->line(), "_", getpid());
  std::filesystem::remove_all(directory);
  return directory;
}

class StoreContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    store_ = std::string(GetParam()) == "Memory" ? NewMemoryStore() : OpenRocks(directory_ = FreshDirectory());
  }
  void TearDown() override {
    store_.reset();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }
  void Put(const std::string& key, const std::string& value) {
    Batch batch;
    batch.Put(Family::kIndex, key, value);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  std::string Keys(const std::string& begin, const std::string& end) {
    std::string keys;
    const auto scan = store_->NewScan(Family::kIndex, begin, end);
    for (; scan->Valid(); scan->Next())
      absl::StrAppend(&keys, std::string(scan->key()), "=", std::string(scan->value()), " ");
    EXPECT_TRUE(scan->status().ok());
    return keys;
  }

  std::unique_ptr<Store> store_;
  std::string directory_;
};

TEST_P(StoreContract, GetFindsWhatWasPutInItsFamilyOnly) {
  Put("a", "1");
  EXPECT_EQ(**store_->Get(Family::kIndex, "a"), "1");
  EXPECT_FALSE(store_->Get(Family::kCapsules, "a")->has_value());
  EXPECT_FALSE(store_->Get(Family::kIndex, "b")->has_value());
}

TEST_P(StoreContract, MultiGetAnswersEveryKeyInOrder) {
  Put("a", "1");
  Put("c", "3");
  const auto values = *store_->MultiGet(Family::kIndex, {"c", "b", "a"});
  EXPECT_EQ(values, (std::vector<std::optional<std::string>>{"3", std::nullopt, "1"}));
}

TEST_P(StoreContract, ScanKeepsToItsRangeAndIsAsOfItsBeginning) {
  for (const char* key : {"a", "b", "c", "d"}) Put(key, key);
  const auto scan = store_->NewScan(Family::kIndex, "b", "d");
  Put("bb", "late");
  std::string keys;
  for (; scan->Valid(); scan->Next()) keys += std::string(scan->key());
  EXPECT_EQ(keys, "bc");
  EXPECT_EQ(Keys("b", "d"), "b=b bb=late c=c ");
}

TEST_P(StoreContract, SeekAndSeekBackStayWithinTheRange) {
  for (const char* key : {"a", "c", "e"}) Put(key, key);
  const auto scan = store_->NewScan(Family::kIndex, "b", "f");
  scan->Seek("d");
  EXPECT_EQ(scan->key(), "e");
  scan->SeekBack("d");
  EXPECT_EQ(scan->key(), "c");
  scan->SeekBack("b");
  EXPECT_FALSE(scan->Valid());
}

TEST_P(StoreContract, BatchIsAppliedInItsOrder) {
  Put("a", "old");
  Batch batch;
  batch.Put(Family::kIndex, "a", "1");
  batch.Delete(Family::kIndex, "a");
  batch.Put(Family::kIndex, "b", "2");
  batch.Put(Family::kIndex, "b", "3");
  ASSERT_TRUE(store_->Commit(batch, Durability::kLater).ok());
  EXPECT_EQ(Keys("!", "z"), "b=3 ");
}

TEST_P(StoreContract, DeleteRangeEndsBeforeItsEnd) {
  for (const char* key : {"a", "b", "c"}) Put(key, key);
  Batch batch;
  batch.DeleteRange(Family::kIndex, "a", "c");
  ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  EXPECT_EQ(Keys("!", "z"), "c=c ");
}

TEST_P(StoreContract, BulkIsInvisibleBeforeItsEndAndGoneWhenGivenUp) {
  auto writer = *store_->NewBulkWriter(Family::kIndex);
  for (int i = 100; i < 200; ++i) ASSERT_TRUE(writer->Add(absl::StrCat("k", i), "v").ok());
  EXPECT_EQ(Keys("!", "z"), "");
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(**store_->Get(Family::kIndex, "k150"), "v");
  writer = *store_->NewBulkWriter(Family::kIndex);
  ASSERT_TRUE(writer->Add("x", "v").ok());
  writer.reset();
  EXPECT_EQ(Keys("x", "z"), "");
}

TEST_P(StoreContract, BulkAfterDeleteRangeOfTheSameKeysIsVisible) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto writer = *store_->NewBulkWriter(Family::kIndex);
    ASSERT_TRUE(writer->Add("g1", absl::StrCat(attempt)).ok());
    ASSERT_TRUE(writer->Finish().ok());
    EXPECT_EQ(Keys("g", "h"), absl::StrCat("g1=", attempt, " "));
    Batch batch;
    batch.DeleteRange(Family::kIndex, "g", "h");
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Values("Memory", "Rocks"),
                         [](const auto& param) { return std::string(param.param); });

class RocksStoreTest : public testing::Test {
 protected:
  void SetUp() override { directory_ = FreshDirectory(); }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(RocksStoreTest, WhatWasCommittedIsThereAfterReopening) {
  {
    const auto store = OpenRocks(directory_);
    Batch batch;
    batch.Put(Family::kCapsules, "a", "1");
    ASSERT_TRUE(store->Commit(batch, Durability::kSynced).ok());
  }
  EXPECT_EQ(**OpenRocks(directory_)->Get(Family::kCapsules, "a"), "1");
}

TEST_F(RocksStoreTest, WhatWasBulkWrittenIsThereAfterReopening) {
  {
    const auto store = OpenRocks(directory_);
    auto writer = *store->NewBulkWriter(Family::kIndex);
    ASSERT_TRUE(writer->Add("bulk", "1").ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  EXPECT_EQ(**OpenRocks(directory_)->Get(Family::kIndex, "bulk"), "1");
}

TEST_F(RocksStoreTest, NothingIsOnDiskInTheClear) {
  const std::string secret = "愛知花子-210987654321";
  {
    const auto store = OpenRocks(directory_);
    Batch batch;
    batch.Put(Family::kCapsules, "key-" + secret, secret);
    ASSERT_TRUE(store->Commit(batch, Durability::kSynced).ok());
    auto writer = *store->NewBulkWriter(Family::kChanges);
    ASSERT_TRUE(writer->Add("bulk-" + secret, secret).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory_)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find("210987654321"), std::string::npos) << file.path();
    ++files;
  }
  EXPECT_GE(files, 4u);
}

TEST_F(RocksStoreTest, AnotherKeyIsRefused) {
  OpenRocks(directory_);
  RocksStoreOptions options;
  options.directory = directory_;
  options.encryption_key = std::string(32, 'x');
  const auto store = OpenRocksStore(options);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition) << store.status();
  EXPECT_NE(store.status().message().find("key file"), absl::string_view::npos);
}

TEST_F(RocksStoreTest, SecondProcessIsRefused) {
  const auto first = OpenRocks(directory_);
  RocksStoreOptions options;
  options.directory = directory_;
  options.encryption_key = kEncryptionKey;
  EXPECT_EQ(OpenRocksStore(options).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RocksStoreTest, FlippedBitInATableIsDataLossNotAShortScan) {
  {
    const auto store = OpenRocks(directory_);
    auto writer = *store->NewBulkWriter(Family::kIndex);
    for (int i = 100'000; i < 200'000; ++i) ASSERT_TRUE(writer->Add(absl::StrCat("k", i), std::string(32, 'v')).ok());
    ASSERT_TRUE(writer->Finish().ok());
  }
  for (const auto& file : std::filesystem::directory_iterator(directory_ + "/rocksdb")) {
    if (file.path().extension() != ".sst") continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(file.file_size() / 2));
    const char flipped = static_cast<char>(bytes.get() ^ 1);
    bytes.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    bytes.put(flipped);
  }
  const auto store = OpenRocks(directory_);
  const auto scan = store->NewScan(Family::kIndex, "k", "l");
  while (scan->Valid()) scan->Next();
  EXPECT_EQ(scan->status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sabun
