// Reads of the disk fail in turn below look-ups and scans: what is told is right, or an error is. A row that is there
// and not found would be sent as an addition, or withdrawn.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/store.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

using Rows = std::map<std::string, std::string>;

// Tables of both kinds, with a log above them: some rows are moved in, some flushed, some written over or deleted
// since, one by one or as a range. Every third key is not there.
class StoreReadsTest : public testing::TestWithParam<Family> {
 protected:
  static constexpr int kKeys = 400;
  static std::string Key(int i) { return absl::StrCat("k", 100'000 + i); }

  void SetUp() override {
    std::filesystem::create_directories(directory_.path() + "/data");
    Open();
    for (int i = 0; i < kKeys; i += 3) rows_[Key(i)] = absl::StrCat("bulk", i, std::string(300, 'b'));
    {
      const auto bulk = *store_->NewBulkWriter(family_);
      for (const auto& [key, value] : rows_) ASSERT_TRUE(bulk->Add(key, value).ok());
      ASSERT_TRUE(bulk->Finish().ok());
    }
    for (int part = 0; part < 3; ++part) {
      Batch batch;
      for (int i = part; i < kKeys; i += 13) {
        if (i % 3 == 2) continue;
        rows_[Key(i)] = absl::StrCat("put", part, i, std::string(300, 'p'));
        batch.Put(family_, Key(i), rows_[Key(i)]);
      }
      for (int i = 3 * part; i < kKeys; i += 21) {
        rows_.erase(Key(i));
        batch.Delete(family_, Key(i));
      }
      const std::string begin = Key(100 + 120 * part), end = Key(115 + 120 * part);
      rows_.erase(rows_.lower_bound(begin), rows_.lower_bound(end));
      batch.DeleteRange(family_, begin, end);
      ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
      if (part < 2) Open();  // what was in the log becomes a table
    }
  }
  void Open() {
    store_.reset();
    disk_->OrderNothing();
    RocksStoreOptions options;
    options.directory = directory_.path() + "/data";
    options.witness = directory_.path() + "/data.witness";
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = 256 << 10;
    options.files = disk_;
    auto store = OpenRocksStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  std::optional<std::string> Of(const std::string& key) const {
    const auto row = rows_.find(key);
    return row == rows_.end() ? std::nullopt : std::optional(row->second);
  }

  // `read` with the n-th read of the disk failing, until there is no n-th.
  void Sweep(const std::function<absl::Status()>& read) {
    uint64_t met = 0;
    for (uint64_t before = 0; !HasFatalFailure(); ++met) {
      SCOPED_TRACE(met);
      Open();
      before = disk_->refused();
      disk_->Order({Call::kRead, met, DiskError::kInputOutput, 1});
      const absl::Status status = read();
      const bool failed = disk_->refused() > before;
      EXPECT_TRUE(status.ok() || failed) << status;
      if (!failed) break;
    }
    EXPECT_GT(met, 3u);
  }
  absl::Status ExpectScanned(ScanUse use) {
    const auto scan = store_->NewScan(family_, "k", "l", use);
    auto row = rows_.begin();
    for (; scan->Valid(); scan->Next(), ++row) {
      if (row == rows_.end() || scan->key() != row->first || scan->value() != row->second) {
        ADD_FAILURE() << scan->key() << " where " << (row == rows_.end() ? "nothing" : row->first) << " is";
        break;
      }
    }
    EXPECT_TRUE(!scan->status().ok() || row == rows_.end()) << "the scan ended before " << row->first;
    return scan->status();
  }

  const Family family_ = GetParam();
  const TempDirectory directory_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>(1);
  Rows rows_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreReadsTest, RowsOneByOne) {
  Sweep([&] {
    absl::Status status;
    for (int i = 0; i < kKeys; i += 11) {
      const auto value = store_->Get(family_, Key(i));
      EXPECT_TRUE(!value.ok() || *value == Of(Key(i))) << i;
      status.Update(value.status());
    }
    return status;
  });
}

TEST_P(StoreReadsTest, ManyAtOnce) {
  std::vector<std::string> keys;
  for (int i = 0; i < kKeys; i += 2) keys.push_back(Key(i));
  Sweep([&]() -> absl::Status {
    ASSIGN_OR_RETURN(const auto frozen, store_->Freeze());
    ASSIGN_OR_RETURN(const auto values, frozen->MultiGet(family_, keys));
    for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(values[i], Of(keys[i])) << keys[i];
    return absl::OkStatus();
  });
}

TEST_P(StoreReadsTest, ScanInOrder) {
  Sweep([&] { return ExpectScanned(ScanUse::kRange); });
  Sweep([&] { return ExpectScanned(ScanUse::kLookups); });
}

TEST_P(StoreReadsTest, SeeksBothWays) {
  Sweep([&]() -> absl::Status {
    const auto scan = store_->NewScan(family_, "k", "l", ScanUse::kLookups);
    for (int i = 0; i < kKeys; i += 19) {
      scan->Seek(Key(i));
      RETURN_IF_ERROR(scan->status());
      const auto next = rows_.lower_bound(Key(i));
      EXPECT_EQ(scan->Valid() ? std::string(scan->key()) : "", next == rows_.end() ? "" : next->first);
      scan->SeekBack(Key(i));
      RETURN_IF_ERROR(scan->status());
      const auto after = rows_.upper_bound(Key(i));
      EXPECT_EQ(scan->Valid() ? std::string(scan->key()) : "", after == rows_.begin() ? "" : std::prev(after)->first);
    }
    return absl::OkStatus();
  });
}

INSTANTIATE_TEST_SUITE_P(Faults, StoreReadsTest, testing::Values(Family::kIndex, Family::kCapsules),
                         [](const auto& of) { return of.param == Family::kIndex ? "Index" : "Capsules"; });

}  // namespace
}  // namespace sabun::fault
