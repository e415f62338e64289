// After a failure nobody knows what is stored: the store says so, writes nothing more, and finds out when it is opened
// again. A full disk below a file that nobody reads yet costs that file only.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/engine.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

class StoreFailureTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    store_.reset();
    disk_->OrderNothing();
    RocksStoreOptions options;
    options.directory = directory_.path() + "/data";
    options.witness = directory_.path() + "/data.witness";
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = memory_;
    options.files = disk_;
    options.on_failure = [this](const absl::Status&) { ++told_; };
    auto store = OpenRocksStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  absl::Status Commit(const std::string& key, Durability durability = Durability::kSynced) {
    Batch batch;
    batch.Put(Family::kCapsules, key, std::string(1'000, 'v'));
    return store_->Commit(batch, durability);
  }
  void ExpectFailed() {
    EXPECT_TRUE(absl::IsUnavailable(store_->Health()));
    EXPECT_TRUE(absl::StartsWith(store_->Health().message(), "STORE-FAILED: ")) << store_->Health();
    EXPECT_EQ(told_, 1);
    disk_->OrderNothing();
    EXPECT_TRUE(absl::IsUnavailable(Commit("later")));
    EXPECT_TRUE(absl::IsUnavailable(Commit("later", Durability::kLater)));
    Open();
    EXPECT_TRUE(store_->Health().ok());
    EXPECT_FALSE((*store_->Get(Family::kCapsules, "later")).has_value());
  }
  std::unique_ptr<BulkWriter> BulkOf(int entries) {
    auto writer = *store_->NewBulkWriter(Family::kIndex);
    for (int i = 0; i < entries; ++i) EXPECT_TRUE(writer->Add(absl::StrCat("k", 100'000 + i), "v").ok());
    return writer;
  }

  size_t memory_ = 8 << 20;
  const TempDirectory directory_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>(1);
  std::atomic<int> told_{0};
  std::unique_ptr<Store> store_;
};

TEST_F(StoreFailureTest, CommitWhoseSyncFailsEndsTheStore) {
  disk_->Order({Call::kSync, 0, DiskError::kInputOutput, 1});
  EXPECT_TRUE(absl::IsUnavailable(Commit("a")));
  ExpectFailed();
}

TEST_F(StoreFailureTest, CommitOnAFullDiskEndsTheStore) {
  disk_->Order({Call::kWrite, 0, DiskError::kNoSpace, 1});
  EXPECT_TRUE(absl::IsResourceExhausted(Commit("a")));
  ExpectFailed();
}

TEST_F(StoreFailureTest, CommitThatIsCutShortEndsTheStore) {
  ASSERT_TRUE(Commit("kept").ok());
  disk_->Order({Call::kWrite, 0, DiskError::kShortWrite, 1});
  EXPECT_TRUE(absl::IsUnavailable(Commit("a", Durability::kLater)));
  ExpectFailed();
  EXPECT_TRUE((*store_->Get(Family::kCapsules, "kept")).has_value());
}

TEST_F(StoreFailureTest, WitnessThatCannotBeWrittenEndsTheStore) {
  ASSERT_TRUE(Commit("a").ok());
  disk_->Order({Call::kSync, 1, DiskError::kInputOutput, 1});  // the log's sync comes first
  EXPECT_TRUE(absl::IsUnavailable(Commit("b")));
  ExpectFailed();
  EXPECT_TRUE((*store_->Get(Family::kCapsules, "b")).has_value()) << "unknown to the caller, but durable";
}

TEST_F(StoreFailureTest, FlushThatFailsInTheBackgroundEndsTheStore) {
  memory_ = 256 << 10;
  Open();
  disk_->Order({Call::kOpen, 0, DiskError::kInputOutput, 1'000});
  for (int i = 0; i < 20'000 && store_->Health().ok(); ++i) Commit(absl::StrCat(i), Durability::kLater).IgnoreError();
  ExpectFailed();
}

TEST_F(StoreFailureTest, DamagedTableThatIsReadEndsTheStore) {
  ASSERT_TRUE(BulkOf(10'000)->Finish().ok());
  for (const auto& file : std::filesystem::directory_iterator(directory_.path() + "/data/rocksdb")) {
    if (file.path().extension() != ".sst" || file.file_size() < 50'000) continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(20'000);
    bytes.write("damage", 6);
  }
  const auto scan = store_->NewScan(Family::kIndex, "k", "l");
  while (scan->Valid()) scan->Next();
  EXPECT_TRUE(absl::IsDataLoss(scan->status()));
  EXPECT_TRUE(absl::IsUnavailable(store_->Health()));
  EXPECT_EQ(told_, 1);
}

// RocksDB deletes the files of an ingestion whose manifest could not be synced, though the manifest may name them.
TEST_F(StoreFailureTest, StoreWhoseIngestionFailsAtAnySyncOpensAgain) {
  bool failed = true;
  for (uint64_t after = 0; failed; ++after) {
    auto writer = BulkOf(100);
    disk_->Order({Call::kSync, after, DiskError::kInputOutput, 1});
    failed = !writer->Finish().ok();
    writer.reset();
    Open();
    ASSERT_FALSE(HasFatalFailure()) << after;
    ASSERT_TRUE(after > 2 || failed) << "the file, its name, and the manifest are synced";
  }
}

// RocksDB takes a file for one without keys when it cannot be read for its bounds: it is there, and nobody finds it.
TEST_F(StoreFailureTest, WhatWasWrittenInBulkIsFoundOrRefusedWhicheverReadFails) {
  bool failed = true;
  int reads = 0;
  for (; failed; ++reads) {
    auto writer = BulkOf(100);
    disk_->Order({Call::kRead, static_cast<uint64_t>(reads), DiskError::kInputOutput, 1});
    const absl::Status finished = writer->Finish();
    failed = disk_->refused() > static_cast<uint64_t>(reads);
    writer.reset();
    Open();
    if (!finished.ok()) continue;
    int found = 0;
    for (auto scan = store_->NewScan(Family::kIndex, "k1", "l"); scan->Valid(); scan->Next()) ++found;
    ASSERT_EQ(found, 100) << reads;
  }
  EXPECT_GT(reads, 8) << "the file is read back, and for its bounds";
}

TEST_F(StoreFailureTest, FullDiskBelowABulkFileCostsThatFileOnly) {
  auto writer = BulkOf(100);
  disk_->Order({Call::kWrite, 0, DiskError::kNoSpace, 1});
  EXPECT_TRUE(absl::IsResourceExhausted(writer->Finish()));
  writer.reset();
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE(Commit("a").ok());
  EXPECT_TRUE(BulkOf(100)->Finish().ok());
}

TEST_F(StoreFailureTest, ErrorBelowABulkFileEndsTheStore) {
  const auto writer = BulkOf(100);
  disk_->Order({Call::kSync, 0, DiskError::kInputOutput, 1});
  EXPECT_TRUE(absl::IsUnavailable(writer->Finish()));
  EXPECT_TRUE(absl::IsUnavailable(store_->Health()));
}

TEST_F(StoreFailureTest, ReadThatFailsOnceCostsTheCallOnly) {
  ASSERT_TRUE(BulkOf(10'000)->Finish().ok());
  Open();
  disk_->Order({Call::kRead, 0, DiskError::kInputOutput, 1'000});
  EXPECT_FALSE(store_->Get(Family::kIndex, "k105000").ok());
  disk_->OrderNothing();
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE((*store_->Get(Family::kIndex, "k105000")).has_value());
}

TEST_F(StoreFailureTest, EngineRefusesNewWorkAfterwards) {
  ManualClock clock;
  EngineOptions options;
  options.spool_directory = directory_.path();
  const auto engine = *Engine::Open(store_.get(), &clock, options);
  EXPECT_TRUE(absl::IsNotFound(engine->Find("city/child").status()));
  disk_->Order({Call::kSync, 0, DiskError::kInputOutput, 1});
  ASSERT_FALSE(Commit("a").ok());
  EXPECT_TRUE(absl::IsUnavailable(engine->Find("city/child").status()));
  EXPECT_TRUE(absl::StartsWith(engine->Find("city/child").status().message(), "STORE-FAILED: "));
}

}  // namespace
}  // namespace sabun::fault
