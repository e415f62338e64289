#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/store/rocks_opening.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

class FaultyFileSystemTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return directory_.path() + "/" + name; }
  std::unique_ptr<rocksdb::FSWritableFile> Create(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(disk_.NewWritableFile(Path(name), {}, &file, nullptr).ok());
    return file;
  }
  void SyncNames() {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    ASSERT_TRUE(disk_.NewDirectory(directory_.path(), {}, &folder, nullptr).ok());
    ASSERT_TRUE(folder->Fsync({}, nullptr).ok());
  }
  std::string Read(const std::string& name) {
    std::ifstream in(Path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  const TempDirectory directory_;
  FaultyFileSystem disk_{17};
};

TEST_F(FaultyFileSystemTest, WhatWasSyncedSurvivesAndTheRestOnlyPerhaps) {
  std::set<std::string> seen;
  for (int i = 0; i < 60; ++i) {
    const auto file = Create("a");
    ASSERT_TRUE(file->Append("synced", {}, nullptr).ok());
    ASSERT_TRUE(file->Sync({}, nullptr).ok());
    SyncNames();
    ASSERT_TRUE(file->Append("-rest", {}, nullptr).ok());
    disk_.RestorePower();
    seen.insert(Read("a"));
    EXPECT_EQ(Read("a").substr(0, 6), "synced");
  }
  EXPECT_TRUE(seen.contains("synced"));
  EXPECT_TRUE(seen.contains("synced-rest"));
  EXPECT_GT(seen.size(), 2u) << "some writes are torn";
}

// What a store does before it opens; FaultyDisk's histories see that it does.
TEST_F(FaultyFileSystemTest, LogsOfAGoneProcessAreDurableAfterSyncLogs) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = absl::StrCat(i, ".log");
    ASSERT_TRUE(Create(name)->Append("commits", {}, nullptr).ok());
    ASSERT_TRUE(SyncLogs(&disk_, directory_.path()).ok());
    disk_.RestorePower();
    EXPECT_EQ(Read(name), "commits");
  }
  EXPECT_TRUE(SyncLogs(&disk_, Path("nothing")).ok()) << "a new store";
}

TEST_F(FaultyFileSystemTest, NameThatWasNotSyncedMayBeGoneAndARenameIsWhole) {
  int gone = 0, there = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string name = absl::StrCat("n", i);
    const auto file = Create(name + ".new");
    ASSERT_TRUE(file->Append("x", {}, nullptr).ok() && file->Sync({}, nullptr).ok());
    SyncNames();
    ASSERT_TRUE(disk_.RenameFile(Path(name + ".new"), Path(name), {}, nullptr).ok());
    disk_.RestorePower();
    EXPECT_NE(std::filesystem::exists(Path(name)), std::filesystem::exists(Path(name + ".new")));
    ++(std::filesystem::exists(Path(name)) ? there : gone);
  }
  EXPECT_GT(gone, 0);
  EXPECT_GT(there, 0);
}

TEST_F(FaultyFileSystemTest, BlocksThatWereNotSyncedAreLostInAnyOrder) {
  bool hole = false;
  for (int i = 0; i < 60 && !hole; ++i) {
    const auto file = Create("b");
    SyncNames();
    ASSERT_TRUE(file->Append(std::string(3 * 4096, 'x'), {}, nullptr).ok());
    disk_.RestorePower();
    const std::string bytes = Read("b");
    hole = bytes.size() == 3 * 4096 && bytes[0] == '\0';
  }
  EXPECT_TRUE(hole);
}

TEST_F(FaultyFileSystemTest, NthCallOfAKindFailsAsOrdered) {
  const auto file = Create("c");
  disk_.Order({Call::kWrite, 1, DiskError::kShortWrite, 1});
  EXPECT_TRUE(file->Append("1234", {}, nullptr).ok());
  EXPECT_TRUE(file->Append("5678", {}, nullptr).IsIOError());
  EXPECT_TRUE(file->Append("9", {}, nullptr).ok());
  disk_.Order({Call::kSync, 0, DiskError::kNoSpace, 1});
  EXPECT_TRUE(file->Sync({}, nullptr).IsNoSpace());
  ASSERT_TRUE(file->Close({}, nullptr).ok());
  EXPECT_EQ(Read("c"), "1234569");
  EXPECT_EQ(disk_.refused(), 2u);
}

TEST_F(FaultyFileSystemTest, NothingArrivesWithoutPower) {
  const auto file = Create("d");
  disk_.CutPower();
  EXPECT_FALSE(file->Append("x", {}, nullptr).ok());
  EXPECT_FALSE(disk_.DeleteFile(Path("d"), {}, nullptr).ok());
  disk_.ResumePower();
  EXPECT_TRUE(file->Append("y", {}, nullptr).ok());
}

}  // namespace
}  // namespace sabun::fault
