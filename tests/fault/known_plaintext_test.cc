// Somebody who can write the data directory and knows every byte that the files say, but no key: a stream cipher lets
// him change what they say, and RocksDB's checksums are no secret.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/coded_error.h"
#include "engine/store/file_head.h"
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
  // What he can do: what is not longer than the file was comes out as he likes.
  void Write(const std::string& path, const std::string& plain) {
    const std::string before = Plain(path);
    ASSERT_LE(plain.size(), before.size());
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes(plain.size(), '\0');
    file.seekg(kFileHeadBytes);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ before[i] ^ plain[i]);
    file.seekp(kFileHeadBytes);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    fs::resize_file(path, kFileHeadBytes + plain.size());
    ASSERT_EQ(Plain(path), plain);
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
  Write(log, plain);
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
  ASSERT_TRUE(Open().ok());
  const absl::Status read = store_->Get(Family::kCapsules, Key('c')).status();
  EXPECT_TRUE(absl::StartsWith(read.message(), "STORE-ROW-FOREIGN")) << read;
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
  const absl::Status opened = Open();
  if (opened.ok()) {
    EXPECT_TRUE((*store_->Get(Family::kCapsules, Key('d')))) << "nothing is missing";
  }
}

}  // namespace
}  // namespace sabun::fault
