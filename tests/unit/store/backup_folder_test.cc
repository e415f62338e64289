// Copies of a RocksDB store, and folders of backups: whole, incremental, checked, encrypted.
#include "engine/store/backup_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/store/store.h"
#include "tests/support/file_size_limit.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

class BackupFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(root_);
    RocksStoreOptions options;
    options.directory = root_ + "/data";
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = 8 << 20;
    auto store = OpenRocksStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto folder = BackupFolder::OpenOrMake(root_ + "/backups");
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = std::make_unique<BackupFolder>(*std::move(folder));
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(root_);
  }
  void Put(const std::string& key, const std::string& value) {
    Batch batch;
    batch.Put(Family::kCapsules, key, value);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  BackupManifest BackUp() {
    const std::string copy = absl::StrCat(root_, "/data/copy", ++copies_);
    EXPECT_TRUE(store_->CopyFilesTo(copy).ok());
    auto manifest = folder_->Add(copy + "/rocksdb", {}, &pace_);
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    return *manifest;
  }
  // The value of "a" in a backup, read with the store's key; or the error's code.
  std::string ValueIn(const BackupManifest& manifest) {
    const std::string laid = absl::StrCat(root_, "/laid", ++copies_);
    EXPECT_TRUE(folder_->LayOut(manifest, laid + "/rocksdb").ok());
    const auto copy = store_->OpenCopy(laid);
    if (!copy.ok()) return std::string(absl::StatusCodeToString(copy.status().code()));
    return (*copy)->Get(Family::kCapsules, "a")->value_or("none");
  }
  std::string StoredPath(const BackupFile& file) { return absl::StrCat(root_, "/backups/files/", file.stored); }
  static const BackupFile& Table(const BackupManifest& manifest) {
    for (const BackupFile& file : manifest.files) {
      if (file.name.ends_with(".sst")) return file;
    }
    return manifest.files.front();
  }

  const std::string root_ = absl::StrCat(testing::TempDir(), "/backup_folder_", getpid());
  std::unique_ptr<Store> store_;
  std::unique_ptr<BackupFolder> folder_;
  Pace pace_;
  int copies_ = 0;
};

TEST_F(BackupFolderTest, EachBackupHoldsTheStoreOfItsMoment) {
  Put("a", "1");
  const BackupManifest first = BackUp();
  Put("a", "2");
  const BackupManifest second = BackUp();
  Put("a", "3");
  EXPECT_EQ(ValueIn(first), "1");
  EXPECT_EQ(ValueIn(second), "2");
  EXPECT_EQ((*folder_->List()).size(), 2u);
  EXPECT_EQ(folder_->Find("")->id, "000002");
  EXPECT_EQ(folder_->Find("000007").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BackupFolderTest, FileThatIsThereIsNotCopiedAgain) {
  Put("a", std::string(2 << 20, 'x'));
  const BackupManifest first = BackUp();
  Put("b", "1");
  const BackupManifest second = BackUp();
  EXPECT_EQ(first.new_bytes, first.bytes);
  EXPECT_LT(second.new_bytes * 2, second.bytes);
}

TEST_F(BackupFolderTest, FlippedBitAndMissingFileAreFound) {
  Put("a", "1");
  const BackupManifest manifest = BackUp();
  ASSERT_TRUE(folder_->Check(manifest, &pace_).ok());
  const std::string path = StoredPath(Table(manifest));
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4'200);
    file.put('\x01');
  }
  EXPECT_EQ(folder_->Check(manifest, &pace_).code(), absl::StatusCode::kDataLoss);
  fs::remove(path);
  EXPECT_EQ(folder_->Check(manifest, &pace_).code(), absl::StatusCode::kDataLoss);
}

TEST_F(BackupFolderTest, EveryFlippedBitOfAManifestIsDataLoss) {
  Put("a", "1");
  BackUp();
  const std::string path = root_ + "/backups/backups/000001.json";
  const auto size = static_cast<int64_t>(fs::file_size(path));
  for (int64_t at = 0; at < size; at += 7) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = static_cast<char>(file.get());
    if (byte == ' ' || byte == '\n') continue;
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 1));
    file.flush();
    EXPECT_EQ(folder_->List().status().code(), absl::StatusCode::kDataLoss) << at;
    file.seekp(at);
    file.put(byte);
  }
  EXPECT_TRUE(folder_->List().ok());
}

// Anybody who can write to the folder can make a digest that fits.
TEST_F(BackupFolderTest, ManifestThatLeadsElsewhereIsRefused) {
  Put("a", "1");
  BackUp();
  const std::string path = root_ + "/backups/backups/000001.json";
  std::ifstream in(path);
  const auto sound = nlohmann::json::parse(in);
  const auto code_with = [&](const nlohmann::json::json_pointer& member, const std::string& value) {
    nlohmann::json json = sound;
    json["backup"][member] = value;
    const std::string text = json["backup"].dump();
    Sha256 digest;
    digest.Update(text);
    json["sha256"] = absl::BytesToHexString(digest.Finish());
    std::ofstream(path) << json.dump();
    return folder_->List().status().code();
  };
  using Pointer = nlohmann::json::json_pointer;
  EXPECT_EQ(code_with(Pointer("/engine_version"), "9"), absl::StatusCode::kOk) << "the digest fits";
  EXPECT_EQ(code_with(Pointer("/files/0/name"), "../../sabun.key"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code_with(Pointer("/files/0/name"), ".."), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code_with(Pointer("/files/0/stored"), "../../../etc/shadow"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code_with(Pointer("/id"), "../000001"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code_with(Pointer("/id"), "first"), absl::StatusCode::kDataLoss);
}

TEST_F(BackupFolderTest, NothingIsInTheClear) {
  Put("a", "canary-canary-canary");
  BackUp();
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_EQ(bytes.find("canary"), std::string::npos) << entry.path();
  }
}

TEST_F(BackupFolderTest, KeepingTheNewestErasesWhatNobodyHasAnyMore) {
  Put("a", "1");
  BackUp();
  Put("a", "2");
  const BackupManifest second = BackUp();
  ASSERT_TRUE(folder_->KeepNewest(1).ok());
  EXPECT_EQ((*folder_->List()).size(), 1u);
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_ + "/backups/files")) ++files;
  EXPECT_EQ(files, second.files.size());
  EXPECT_EQ(ValueIn(second), "2");
}

TEST_F(BackupFolderTest, FolderWithSomethingElseAndRelativePathAreRefused) {
  EXPECT_EQ(BackupFolder::OpenOrMake(root_ + "/data").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BackupFolder::OpenOrMake("backups").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(BackupFolder::Open(root_ + "/none").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BackupFolderTest, FullDiskLeavesNoNewBackupAndLosesNoOldOne) {
  Put("a", "old");
  const BackupManifest first = BackUp();
  Put("a", std::string(3 << 20, 'n'));
  const std::string copy = root_ + "/data/copy-full";
  ASSERT_TRUE(store_->CopyFilesTo(copy).ok());
  {
    const FileSizeLimit full(64 << 10);
    EXPECT_TRUE(absl::IsResourceExhausted(folder_->Add(copy + "/rocksdb", {}, &pace_).status()));
  }
  EXPECT_EQ(folder_->List()->size(), 1u);
  EXPECT_EQ(ValueIn(first), "old");
  EXPECT_EQ(ValueIn(BackUp()), std::string(3 << 20, 'n'));
}

TEST_F(BackupFolderTest, CopyThatIsStoppedLeavesNoBackup) {
  Put("a", std::string(3 << 20, 'x'));
  ASSERT_TRUE(store_->CopyFilesTo(root_ + "/data/copy").ok());
  Pace stopped(0, [](uint64_t) { return false; });
  EXPECT_EQ(folder_->Add(root_ + "/data/copy/rocksdb", {}, &stopped).status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE((*folder_->List()).empty());
  EXPECT_EQ(ValueIn(BackUp()), std::string(3 << 20, 'x'));
}

TEST_F(BackupFolderTest, DamagedTableFileIsFoundByReadingAllFiles) {
  Put("a", std::string(1 << 16, 'x'));
  const BackupManifest manifest = BackUp();
  ASSERT_TRUE(store_->VerifyFiles(&pace_).ok());
  EXPECT_GT(pace_.bytes(), 1u << 10);
  {
    std::fstream file(absl::StrCat(root_, "/data/rocksdb/", Table(manifest).name),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4'200);
    file.put('\x01');
  }
  EXPECT_EQ(store_->VerifyFiles(&pace_).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sabun
