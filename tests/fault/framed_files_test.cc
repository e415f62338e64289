// Files of frames as RocksDB reads them, whole, cut and damaged.
#include <gtest/gtest.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/store/file_head.h"
#include "engine/store/frames.h"
#include "engine/store/rocks_encryption.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

namespace fs = std::filesystem;

std::string Bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}
void Flip(const std::string& path, size_t at) {
  std::string bytes = Bytes(path);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  WriteBytes(path, bytes);
}

class FramedFilesTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) { return directory_.path() + "/" + name; }
  void Make(const std::string& name, const std::vector<std::string>& pieces) {
    std::unique_ptr<rocksdb::WritableFile> file;
    ASSERT_TRUE(env_->NewWritableFile(Path(name), &file, {}).ok());
    uint64_t size = 0;
    for (const std::string& piece : pieces) {
      ASSERT_TRUE(file->Append(piece).ok());
      EXPECT_EQ(file->GetFileSize(), size += piece.size());
    }
    ASSERT_TRUE(file->Close().ok());
  }
  // Read `at_once` bytes at a time.
  rocksdb::Status Read(const std::string& name, std::string* all, size_t at_once = 8'192) {
    std::unique_ptr<rocksdb::SequentialFile> file;
    rocksdb::Status status = env_->NewSequentialFile(Path(name), &file, {});
    std::string scratch(at_once, '\0');
    all->clear();
    while (status.ok()) {
      rocksdb::Slice got;
      status = file->Read(at_once, &got, scratch.data());
      if (got.empty()) break;
      all->append(got.data(), got.size());
    }
    return status;
  }
  uint64_t Size(const std::string& name) {
    uint64_t size = 0;
    EXPECT_TRUE(env_->GetFileSize(Path(name), &size).ok());
    return size;
  }

  const TempDirectory directory_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>(1);
  const std::unique_ptr<rocksdb::Env> env_ = NewEncryptedEnvironment(KeyRing::OfOneKey(std::string(32, 'k')), disk_);
};

const std::vector<std::string> kPieces = {"a", std::string(70'000, 'b'), "cc", std::string(kLargestFrame + 5, 'd'),
                                          "e"};

TEST_F(FramedFilesTest, ReadAsTheyWereWrittenInAnyPieces) {
  std::string whole, read;
  for (const std::string& piece : kPieces) whole += piece;
  for (const char* name : {"000009.log", "MANIFEST-000004", "CURRENT"}) {
    Make(name, kPieces);
    EXPECT_EQ(Size(name), whole.size());
    for (const size_t at_once : {1'000, 32'768, 3'000'000}) {
      EXPECT_TRUE(Read(name, &read, at_once).ok());
      EXPECT_EQ(read, whole) << name << " " << at_once;
    }
  }
  std::unique_ptr<rocksdb::SequentialFile> file;
  ASSERT_TRUE(env_->NewSequentialFile(Path("000009.log"), &file, {}).ok());
  ASSERT_TRUE(file->Skip(1 + 70'000 + 2).ok());
  char scratch[3];
  rocksdb::Slice got;
  ASSERT_TRUE(file->Read(3, &got, scratch).ok());
  EXPECT_EQ(got.ToString(), "ddd");
}

TEST_F(FramedFilesTest, WhatIsCutOffALogIsMissingAndNothingElse) {
  Make("000009.log", {"first", "second", "third"});
  const std::string bytes = Bytes(Path("000009.log"));
  for (size_t left = kFileHeadBytes - 2; left <= bytes.size(); ++left) {
    WriteBytes(Path("000009.log"), bytes.substr(0, left));
    const size_t frames = left < kFileHeadBytes ? 0 : left - kFileHeadBytes;
    const std::string expected = frames < 25   ? ""
                                 : frames < 51 ? "first"
                                 : frames < 76 ? "firstsecond"
                                               : "firstsecondthird";
    std::string read;
    ASSERT_TRUE(Read("000009.log", &read).ok());
    // An end within a frame is told to RocksDB by a byte that begins no record.
    const bool is_torn = frames != 0 && frames != 25 && frames != 51 && frames != 76;
    ASSERT_EQ(read, expected + (is_torn ? "\xFF" : "")) << left;
    ASSERT_EQ(Size("000009.log"), expected.size()) << left;
  }
}

TEST_F(FramedFilesTest, FailedAppendIsTheLast) {
  std::unique_ptr<rocksdb::WritableFile> file;
  ASSERT_TRUE(env_->NewWritableFile(Path("000009.log"), &file, {}).ok());
  ASSERT_TRUE(file->Append("first").ok());
  disk_->Order({Call::kWrite, 0, DiskError::kShortWrite, 1});
  EXPECT_FALSE(file->Append("second").ok());
  const std::string bytes = Bytes(Path("000009.log"));
  EXPECT_FALSE(file->Append("another one").ok()) << "no nonce is used for two contents";
  EXPECT_EQ(Bytes(Path("000009.log")), bytes);
}

// RocksDB's flushing thread and whoever commits sync a log that is not the last one any more, and when both fail the
// process ends by an assertion.
TEST_F(FramedFilesTest, LogIsDurableWhenTheNextBeginsAndNeverFailsAgain) {
  std::unique_ptr<rocksdb::WritableFile> first, refused, second, copied;
  ASSERT_TRUE(env_->NewWritableFile(Path("000009.log"), &first, {}).ok());
  ASSERT_TRUE(first->Append("first").ok());
  disk_->Order({Call::kSync, 0, DiskError::kInputOutput, 1'000'000});
  EXPECT_FALSE(env_->NewWritableFile(Path("000010.log"), &refused, {}).ok());
  std::filesystem::create_directory(Path("copy"));
  EXPECT_TRUE(env_->NewWritableFile(Path("copy/000009.log"), &copied, {}).ok()) << "another folder has its own logs";
  disk_->OrderNothing();
  const uint64_t before = disk_->calls(Call::kSync);
  ASSERT_TRUE(env_->NewWritableFile(Path("000011.log"), &second, {}).ok());
  EXPECT_EQ(disk_->calls(Call::kSync), before + 1);
  disk_->Order({Call::kSync, 0, DiskError::kInputOutput, 1'000'000});
  EXPECT_TRUE(first->Sync().ok());
  EXPECT_TRUE(first->Fsync().ok());
  ASSERT_TRUE(first->Append("more").ok());
  EXPECT_FALSE(first->Sync().ok()) << "only what is durable already needs no disk";
}

// Nobody knows then which tables it names. A copy elsewhere, on a full disk perhaps, is another matter.
TEST_F(FramedFilesTest, ManifestThatFailsKeepsTheTablesOfItsFolder) {
  std::filesystem::create_directory(Path("copy"));
  for (const char* table : {"000001.sst", "000002.sst"}) {
    std::unique_ptr<rocksdb::WritableFile> file;
    ASSERT_TRUE(env_->NewWritableFile(Path(table), &file, {}).ok());
  }
  const auto fail = [this](const char* name) {
    std::unique_ptr<rocksdb::WritableFile> manifest;
    ASSERT_TRUE(env_->NewWritableFile(Path(name), &manifest, {}).ok());
    disk_->Order({Call::kSync, 0, DiskError::kNoSpace, 1});
    ASSERT_TRUE(manifest->Append("first").ok());
    EXPECT_FALSE(manifest->Sync().ok());
  };
  fail("copy/MANIFEST-000004");
  EXPECT_TRUE(env_->DeleteFile(Path("000001.sst")).ok());
  fail("MANIFEST-000004");
  EXPECT_FALSE(env_->DeleteFile(Path("000002.sst")).ok());
  EXPECT_TRUE(env_->DeleteFile(Path("MANIFEST-000004")).ok());
}

TEST_F(FramedFilesTest, SmallFileThatIsDamagedAnywhereIsCorrupt) {
  Make("CURRENT", {"MANIFEST-000004\n"});
  const std::string bytes = Bytes(Path("CURRENT"));
  std::string read;
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (at >= kFileHeadUsedBytes && at < kFileHeadBytes) continue;
    WriteBytes(Path("CURRENT"), bytes);
    Flip(Path("CURRENT"), at);
    EXPECT_TRUE(!Read("CURRENT", &read).ok() && read.empty()) << at;
  }
  WriteBytes(Path("CURRENT"), bytes.substr(0, bytes.size() - 1));
  EXPECT_FALSE(Read("CURRENT", &read).ok());
}

TEST_F(FramedFilesTest, TableIsNoFramesAndFramesAreNoTable) {
  Make("000010.sst", {"of a table"});
  Make("000009.log", {"of a log"});
  std::string read;
  ASSERT_TRUE(Read("000010.sst", &read).ok());
  EXPECT_EQ(read, "of a table");
  fs::rename(Path("000009.log"), Path("000010.sst"));
  EXPECT_FALSE(Read("000010.sst", &read).ok());
}

// A RocksDB of two families on such files, whose older log is needed by one of them and whose newer one by the other.
class FramedLogsTest : public FramedFilesTest {
 protected:
  void SetUp() override {
    options_.env = env_.get();
    options_.create_if_missing = options_.create_missing_column_families = true;
    options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    ASSERT_TRUE(Open().ok());
    for (const char* key : {"1", "2", "3"}) ASSERT_TRUE(db_->Put({}, handles_[0], key, std::string(100, 'v')).ok());
    Close();
  }
  void TearDown() override { Close(); }
  rocksdb::Status Open() {
    const std::vector<rocksdb::ColumnFamilyDescriptor> families = {{rocksdb::kDefaultColumnFamilyName, {}}};
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options_, Path("db"), families, &handles_, &db);
    db_.reset(db);
    return status;
  }
  void Close() {
    for (auto* handle : handles_) ASSERT_TRUE(db_->DestroyColumnFamilyHandle(handle).ok());
    handles_.clear();
    db_.reset();
  }
  std::string Only(const std::string& begin, const std::string& end) {
    for (const auto& file : fs::directory_iterator(Path("db"))) {
      const std::string name = file.path().filename();
      if (name.size() > end.size() && name.compare(0, begin.size(), begin) == 0 &&
          name.compare(name.size() - end.size(), end.size(), end) == 0) {
        return file.path();
      }
    }
    return "none";
  }
  // A new store with three records, and its log: behind the first one so much of a block is left.
  std::string LogWhoseFirstRecordLeaves(size_t left) {
    constexpr size_t kBlock = 32 << 10, kTried = 30'000;
    size_t size = kTried;
    for (const size_t value : {kTried, kTried + kBlock - left}) {
      Close();
      fs::remove_all(Path("db"));
      EXPECT_TRUE(Open().ok());
      const size_t bytes = value == kTried ? value : value - size;
      EXPECT_TRUE(db_->Put({}, handles_[0], "1", std::string(bytes, 'f')).ok());
      uint64_t logged = 0;
      EXPECT_TRUE(env_->GetFileSize(Only("", ".log"), &logged).ok());
      size = logged;
    }
    EXPECT_EQ(size % kBlock, (kBlock - left) % kBlock);
    for (const char* key : {"2", "3"}) EXPECT_TRUE(db_->Put({}, handles_[0], key, "v").ok());
    Close();
    return Only("", ".log");
  }
  bool Has(const std::string& key) {
    std::string value;
    return db_->Get({}, handles_[0], key, &value).ok();
  }
  // Where the n-th frame of a file begins.
  size_t FrameAt(const std::string& path, int number) {
    const std::string bytes = Bytes(path);
    size_t at = kFileHeadBytes;
    while (number-- > 0) at += LoadBig32(bytes.data() + at) + kFrameExtraBytes;
    return at;
  }

  rocksdb::DBOptions options_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::unique_ptr<rocksdb::DB> db_;
};

TEST_F(FramedLogsTest, LogIsReplayedUpToItsFirstDamage) {
  const std::string log = Only("", ".log");
  Flip(log, FrameAt(log, 1) + 10);
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(Has("1"));
  EXPECT_FALSE(Has("2") || Has("3"));
}

// Nothing is opened past damage that no power loss explains; what one explains is passed over.
TEST_F(FramedLogsTest, WithoutAWitnessDamageWithinALogIsRefusedAndATornEndIsNot) {
  options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  const std::string log = Only("", ".log"), bytes = Bytes(log);
  for (const size_t at : {size_t{0}, kFrameLengthBytes, size_t{30}}) {
    WriteBytes(log, bytes);
    Flip(log, FrameAt(log, 1) + at);
    EXPECT_TRUE(Open().IsCorruption()) << at;
  }
  WriteBytes(log, bytes.substr(0, FrameAt(log, 2) + 30) + std::string(200, '\0'));
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(Has("2"));
  EXPECT_FALSE(Has("3"));
}

TEST_F(FramedLogsTest, ManifestThatIsDamagedWithinIsRefusedAndATornEndIsNot) {
  const std::string manifest = Only("MANIFEST-", ""), bytes = Bytes(manifest);
  const size_t second = FrameAt(manifest, 1);
  ASSERT_GT(bytes.size(), second);
  for (const size_t at : {size_t{0}, size_t{3}, kFrameLengthBytes, second - kFileHeadBytes - 1}) {
    WriteBytes(manifest, bytes);
    Flip(manifest, kFileHeadBytes + at);
    EXPECT_TRUE(Open().IsCorruption()) << at;
  }
  WriteBytes(manifest, bytes + std::string(3'000, '\0'));
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(Has("3"));
}

// What was written behind it reached the disk, a block of it did not.
TEST_F(FramedFilesTest, LostBlockWithinAFrameIsATornEndAndDamageIsNot) {
  Make("MANIFEST-000004", {"first", std::string(9'000, 's'), "third"});
  const std::string path = Path("MANIFEST-000004"), bytes = Bytes(path);
  std::string read;
  for (const size_t lost : {2 * kFileHeadBytes, 3 * kFileHeadBytes}) {
    std::string holed = bytes;
    std::fill_n(holed.begin() + static_cast<std::ptrdiff_t>(lost), 512, '\0');
    WriteBytes(path, holed);
    ASSERT_TRUE(Read("MANIFEST-000004", &read).ok());
    EXPECT_EQ(read, "first\xFF") << lost;
  }
  WriteBytes(path, bytes);
  Flip(path, 2 * kFileHeadBytes);
  ASSERT_TRUE(Read("MANIFEST-000004", &read).ok());
  EXPECT_EQ(read, std::string("first\xFF\xFF\xFF\xFF\0\0\x01", 12));
}

// The last test on RocksDB's own reader: in this mode it opens nothing whose end it was told of. In point-in-time
// recovery the same word keeps it from replaying a later log.
TEST_F(FramedLogsTest, EndOfALogIsToldWhereverInABlockItIs) {
  options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  for (const size_t left : {0, 1, 5, 6, 7, 8, 9, 20}) {
    SCOPED_TRACE(left);
    LogWhoseFirstRecordLeaves(left);
    ASSERT_TRUE(Open().ok());
    Close();
    for (const bool is_torn : {true, false}) {
      const std::string again = LogWhoseFirstRecordLeaves(left);
      if (is_torn) fs::resize_file(again, FrameAt(again, 2) - 1);
      if (!is_torn) Flip(again, FrameAt(again, 1) + 10);
      EXPECT_TRUE(Open().IsCorruption()) << is_torn;
      options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
      EXPECT_EQ(Open().ok(), is_torn);
      Close();
      options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kAbsoluteConsistency;
    }
  }
}

}  // namespace
}  // namespace sabun::fault
