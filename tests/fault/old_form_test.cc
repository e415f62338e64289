// A store that an older version left: every file a stream. It is read, brought into the present form, and from then on
// no such file is read any more.
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/file_head.h"
#include "engine/store/layout.h"
#include "engine/store/rocks_encryption.h"
#include "engine/store/store.h"
#include "engine/store/witness.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

namespace fs = std::filesystem;

class OldFormTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Open().ok());
    for (const char record : {'a', 'b', 'c'}) Commit(record);
    store_.reset();
    for (const auto& file : fs::directory_iterator(Files())) MakeOld(file.path());
    ForgetTheWord();
  }
  absl::Status Open(bool accept = false, const std::shared_ptr<rocksdb::FileSystem>& files = nullptr) {
    store_.reset();
    RocksStoreOptions options;
    options.directory = directory_.path() + "/data";
    options.witness = Witness();
    options.keys = keys_;
    options.cache_bytes = 8 << 20;
    options.accept_as_it_is = accept;
    options.files = files;
    fs::create_directories(options.directory);
    auto store = OpenRocksStore(options);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }
  void Commit(char record) {
    Batch batch;
    batch.Put(Family::kCapsules, Key(record), std::string(100, record));
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  bool Has(char record) {
    const auto read = store_->Get(Family::kCapsules, Key(record));
    return read.ok() && read->has_value();
  }
  static std::string Key(char record) { return layout::Dataset(1) + std::string(16, record); }
  std::string Files() { return directory_.path() + "/data/rocksdb"; }
  std::string Witness() { return directory_.path() + "/witness"; }
  static std::string Bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void WriteBytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  // The same contents as the older version wrote them.
  void MakeOld(const std::string& path) {
    if (FormOfHead(Bytes(path)) != FileForm::kFrames) return;
    std::string plain, head = NewFileHead(*keys_, "a table");
    const auto env = NewEncryptedEnvironment(keys_, rocksdb::FileSystem::Default());
    ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), path, &plain).ok());
    const auto key = OpenFileHead(*keys_, path, head);
    ASSERT_TRUE(key.ok()) << key.status();
    head.resize(kFileHeadBytes, '\0');
    CtrCipher(*key).Apply(kFileHeadBytes, plain.data(), plain.size());
    WriteBytes(path, head + plain);
  }
  std::optional<Witnessed> ReadWitness() { return DecodeWitness(MacKey(), Bytes(Witness())); }
  void ForgetTheWord() {
    const Mark mark = ReadWitness()->mark;
    std::string bytes(kWitnessBytes, '\0');
    bytes.replace(WitnessSlotOffset(mark), kWitnessSlotBytes, EncodeWitnessSlot(MacKey(), {mark}));
    WriteBytes(Witness(), bytes);
  }
  std::string MacKey() const {
    return std::string(DeriveKey(keys_->lasting_key().view(), "", "sabun witness key 1").view());
  }
  std::vector<std::string> OldFiles() {
    std::vector<std::string> old;
    for (const auto& file : fs::directory_iterator(Files())) {
      const bool is_stream = FormOfHead(Bytes(file.path())) == FileForm::kStream;
      if (is_stream && FormOf(file.path().string()) == FileForm::kFrames) old.push_back(file.path().filename());
    }
    return old;
  }
  void ExpectRefusedAsOld() {
    const absl::Status status = Open();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "STORE-OLD-FILE: ")) << status;
    EXPECT_TRUE(absl::StrContains(InBothLanguages(status), "旧バージョン"));
  }

  const TempDirectory directory_;
  const std::shared_ptr<KeyRing> keys_ = KeyRing::OfOneKey(std::string(32, 'k'));
  std::unique_ptr<Store> store_;
};

TEST_F(OldFormTest, StoreOfAnOlderVersionOpensAndHasOnlyFramesFromThenOn) {
  ASSERT_GE(OldFiles().size(), 5u);
  const absl::Status opened = Open();
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_TRUE(Has('a') && Has('b') && Has('c'));
  EXPECT_EQ(OldFiles(), std::vector<std::string>());
  EXPECT_TRUE(ReadWitness()->only_frames);
  Commit('d');
  EXPECT_TRUE(ReadWitness()->only_frames) << "every later slot says so";
  const absl::Status again = Open();
  ASSERT_TRUE(again.ok()) << again;
  EXPECT_TRUE(Has('d'));
}

TEST_F(OldFormTest, NewStoreSaysSoAtOnce) {
  fs::remove_all(directory_.path() + "/data");
  fs::remove(Witness());
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(ReadWitness()->only_frames);
}

// A log that somebody kept from before the update, and any other file of that form.
TEST_F(OldFormTest, OldFileThatComesBackIsRefusedAndNothingIsChanged) {
  const TempDirectory kept;
  fs::copy(Files(), kept.path() + "/old");
  ASSERT_TRUE(Open().ok());
  store_.reset();
  fs::copy(Files(), kept.path() + "/new");
  int put_back = 0;
  for (const auto& old : fs::directory_iterator(kept.path() + "/old")) {
    if (FormOf(old.path().string()) != FileForm::kFrames) continue;
    fs::copy(old.path(), Files() + "/" + old.path().filename().string(), fs::copy_options::overwrite_existing);
    ++put_back;
    ExpectRefusedAsOld();
    EXPECT_EQ(Bytes(Files() + "/" + old.path().filename().string()), Bytes(old.path()));
    fs::remove_all(Files());
    fs::copy(kept.path() + "/new", Files());
  }
  EXPECT_GE(put_back, 5);
  const absl::Status opened = Open();
  EXPECT_TRUE(opened.ok()) << opened;
}

TEST_F(OldFormTest, CopyFromBeforeTheUpdateIsTakenWhenThatIsAskedFor) {
  const TempDirectory kept;
  fs::copy(Files(), kept.path() + "/old");
  ASSERT_TRUE(Open().ok());
  Commit('d');
  store_.reset();
  fs::remove_all(Files());
  fs::copy(kept.path() + "/old", Files());
  ExpectRefusedAsOld();
  const absl::Status accepted = Open(/*accept=*/true);
  ASSERT_TRUE(accepted.ok()) << accepted;
  EXPECT_TRUE(Has('c') && !Has('d'));
  EXPECT_TRUE(ReadWitness()->only_frames);
  const absl::Status again = Open();
  EXPECT_TRUE(again.ok()) << again;
}

// He knows what a table says, and so what its cipher would make of a log; the head of the older form allows any name.
TEST_F(OldFormTest, TableIsNotPassedOffAsALog) {
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 30; ++i) Commit('d');
  ASSERT_TRUE(Open().ok());
  Commit('e');
  store_.reset();
  std::string table, log;
  for (const auto& file : fs::directory_iterator(Files())) {
    if (file.path().extension() == ".sst" && (table.empty() || file.file_size() > fs::file_size(table))) {
      table = file.path();
    }
    if (file.path().extension() == ".log") log = file.path();
  }
  const auto env = NewEncryptedEnvironment(keys_, rocksdb::FileSystem::Default());
  std::string of_table, of_log;
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), table, &of_table).ok());
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), log, &of_log).ok());
  ASSERT_GE(of_table.size(), of_log.size());
  std::string bytes = Bytes(table).substr(0, kFileHeadBytes + of_log.size());
  for (size_t i = 0; i < of_log.size(); ++i) {
    bytes[kFileHeadBytes + i] = static_cast<char>(bytes[kFileHeadBytes + i] ^ of_table[i] ^ of_log[i]);
  }
  WriteBytes(log, bytes);
  std::string read;
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), log, &read).ok());
  ASSERT_EQ(read, of_log) << "he can make it say anything";
  ExpectRefusedAsOld();
  const auto present = NewEncryptedEnvironment(keys_, rocksdb::FileSystem::Default(), OldForm::kRefused);
  EXPECT_TRUE(rocksdb::ReadFileToString(present.get(), log, &read).IsCorruption()) << "also when it is put there later";
}

TEST_F(OldFormTest, PowerMayGoAtAnyMomentOfTheFirstOpening) {
  const TempDirectory kept;
  fs::copy(directory_.path(), kept.path() + "/old", fs::copy_options::recursive);
  int refused = 0, opened_in_a_row = 0;
  for (uint64_t after = 0; opened_in_a_row < 2; ++after) {
    store_.reset();
    fs::remove_all(directory_.path() + "/data");
    fs::copy(kept.path() + "/old", directory_.path(),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    const auto disk = std::make_shared<FaultyFileSystem>(after + 1);
    disk->Order({after % 2 == 0 ? Call::kSync : Call::kRename, after / 2, DiskError::kInputOutput, 1'000'000});
    const bool opened = Open(/*accept=*/false, disk).ok();
    refused += opened ? 0 : 1;
    opened_in_a_row = opened ? opened_in_a_row + 1 : 0;  // each kind of call comes to an end
    store_.reset();
    disk->RestorePower();
    const absl::Status again = Open();
    ASSERT_TRUE(again.ok()) << after << " " << again;
    ASSERT_TRUE(Has('a') && Has('b') && Has('c')) << after;
    ASSERT_TRUE(ReadWitness()->only_frames);
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace sabun::fault
