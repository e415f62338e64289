// Somebody who can write the data directory and knows every byte that the files say, but no key: he can flip what the
// cipher makes of them, and RocksDB's checksums are no secret.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/store/file_head.h"
#include "engine/store/frames.h"
#include "engine/store/layout.h"
#include "engine/store/rocks_encryption.h"
#include "engine/store/store.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

namespace fs = std::filesystem;

// RocksDB's checksum of a record of a log.
uint32_t MaskedCrc(absl::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0u);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

// A record of a log or a MANIFEST, which have one format; all are whole here.
struct LogRecord {
  size_t at;  // of its head: checksum (4 bytes), length (2), type (1)
  std::string payload;
};
constexpr size_t kRecordHeadBytes = 7;

std::vector<LogRecord> RecordsOf(const std::string& plain) {
  std::vector<LogRecord> records;
  for (size_t at = 0; at + kRecordHeadBytes <= plain.size();) {
    const size_t bytes = static_cast<unsigned char>(plain[at + 4]) | static_cast<unsigned char>(plain[at + 5]) << 8;
    if (plain[at + 6] == 0) break;
    records.push_back({at, plain.substr(at + kRecordHeadBytes, bytes)});
    at += kRecordHeadBytes + bytes;
  }
  return records;
}

void Mend(const LogRecord& record, std::string* plain) {
  plain->replace(record.at + kRecordHeadBytes, record.payload.size(), record.payload);
  const uint32_t crc = MaskedCrc(absl::StrCat(std::string(1, (*plain)[record.at + 6]), record.payload));
  for (int i = 0; i < 4; ++i) (*plain)[record.at + static_cast<size_t>(i)] = static_cast<char>(crc >> (8 * i));
}

// Gives the place of the value of every row of a batch.
class Values : public rocksdb::WriteBatch::Handler {
 public:
  using Take = std::function<void(uint32_t family, const rocksdb::Slice& key, size_t at, size_t size)>;
  Values(const rocksdb::WriteBatch& batch, Take take) : begin_(batch.Data().data()), take_(std::move(take)) {}
  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    take_(family, key, static_cast<size_t>(value.data() - begin_), value.size());
    return rocksdb::Status::OK();
  }
  rocksdb::Status MergeCF(uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    return PutCF(family, key, value);
  }

 private:
  const char* const begin_;
  const Take take_;
};

class KnownPlaintextTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Open().ok());
    for (const char record : {'a', 'b', 'c'}) Commit(record);
  }
  absl::Status Open() {
    store_.reset();
    RocksStoreOptions options;
    options.directory = directory_.path() + "/data";
    options.witness = directory_.path() + "/witness";
    options.keys = keys_;
    options.cache_bytes = 8 << 20;
    fs::create_directories(options.directory);
    auto store = OpenRocksStore(options);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }
  void Commit(char record) {
    Batch batch;
    batch.Put(Family::kCapsules, Key(record), absl::StrCat("content of ", std::string(1, record)));
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  static std::string Key(char record) { return layout::Dataset(1) + std::string(16, record); }

  // The newest file whose name begins and ends so.
  std::string Newest(const std::string& begin, const std::string& end) {
    std::string newest;
    for (const auto& file : fs::directory_iterator(directory_.path() + "/data/rocksdb")) {
      const std::string name = file.path().filename();
      if (absl::StartsWith(name, begin) && absl::EndsWith(name, end)) newest = std::max(newest, file.path().string());
    }
    return newest;
  }
  // What the attacker knows.
  std::string Plain(const std::string& path) {
    std::string plain;
    const auto env = NewEncryptedEnvironment(keys_, rocksdb::FileSystem::Default());
    EXPECT_TRUE(rocksdb::ReadFileToString(env.get(), path, &plain).ok());
    return plain;
  }
  // A frame of a file, and what he knows to be in it.
  struct Frame {
    size_t at, bytes;
    std::string plain;
  };
  std::vector<Frame> FramesOf(const std::string& path) {
    const std::string bytes = Bytes(path), plain = Plain(path);
    std::vector<Frame> frames;
    size_t said = 0;
    for (size_t at = kFileHeadBytes; at < bytes.size(); at += frames.back().bytes) {
      const size_t length = LoadBig32(bytes.data() + at);
      frames.push_back({at, length + kFrameExtraBytes, plain.substr(said, length)});
      said += length;
    }
    EXPECT_EQ(said, plain.size());
    return frames;
  }
  // What he can do: flip what is in the frames until it would come out as he likes, and cut what is longer.
  void Write(const std::string& path, const std::string& plain) {
    std::string bytes = Bytes(path);
    size_t said = 0;
    for (const Frame& frame : FramesOf(path)) {
      if (said >= plain.size()) bytes.resize(std::min(bytes.size(), frame.at));
      for (size_t i = 0; i < frame.plain.size() && said + i < plain.size(); ++i) {
        char& byte = bytes[frame.at + kFrameLengthBytes + i];
        byte = static_cast<char>(byte ^ frame.plain[i] ^ plain[said + i]);
      }
      said += frame.plain.size();
    }
    WriteBytes(path, bytes);
  }
  static std::string Bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void WriteBytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  static void ExpectRefused(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    EXPECT_FALSE(absl::IsInternal(status)) << status;
  }

  const TempDirectory directory_;
  const std::shared_ptr<KeyRing> keys_ = KeyRing::OfOneKey(std::string(32, 'k'));
  std::unique_ptr<Store> store_;
};

TEST_F(KnownPlaintextTest, WhatHeWritesUnchangedIsRead) {
  store_.reset();
  const std::string log = Newest("", ".log"), plain = Plain(log);
  ASSERT_GE(RecordsOf(plain).size(), 3u);
  std::string same = plain;
  for (const LogRecord& record : RecordsOf(plain)) Mend(record, &same);
  EXPECT_EQ(same, plain) << "the checksums are RocksDB's";
  const std::string bytes = Bytes(log);
  Write(log, plain);
  EXPECT_EQ(Bytes(log), bytes);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(**store_->Get(Family::kCapsules, Key('c')), "content of c");
}

TEST_F(KnownPlaintextTest, LogThatIsCutBehindARecordIsRefused) {
  store_.reset();
  const std::string log = Newest("", ".log"), plain = Plain(log);
  Write(log, plain.substr(0, RecordsOf(plain).back().at));
  ExpectRefused(Open());
}

TEST_F(KnownPlaintextTest, RowThatIsChangedInTheLogIsRefused) {
  store_.reset();
  const std::string log = Newest("", ".log");
  std::string plain = Plain(log);
  LogRecord last = RecordsOf(plain).back();
  last.payload.replace(last.payload.find("content of c"), 12, "content of x");
  Mend(last, &plain);
  Write(log, plain);
  ExpectRefused(Open());
}

// Every commit is a frame of its own, and they are of one size.
TEST_F(KnownPlaintextTest, FrameThatIsMovedRepeatedOrLeftOutIsRefused) {
  store_.reset();
  const std::string log = Newest("", ".log"), bytes = Bytes(log);
  const std::vector<Frame> frames = FramesOf(log);
  const Frame &b = frames[frames.size() - 2], &c = frames.back();
  ASSERT_EQ(b.bytes, c.bytes);
  const std::string before = bytes.substr(0, b.at), frame_b = bytes.substr(b.at, b.bytes), frame_c = bytes.substr(c.at);
  for (const std::string& end : {frame_c + frame_b, frame_b + frame_b, frame_c}) {
    WriteBytes(log, before + end);
    ExpectRefused(Open());
  }
  WriteBytes(log, bytes);
  EXPECT_TRUE(Open().ok());
}

// The head goes along, or stays.
TEST_F(KnownPlaintextTest, FramesOfAnotherLogAreRefused) {
  store_.reset();
  const std::string older = Bytes(Newest("", ".log"));
  ASSERT_TRUE(Open().ok());
  for (const char record : {'d', 'e', 'f', 'g'}) Commit(record);
  store_.reset();
  const std::string log = Newest("", ".log"), bytes = Bytes(log);
  for (const size_t taken : {size_t{0}, kFileHeadBytes}) {
    WriteBytes(log, bytes.substr(0, taken) + older.substr(taken));
    ExpectRefused(Open());
  }
  WriteBytes(log, bytes);
  EXPECT_TRUE(Open().ok());
}

// The last commit is taken away, and the one before says in its stead how many there were.
TEST_F(KnownPlaintextTest, LogThatIsCutAndMendedIsRefused) {
  store_.reset();
  const std::string log = Newest("", ".log");
  std::string plain = Plain(log);
  const std::vector<LogRecord> records = RecordsOf(plain);
  LogRecord kept = records[records.size() - 2];
  const rocksdb::WriteBatch cut(records.back().payload), before(kept.payload);
  Values rows(before, [&](uint32_t family, const rocksdb::Slice& key, size_t at, size_t size) {
    if (key == layout::CommitCountRow()) {
      std::string two;
      AppendBig64(LoadBig64(kept.payload.data() + at) + 1, &two);
      kept.payload.replace(at, size, two);
    }
    if (key != layout::CommitRow()) return;
    Values last(cut, [&](uint32_t other, const rocksdb::Slice& name, size_t from, size_t bytes) {
      if (other == family && name == key) kept.payload.replace(at, size, cut.Data().substr(from, bytes));
    });
    ASSERT_TRUE(cut.Iterate(&last).ok());
  });
  ASSERT_TRUE(before.Iterate(&rows).ok());
  ASSERT_NE(kept.payload, before.Data());
  Mend(kept, &plain);
  Write(log, plain.substr(0, records.back().at));
  ExpectRefused(Open());
}

TEST_F(KnownPlaintextTest, ManifestThatIsCutIsRefusedOrNothingIsMissing) {
  store_.reset();
  ASSERT_TRUE(Open().ok());  // what was in the log is in tables now
  Commit('d');
  store_.reset();
  const std::string manifest = Newest("MANIFEST-", ""), plain = Plain(manifest);
  const std::vector<LogRecord> records = RecordsOf(plain);
  for (size_t kept = 1; kept < records.size(); ++kept) {
    const TempDirectory copy;
    fs::copy(directory_.path(), copy.path() + "/whole", fs::copy_options::recursive);
    Write(manifest, plain.substr(0, records[kept].at));
    const absl::Status opened = Open();
    // Or it was nothing that anybody misses.
    if (opened.ok()) {
      for (const char record : {'a', 'b', 'c', 'd'})
        EXPECT_TRUE((*store_->Get(Family::kCapsules, Key(record)))) << kept;
    }
    store_.reset();
    fs::remove_all(directory_.path() + "/data");
    fs::copy(copy.path() + "/whole", directory_.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
}

TEST_F(KnownPlaintextTest, CurrentThatNamesAnOlderManifestIsRefusedOrNothingIsMissing) {
  store_.reset();
  const std::string old_name = Newest("MANIFEST-", "");
  const TempDirectory kept;
  fs::copy(directory_.path() + "/data/rocksdb", kept.path() + "/rocksdb");
  ASSERT_TRUE(Open().ok());
  Commit('d');
  store_.reset();
  // Everything that the older one names comes back; nothing that is there goes.
  fs::copy(kept.path() + "/rocksdb", directory_.path() + "/data/rocksdb", fs::copy_options::skip_existing);
  const std::string current = directory_.path() + "/data/rocksdb/CURRENT";
  ASSERT_NE(Newest("MANIFEST-", ""), old_name);
  Write(current, fs::path(old_name).filename().string() + "\n");
  ExpectRefused(Open());
  fs::copy(kept.path() + "/rocksdb/CURRENT", current, fs::copy_options::overwrite_existing);
  const absl::Status opened = Open();
  if (opened.ok()) {
    EXPECT_TRUE((*store_->Get(Family::kCapsules, Key('d')))) << "nothing is missing";
  }
}

}  // namespace
}  // namespace sabun::fault
