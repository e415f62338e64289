// A store that is brought under a new key while each call of its disk fails in turn: it ends, with an answer that
// holds.
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/store/store.h"
#include "keys/key_ring.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

constexpr int kRecords = 12;
// A failure costs a second, in which RocksDB waits for a better disk: so only every so manyth call of a kind fails.
constexpr uint64_t kStride = 29;

struct NamedFault {
  const char* name;
  Call call;
  DiskError error;
  bool is_lasting = false;
};

// A life of a store with one fault.
class Rewrite {
 public:
  // Whether the fault was met.
  bool Run(const NamedFault& fault, uint64_t calls);

 private:
  void Open() {
    store_.reset();
    RocksStoreOptions options;
    options.directory = directory_->path() + "/data";
    options.witness = directory_->path() + "/data.witness";
    options.cache_bytes = 1 << 20;
    options.files = disk_;
    options.keys = keys_;
    auto store = OpenRocksStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  static std::string KeyOf(int record) { return absl::StrCat("record", record); }

  // Records in several files and in the log, one of them deleted, and a key that they are not under.
  void MakeStoreWithAnOlderKey() {
    store_.reset();
    directory_.emplace();
    disk_ = std::make_shared<FaultyFileSystem>(1);
    std::filesystem::create_directories(directory_->path() + "/data");
    auto ring = KeyRing::Create(
        directory_->path() + "/data/keyring", [] { return SecretBytes(std::string(32, 'k')); }, false, 0);
    ASSERT_TRUE(ring.ok()) << ring.status();
    keys_ = *std::move(ring);
    ASSERT_NO_FATAL_FAILURE(Open());
    for (int i = 0; i < kRecords; ++i) {
      if (i == kRecords / 2) {
        ASSERT_NO_FATAL_FAILURE(Open());
      }
      Batch batch;
      batch.Put(i % 2 == 0 ? Family::kCapsules : Family::kIndex, KeyOf(i), std::string(1'000, 'v'));
      batch.Delete(Family::kCapsules, "erased");
      if (i == 0) batch.Put(Family::kCapsules, "erased", "of a person");
      ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    }
    ASSERT_TRUE(keys_->BeginEpoch(1).ok());
  }

  void ExpectAllRecords() {
    ASSERT_NO_FATAL_FAILURE(Open());
    for (int i = 0; i < kRecords; ++i) {
      const auto value = store_->Get(i % 2 == 0 ? Family::kCapsules : Family::kIndex, KeyOf(i));
      ASSERT_TRUE(value.ok()) << value.status();
      EXPECT_EQ(value->value_or("none").size(), 1'000u) << KeyOf(i);
    }
    EXPECT_FALSE(store_->Get(Family::kCapsules, "erased")->has_value());
  }

  void RewriteAndDestroy() {
    const absl::Status rewritten = store_->RewriteFiles();
    ASSERT_TRUE(rewritten.ok()) << rewritten;
    ASSERT_TRUE(keys_->DestroyBefore(keys_->Newest().epoch).ok());
  }

  std::optional<TempDirectory> directory_;
  std::shared_ptr<FaultyFileSystem> disk_;
  std::shared_ptr<KeyRing> keys_;
  std::unique_ptr<Store> store_;
};

bool Rewrite::Run(const NamedFault& fault, uint64_t calls) {
  MakeStoreWithAnOlderKey();
  if (testing::Test::HasFailure()) return false;
  disk_->Order({fault.call, calls, fault.error, fault.is_lasting ? ~uint64_t{0} : 1});
  const absl::Status rewritten = store_->RewriteFiles();
  const bool was_met = disk_->refused() > 0;
  EXPECT_TRUE(rewritten.ok() || was_met) << rewritten;
  EXPECT_TRUE(!rewritten.ok() || keys_->DestroyBefore(2).ok());
  if (calls % 2 == 0) store_.reset();  // on the failing disk
  disk_->OrderNothing();
  ExpectAllRecords();
  if (!rewritten.ok() && calls % 4 != 0) return was_met;
  RewriteAndDestroy();
  ExpectAllRecords();
  return was_met;
}

class RewriteFailureTest : public testing::TestWithParam<NamedFault> {};

TEST_P(RewriteFailureTest, CallsOfTheDiskFailInTurn) {
  uint64_t met = 0;
  for (bool was_met = true; was_met && !HasFailure(); met += was_met ? 1 : 0) {
    SCOPED_TRACE(met * kStride);
    was_met = Rewrite().Run(GetParam(), met * kStride);
  }
  EXPECT_GT(met, 0u);
}

INSTANTIATE_TEST_SUITE_P(Faults, RewriteFailureTest,
                         testing::Values(NamedFault{"Read", Call::kRead, DiskError::kInputOutput},
                                         NamedFault{"ReadForGood", Call::kRead, DiskError::kInputOutput, true},
                                         NamedFault{"Write", Call::kWrite, DiskError::kInputOutput},
                                         NamedFault{"WriteForGood", Call::kWrite, DiskError::kInputOutput, true},
                                         NamedFault{"WriteHalf", Call::kWrite, DiskError::kShortWrite},
                                         NamedFault{"Full", Call::kWrite, DiskError::kNoSpace},
                                         NamedFault{"FullForGood", Call::kWrite, DiskError::kNoSpace, true},
                                         NamedFault{"Sync", Call::kSync, DiskError::kInputOutput},
                                         NamedFault{"SyncForGood", Call::kSync, DiskError::kInputOutput, true},
                                         NamedFault{"SyncFull", Call::kSync, DiskError::kNoSpace},
                                         NamedFault{"SyncFullForGood", Call::kSync, DiskError::kNoSpace, true},
                                         NamedFault{"Rename", Call::kRename, DiskError::kInputOutput},
                                         NamedFault{"RenameForGood", Call::kRename, DiskError::kInputOutput, true},
                                         NamedFault{"RenameFull", Call::kRename, DiskError::kNoSpace},
                                         NamedFault{"Open", Call::kOpen, DiskError::kInputOutput},
                                         NamedFault{"OpenForGood", Call::kOpen, DiskError::kInputOutput, true},
                                         NamedFault{"OpenFull", Call::kOpen, DiskError::kNoSpace},
                                         NamedFault{"OpenFullForGood", Call::kOpen, DiskError::kNoSpace, true},
                                         NamedFault{"Delete", Call::kDelete, DiskError::kInputOutput},
                                         NamedFault{"DeleteForGood", Call::kDelete, DiskError::kInputOutput, true}),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace sabun::fault
