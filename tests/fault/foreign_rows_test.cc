// Somebody who has the keys, or a fault below RocksDB's own checksums, moves rows and changes files of a closed store:
// the engine's store refuses them by the seal of the row, and a verification by the code of the file.
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/store/layout.h"
#include "engine/store/rocks_encryption.h"
#include "engine/store/rocks_file_code.h"
#include "engine/store/rocks_options.h"
#include "engine/store/store.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

class ForeignRowsTest : public testing::Test {
 protected:
  static constexpr size_t kCapsules = 1 + static_cast<size_t>(Family::kCapsules),
                          kChanges = 1 + static_cast<size_t>(Family::kChanges);
  using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;
  using Hand = std::function<void(rocksdb::DB*, const Handles&)>;

  void SetUp() override {
    Open();
    Batch batch;
    for (const char record : {'a', 'b'}) {
      batch.Put(Family::kCapsules, Key(record), absl::StrCat("content of ", std::string(1, record)));
      batch.Put(Family::kChanges, Key(record), absl::StrCat("content of ", std::string(1, record)));
    }
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    auto bulk = *store_->NewBulkWriter(Family::kChanges);
    for (const char record : {'x', 'y'}) ASSERT_TRUE(bulk->Add(Key(record), std::string(2'000, record)).ok());
    ASSERT_TRUE(bulk->Finish().ok());
  }
  void Open() {
    store_.reset();
    RocksStoreOptions options;
    options.directory = directory_.path();
    options.keys = keys_;
    options.cache_bytes = 8 << 20;
    auto store = OpenRocksStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  // Closes the store, lets `hand` work in it with RocksDB and the right keys, and opens it again.
  void Tamper(const Hand& hand) {
    store_.reset();
    const auto env = NewEncryptedEnvironment(keys_, rocksdb::FileSystem::Default());
    const auto cache = rocksdb::NewLRUCache(8 << 20);
    Handles handles;
    rocksdb::DB* db = nullptr;
    const auto opened = rocksdb::DB::Open(StoreOptions(env.get(), cache), directory_.path() + "/rocksdb",
                                          StoreFamilies(cache), &handles, &db);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    hand(db, handles);
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    ASSERT_TRUE(db->Close().ok());
    delete db;
    Open();
  }
  static std::string Raw(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, const std::string& key) {
    std::string value;
    EXPECT_TRUE(db->Get({}, family, key, &value).ok());
    return value;
  }
  static void Move(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, const std::string& key,
                   const std::string& value) {
    ASSERT_TRUE(db->Put({}, family, key, value).ok());
  }
  static std::string Key(char record) { return layout::Dataset(1) + std::string(16, record); }
  static void ExpectForeign(const absl::Status& status) {
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "STORE-ROW-FOREIGN: ")) << status;
    EXPECT_TRUE(absl::StrContains(InBothLanguages(status), "書き込んだものではありません")) << status;
  }
  // Alone, with others, and in a scan.
  void ExpectRefused(Family family, char record) {
    ExpectForeign(store_->Get(family, Key(record)).status());
    ExpectForeign(store_->MultiGet(family, {Key(record)}).status());
    const auto scan = store_->NewScan(family, Key(record), layout::After(Key(record)));
    EXPECT_FALSE(scan->Valid());
    ExpectForeign(scan->status());
    EXPECT_TRUE(absl::StartsWith(store_->Health().message(), "STORE-FAILED: "));
  }

  const TempDirectory directory_;
  const std::shared_ptr<KeyRing> keys_ = KeyRing::OfOneKey(std::string(32, 'k'));
  std::unique_ptr<Store> store_;
};

TEST_F(ForeignRowsTest, NothingIsRefusedThatNobodyTouched) {
  Tamper([](rocksdb::DB*, const Handles&) {});
  EXPECT_EQ(**store_->Get(Family::kCapsules, Key('a')), "content of a");
  EXPECT_EQ(**store_->Get(Family::kChanges, Key('x')), std::string(2'000, 'x'));
  Pace pace;
  EXPECT_TRUE(store_->VerifyFiles(&pace).ok());
}

TEST_F(ForeignRowsTest, RowsThatWereExchangedAreRefused) {
  Tamper([](rocksdb::DB* db, const Handles& families) {
    const std::string a = Raw(db, families[kCapsules], Key('a')), b = Raw(db, families[kCapsules], Key('b'));
    Move(db, families[kCapsules], Key('a'), b);
    Move(db, families[kCapsules], Key('b'), a);
  });
  ExpectRefused(Family::kCapsules, 'a');
  Open();
  ExpectRefused(Family::kCapsules, 'b');
}

TEST_F(ForeignRowsTest, RowOfAnotherFamilyIsRefused) {
  Tamper([](rocksdb::DB* db, const Handles& families) {
    Move(db, families[kCapsules], Key('a'), Raw(db, families[kChanges], Key('a')));
  });
  ExpectRefused(Family::kCapsules, 'a');
}

TEST_F(ForeignRowsTest, BulkRowOfAnotherKeyIsRefused) {
  Tamper([](rocksdb::DB* db, const Handles& families) {
    Move(db, families[kChanges], Key('y'), Raw(db, families[kChanges], Key('x')));
  });
  ExpectRefused(Family::kChanges, 'y');
}

TEST_F(ForeignRowsTest, RowWithoutASealIsRefused) {
  Tamper([](rocksdb::DB* db, const Handles& families) {
    Move(db, families[kCapsules], Key('a'), "a value that somebody made up");
  });
  ExpectRefused(Family::kCapsules, 'a');
}

TEST_F(ForeignRowsTest, ScanThatMeetsAForeignRowInItsMiddleEndsWithDataLoss) {
  Tamper([](rocksdb::DB* db, const Handles& families) {
    Move(db, families[kChanges], Key('b'), Raw(db, families[kChanges], Key('a')));
  });
  const std::string all = layout::Dataset(1);
  const auto scan = store_->NewScan(Family::kChanges, all, layout::After(all));
  int rows = 0;
  for (; scan->Valid(); scan->Next()) ++rows;
  EXPECT_EQ(rows, 1);
  ExpectForeign(scan->status());
}

TEST_F(ForeignRowsTest, StoreFromBeforeThereWereSealsGoesOnWithoutThem) {
  Tamper([](rocksdb::DB* db, const Handles& families) {
    ASSERT_TRUE(db->Delete({}, families[1 + static_cast<size_t>(Family::kCatalog)], layout::SealRow()).ok());
    Move(db, families[kCapsules], Key('a'), "without a seal");
  });
  EXPECT_EQ(**store_->Get(Family::kCapsules, Key('a')), "without a seal");
  Batch batch;
  batch.Put(Family::kCapsules, Key('c'), "new");
  ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  Open();
  EXPECT_EQ(**store_->Get(Family::kCapsules, Key('c')), "new");
}

// The file is whole, its own checksums fit, and its encryption is right.
TEST_F(ForeignRowsTest, FileThatWasMadeAnewIsRefusedOrFound) {
  const auto env = NewEncryptedEnvironment(keys_, rocksdb::FileSystem::Default());
  const auto cache = rocksdb::NewLRUCache(8 << 20);
  std::string path;
  Tamper([&](rocksdb::DB* db, const Handles&) {
    std::vector<rocksdb::LiveFileMetaData> files;
    db->GetLiveFilesMetaData(&files);
    for (const auto& file : files) {
      if (file.column_family_name == "changes") path = file.db_path + file.name;
    }
  });
  ASSERT_FALSE(path.empty());
  store_.reset();
  rocksdb::SstFileWriter writer(
      rocksdb::EnvOptions(), rocksdb::Options(StoreOptions(env.get(), cache), StoreFamilies(cache)[kChanges].options));
  ASSERT_TRUE(writer.Open(path + ".made").ok());
  for (const char record : {'x', 'y'}) ASSERT_TRUE(writer.Put(Key(record), std::string(2'028, record)).ok());
  ASSERT_TRUE(writer.Finish().ok());
  std::filesystem::rename(path + ".made", path);
  RocksStoreOptions options;
  options.directory = directory_.path();
  options.keys = keys_;
  const auto store = OpenRocksStore(options);
  Pace pace;
  EXPECT_FALSE(store.ok() && (*store)->VerifyFiles(&pace).ok());
}

// A file, and what a manifest says of it.
class FileCodeTest : public testing::Test {
 protected:
  void SetUp() override {
    file_.db_path = directory_.path();
    file_.name = "/file";
    WriteAndCode("");
  }
  // With the code of that name; "" is what new files get.
  void WriteAndCode(const std::string& name) {
    const std::string bytes(3 << 20, 'f');
    Write(bytes);
    rocksdb::FileChecksumGenContext context;
    context.requested_checksum_func_name = name;
    const auto code = codes_->CreateFileChecksumGenerator(context);
    code->Update(bytes.data(), 1'000);
    code->Update(bytes.data() + 1'000, bytes.size() - 1'000);
    code->Finalize();
    file_.file_checksum = code->GetChecksum();
    file_.file_checksum_func_name = code->Name();
  }
  void Write(const std::string& bytes) {
    ASSERT_TRUE(rocksdb::WriteStringToFile(rocksdb::Env::Default(), bytes, directory_.path() + "/file").ok());
  }
  absl::Status Verify(rocksdb::FileChecksumGenFactory* codes) {
    Pace pace;
    return VerifyFileCode({file_, rocksdb::Env::Default(), codes}, &pace);
  }
  const TempDirectory directory_;
  const std::shared_ptr<rocksdb::FileChecksumGenFactory> codes_ = NewFileCodes(SecretBytes(std::string(32, 'c')));
  rocksdb::LiveFileMetaData file_;
};

TEST_F(FileCodeTest, FitsTheFileThatWasWrittenAndNoOther) {
  EXPECT_TRUE(HasFileCode(file_));
  EXPECT_TRUE(Verify(codes_.get()).ok());
  std::string changed(3 << 20, 'f');
  changed[2 << 20] = 'g';
  Write(changed);
  EXPECT_TRUE(absl::IsDataLoss(Verify(codes_.get())));
  Write(std::string((3 << 20) - 1, 'f'));
  EXPECT_TRUE(absl::IsDataLoss(Verify(codes_.get())));
}

TEST_F(FileCodeTest, NeedsTheKey) {
  const auto other = NewFileCodes(SecretBytes(std::string(32, 'd')));
  EXPECT_TRUE(absl::IsDataLoss(Verify(other.get())));
}

TEST_F(FileCodeTest, OfAnOlderVersionIsHeldAgainstItsFile) {
  WriteAndCode("SabunFileCode1");
  EXPECT_EQ(file_.file_checksum.size(), 32u);
  EXPECT_TRUE(HasFileCode(file_) && Verify(codes_.get()).ok());
  Write(std::string(3 << 20, 'g'));
  EXPECT_TRUE(absl::IsDataLoss(Verify(codes_.get())));
}

TEST_F(FileCodeTest, TakesANewNonceForEachFile) {
  const std::string first = file_.file_checksum;
  WriteAndCode("");
  EXPECT_NE(file_.file_checksum.substr(0, 12), first.substr(0, 12));
  EXPECT_TRUE(Verify(codes_.get()).ok());
}

TEST_F(FileCodeTest, ThatIsCutIsDamage) {
  file_.file_checksum.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(Verify(codes_.get())));
  file_.file_checksum.clear();
  EXPECT_TRUE(absl::IsDataLoss(Verify(codes_.get())));
}

}  // namespace
}  // namespace sabun::fault
