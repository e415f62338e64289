// The witness as bytes, and on real directories: every way in which a store can be behind what it has promised.
#include "engine/store/witness.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/store/layout.h"
#include "engine/store/store.h"
#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

const Mark kMark{std::string(kStoreIdBytes, 'i'), 41};
const std::string kMacKey(32, 'm');

TEST(WitnessSlots, NewerSoundSlotCounts) {
  const Mark next{kMark.store_id, 42};
  EXPECT_NE(WitnessSlotOffset(kMark), WitnessSlotOffset(next));
  const std::string older = EncodeWitnessSlot(kMacKey, {kMark}), newer = EncodeWitnessSlot(kMacKey, {next, true});
  EXPECT_EQ(*DecodeWitness(kMacKey, newer + older), (Witnessed{next, true}));
  EXPECT_EQ(*DecodeWitness(kMacKey, older + newer), (Witnessed{next, true}));
}

TEST(WitnessSlots, TornSlotLeavesTheOther) {
  const std::string sound = EncodeWitnessSlot(kMacKey, {kMark, true});
  for (size_t at = 0; at < 64; ++at) {
    std::string torn = EncodeWitnessSlot(kMacKey, {{kMark.store_id, 42}});
    torn[at] = static_cast<char>(torn[at] ^ 1);
    EXPECT_EQ(*DecodeWitness(kMacKey, torn + sound), (Witnessed{kMark, true})) << at;
  }
}

TEST(WitnessSlots, AnotherKeyACutAndNothingAreNotSound) {
  const std::string slot = EncodeWitnessSlot(kMacKey, {kMark});
  EXPECT_FALSE(DecodeWitness(std::string(32, 'x'), slot));
  EXPECT_FALSE(DecodeWitness(kMacKey, slot.substr(0, kWitnessSlotBytes - 1)));
  EXPECT_FALSE(DecodeWitness(kMacKey, ""));
  EXPECT_FALSE(DecodeWitness(kMacKey, std::string(kWitnessBytes, '\0')));
}

class WitnessedStoreTest : public testing::Test {
 protected:
  std::string Data() { return directory_.path() + "/data"; }
  std::string Witness() { return directory_.path() + "/data.witness"; }
  absl::StatusOr<std::unique_ptr<Store>> Open(bool accept = false) {
    RocksStoreOptions options;
    options.directory = Data();
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = 8 << 20;
    options.witness = Witness();
    options.accept_as_it_is = accept;
    return OpenRocksStore(options);
  }
  // So many synced commits in a new run of the store.
  void Commit(int count, Durability durability = Durability::kSynced) {
    auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < count; ++i) {
      Batch batch;
      batch.Put(Family::kCapsules, absl::StrCat("k", next_++), std::string(100, 'v'));
      ASSERT_TRUE((*store)->Commit(batch, durability).ok());
    }
  }
  void CopyData(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  }
  std::vector<fs::path> Files(const std::string& extension) {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(Data() + "/rocksdb")) {
      if (file.path().extension() == extension) found.push_back(file.path());
    }
    return found;
  }
  std::map<std::string, fs::file_time_type> Snapshot() {
    std::map<std::string, fs::file_time_type> files;
    for (const auto& file : fs::recursive_directory_iterator(directory_.path())) {
      files[file.path().string()] = file.last_write_time();
    }
    return files;
  }
  // Refused under the code, in both languages, without touching a file; taken when that is asked for.
  void ExpectRefused(absl::string_view code) {
    const auto before = Snapshot();
    const absl::Status status = Open().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat(code, ": "))) << status;
    EXPECT_TRUE(absl::StrContains(InBothLanguages(status), "証人")) << InBothLanguages(status);
    EXPECT_TRUE(absl::StrContains(status.message(), "--accept-store-as-it-is")) << status;
    EXPECT_EQ(Snapshot(), before);
    ASSERT_TRUE(Open(/*accept=*/true).ok());
    const auto taken = Open();
    EXPECT_TRUE(taken.ok()) << taken.status();
  }

  const TempDirectory directory_;
  int next_ = 0;
};

TEST_F(WitnessedStoreTest, OpensAgainAfterAnyNumberOfCommits) {
  for (const int count : {0, 0, 1, 2, 5, 0, 30}) Commit(count);
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(DecodeCommitRow(**(*store)->Get(Family::kCatalog, layout::CommitRow()))->mark.number, 39u)
      << "one more than the commits: the first names the store";
}

TEST_F(WitnessedStoreTest, OldCopyOfTheWholeDirectoryIsRefused) {
  Commit(3);
  CopyData(Data(), Data() + ".old");
  Commit(2);
  CopyData(Data() + ".old", Data());
  EXPECT_TRUE(absl::StrContains(Open().status().message(), "lacks the last 2 synced commits"));
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, ZeroedTailOfTheLogIsRefused) {
  Commit(5);
  const fs::path log = Files(".log").at(0);
  const auto size = fs::file_size(log);
  fs::resize_file(log, size - 300);
  fs::resize_file(log, size);
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, CutTailOfTheLogIsRefused) {
  Commit(5);
  const fs::path log = Files(".log").at(0);
  fs::resize_file(log, fs::file_size(log) - 100);
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, LostLogIsRefused) {
  Commit(5);
  for (const fs::path& log : Files(".log")) fs::remove(log);
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, FlippedBitInTheLogIsRefused) {
  Commit(5);
  const fs::path log = Files(".log").at(0);
  std::fstream bytes(log, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(4096 + 200);
  const char flipped = static_cast<char>(bytes.get() ^ 1);
  bytes.seekp(4096 + 200);
  bytes.put(flipped);
  bytes.close();
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, EmptyDirectoryIsRefused) {
  Commit(1);
  fs::remove_all(Data());
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, LostWitnessIsRefused) {
  Commit(1);
  fs::remove(Witness());
  ExpectRefused("WITNESS-MISSING");
}

TEST_F(WitnessedStoreTest, DamagedWitnessIsRefused) {
  Commit(1);
  fs::resize_file(Witness(), 0);
  fs::resize_file(Witness(), kWitnessBytes);
  ExpectRefused("WITNESS-DAMAGED");
}

TEST_F(WitnessedStoreTest, WitnessOfAnotherStoreIsRefused) {
  Commit(3);
  const std::string kept = Witness() + ".kept";
  fs::rename(Witness(), kept);
  fs::rename(Data(), Data() + ".kept");
  Commit(1);
  fs::remove_all(Data());
  fs::rename(Data() + ".kept", Data());
  ExpectRefused("WITNESS-OTHER-STORE");
}

TEST_F(WitnessedStoreTest, WitnessThatMissedTheLastCommitIsCorrected) {
  Commit(4);
  fs::copy_file(Witness(), Witness() + ".old");
  CopyData(Data(), Data() + ".old");
  Commit(3);
  fs::rename(Witness() + ".old", Witness());  // as after a crash between a commit and its witness, only more
  Commit(0);
  CopyData(Data() + ".old", Data());
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, AcceptedStoreIsWatchedFromThenOn) {
  Commit(1);
  fs::remove(Witness());
  {
    const auto store = Open(/*accept=*/true);
    ASSERT_TRUE(store.ok()) << store.status();
    Batch batch;
    batch.Put(Family::kCapsules, "after", "v");
    ASSERT_TRUE((*store)->Commit(batch, Durability::kSynced).ok());
  }
  for (const fs::path& log : Files(".log")) fs::resize_file(log, fs::file_size(log) - 10);
  ExpectRefused("WITNESS-BEHIND");
}

TEST_F(WitnessedStoreTest, CommitsThatWereNotSyncedMayBeLost) {
  Commit(2);
  CopyData(Data(), Data() + ".old");
  Commit(3, Durability::kLater);
  CopyData(Data() + ".old", Data());
  EXPECT_TRUE(Open().ok());
}

TEST_F(WitnessedStoreTest, InterruptedFirstStartIsRepeated) {
  Commit(0);
  fs::remove_all(Data());
  fs::remove(Witness());
  fs::create_directories(Data() + "/rocksdb");
  std::ofstream(Data() + "/rocksdb/MANIFEST-000001") << "begun";
  EXPECT_TRUE(Open().ok());
}

TEST_F(WitnessedStoreTest, FilesWithoutCurrentAreNotTakenForAnEmptyDirectory) {
  Commit(2);
  fs::remove(Witness());
  fs::remove(Data() + "/rocksdb/CURRENT");
  const auto before = Snapshot();
  EXPECT_TRUE(absl::StartsWith(Open().status().message(), "STORE-INCOMPLETE: "));
  EXPECT_TRUE(absl::StartsWith(Open(/*accept=*/true).status().message(), "STORE-INCOMPLETE: "));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(WitnessedStoreTest, StoreFromBeforeThereWereWitnessesGetsOne) {
  RocksStoreOptions options;
  options.directory = Data();
  options.encryption_key = std::string(32, 'k');
  {
    const auto store = OpenRocksStore(options);
    Batch batch;
    batch.Put(Family::kCatalog, "row", "1");
    batch.Delete(Family::kCatalog, layout::CommitRow());
    ASSERT_TRUE((*store)->Commit(batch, Durability::kLater).ok());
  }
  Commit(1);
  EXPECT_TRUE(fs::exists(Witness()));
}

TEST_F(WitnessedStoreTest, CommitsOfManyThreadsAreAllThereAndCounted) {
  {
    const auto store = *Open();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          Batch batch;
          batch.Put(Family::kIndex, absl::StrCat(thread, "-", i), "v");
          EXPECT_TRUE(store->Commit(batch, Durability::kSynced).ok());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  int found = 0;
  for (auto scan = (*store)->NewScan(Family::kIndex, "!", "z"); scan->Valid(); scan->Next()) ++found;
  EXPECT_EQ(found, 200);
  EXPECT_LE(DecodeCommitRow(**(*store)->Get(Family::kCatalog, layout::CommitRow()))->mark.number, 201u);
}

}  // namespace
}  // namespace sabun
