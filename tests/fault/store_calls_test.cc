// Calls of the disk fail in turn while a store is made, opened, verified and copied: what is whole is never said
// to be damaged or missing, and the next time, on a sound disk, everything is there.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/store/store.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

namespace fs = std::filesystem;

constexpr int kRecords = 30;

struct NamedFault {
  const char* name;
  Call call;
  DiskError error = DiskError::kInputOutput;
  uint64_t stride = 1;  // only every so manyth call, where there are many
};

class StoreCallsTest : public testing::TestWithParam<NamedFault> {
 protected:
  std::string Data() const { return directory_->path() + "/data"; }
  absl::Status Open() {
    store_.reset();
    RocksStoreOptions options;
    options.directory = Data();
    options.witness = directory_->path() + "/data.witness";
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = 1 << 20;
    options.files = disk_;
    auto store = OpenRocksStore(options);
    if (store.ok()) store_ = *std::move(store);
    return store.status();
  }
  void MustOpen() {
    const absl::Status opened = Open();
    ASSERT_TRUE(opened.ok()) << opened;
  }
  // Also a compaction in the background may meet the call, and that ends the store.
  void MustOpenWhenItFailed() {
    if (!store_->Health().ok()) MustOpen();
  }
  absl::Status Put(const std::string& key) {
    Batch batch;
    batch.Put(Family::kCapsules, key, std::string(1'000, 'v'));
    return store_->Commit(batch, Durability::kSynced);
  }
  // Half of the records in tables, half in a log.
  void MakeStore() {
    for (int i = 0; i < kRecords; ++i) {
      if (i % (kRecords / 2) == 0) {
        ASSERT_NO_FATAL_FAILURE(MustOpen());
      }
      ASSERT_TRUE(Put(absl::StrCat("k", i)).ok());
    }
  }
  void ExpectAll(Store* store) {
    for (int i = 0; i < kRecords; ++i) {
      const auto value = store->Get(Family::kCapsules, absl::StrCat("k", i));
      ASSERT_TRUE(value.ok()) << value.status();
      ASSERT_TRUE(value->has_value()) << i;
    }
  }

  // `work` with the n-th call failing, and `again` on a sound disk, until there is no n-th call.
  struct Life {
    std::function<void()> prepare;
    std::function<absl::Status()> work;
    std::function<void()> again;
  };
  void Sweep(const Life& life) {
    bool was_met = true;
    for (uint64_t calls = 0; was_met && !HasFatalFailure(); calls += GetParam().stride) {
      SCOPED_TRACE(calls);
      store_.reset();
      directory_.emplace();
      fs::create_directories(Data());
      disk_ = std::make_shared<FaultyFileSystem>(1);
      life.prepare();
      disk_->Order({GetParam().call, calls, GetParam().error, 1});
      const absl::Status worked = life.work();
      was_met = disk_->refused() > 0;
      EXPECT_TRUE(worked.ok() || was_met) << worked;
      EXPECT_TRUE(worked.ok() || absl::IsUnavailable(worked) || absl::IsResourceExhausted(worked)) << worked;
      disk_->OrderNothing();
      life.again();
    }
  }

  std::optional<TempDirectory> directory_;
  std::shared_ptr<FaultyFileSystem> disk_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreCallsTest, Opening) {
  Sweep({[&] {
           MakeStore();
           store_.reset();
         },
         [&] { return Open(); },
         [&] {
           ASSERT_NO_FATAL_FAILURE(MustOpen());
           ExpectAll(store_.get());
         }});
}

TEST_P(StoreCallsTest, Making) {
  Sweep({[] {}, [&] { return Open(); },
         [&] {
           ASSERT_NO_FATAL_FAILURE(MustOpen());
           ASSERT_TRUE(Put("a").ok());
         }});
}

TEST_P(StoreCallsTest, Verification) {
  Sweep({[&] {
           MakeStore();
           MustOpen();
         },
         [&] {
           Pace pace;
           return store_->VerifyFiles(&pace);
         },
         [&] {
           Pace pace;
           MustOpenWhenItFailed();
           EXPECT_TRUE(store_->VerifyFiles(&pace).ok());
         }});
}

TEST_P(StoreCallsTest, Copying) {
  const auto copy = [&] { return Data() + "/copy"; };
  Sweep({[&] {
           MakeStore();
           MustOpen();
         },
         [&] { return store_->CopyFilesTo(copy()); },
         [&] {
           fs::remove_all(copy());
           MustOpenWhenItFailed();
           ASSERT_TRUE(store_->CopyFilesTo(copy()).ok());
           const auto opened = store_->OpenCopy(copy());
           ASSERT_TRUE(opened.ok()) << opened.status();
           ExpectAll(opened->get());
         }});
}

INSTANTIATE_TEST_SUITE_P(Faults, StoreCallsTest,
                         testing::Values(NamedFault{"Read", Call::kRead, DiskError::kInputOutput, 13},
                                         NamedFault{"Write", Call::kWrite},
                                         NamedFault{"Full", Call::kWrite, DiskError::kNoSpace},
                                         NamedFault{"Half", Call::kWrite, DiskError::kShortWrite},
                                         NamedFault{"Sync", Call::kSync}, NamedFault{"Rename", Call::kRename},
                                         NamedFault{"Open", Call::kOpen, DiskError::kInputOutput, 3},
                                         NamedFault{"Delete", Call::kDelete}),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace sabun::fault
