// SABUN_MODEL_HISTORIES=N runs N histories in place of the default; SABUN_MODEL_SEED=S runs only the one with seed S.
#include "tests/model/history.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdlib>

#include <filesystem>
#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/model/fading_store.h"
#include "tests/model/troubled_store.h"
#include "tests/support/temp_directory.h"

namespace sabun::model {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Both ways through stretches are taken: they are claimed, and refused.
void RunHistories(uint64_t count, int days, const std::function<std::unique_ptr<Store>()>& new_store,
                  const std::function<bool(Store*, int)>& crash = nullptr) {
  const uint64_t only = FromEnvironment("SABUN_MODEL_SEED", 0);
  int claims = 0, refused = 0;
  for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : count); ++seed) {
    History history(seed, new_store, testing::TempDir(), crash);
    ASSERT_EQ(history.Run(days), "") << "replay with SABUN_MODEL_SEED=" << seed;
    claims += history.claims();
    refused += history.refused_claims();
  }
  std::cout << claims << " stretches claimed, " << refused << " snapshots refused for one\n";
  if (only != 0 || count < 100) return;
  EXPECT_GT(claims, 0);
  EXPECT_GT(refused, 0);
}

TEST(Model, ThousandsOfHistoriesInMemoryEndWithTheHubEqualToTheSource) {
  RunHistories(FromEnvironment("SABUN_MODEL_HISTORIES", 1'500), 12, [] { return NewMemoryStore(); });
}

// Receipts and task ids wait for the next synced commit; a power loss takes some of them back.
TEST(Model, HistoriesWithPowerLossesEndWithTheHubEqualToTheSource) {
  size_t commits_lost = 0;
  RunHistories(
      FromEnvironment("SABUN_MODEL_HISTORIES", 1'500), 12, [] { return std::make_unique<FadingStore>(); },
      [&](Store* store, int kept) {
        auto* const fading = static_cast<FadingStore*>(store);
        const bool lost = fading->unsynced() > static_cast<size_t>(kept);
        commits_lost += lost;
        fading->LosePower(static_cast<size_t>(kept));
        return lost;
      });
  EXPECT_GT(commits_lost, 0u);
}

std::unique_ptr<Store> CloneIntoMemory(Store* store) {
  auto clone = NewMemoryStore();
  Batch all;
  for (int family = 0; family < kFamilyCount; ++family) {
    const auto scan = store->NewScan(static_cast<Family>(family), "", "\xFF");
    for (; scan->Valid(); scan->Next()) {
      all.Put(static_cast<Family>(family), std::string(scan->key()), std::string(scan->value()));
    }
  }
  EXPECT_TRUE(clone->Commit(all, Durability::kSynced).ok());
  return clone;
}

// Backups are made and restored at random; restores are interrupted, and the journal's unsynced end is torn off. The
// hub is strict: it knows a needless, missing or mistaken change.
TEST(Model, HistoriesWithRestoresEndWithTheHubEqualToTheSource) {
  // Synced with every batch, so it lies in memory where that can be.
  const std::string memory = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : testing::TempDir();
  const std::string journal = absl::StrCat(memory, "/sabun_model_journal_", getpid());
  const uint64_t only = FromEnvironment("SABUN_MODEL_SEED", 0);
  int restores = 0;
  for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : FromEnvironment("SABUN_MODEL_HISTORIES", 600));
       ++seed) {
    History history(
        seed, [] { return NewMemoryStore(); }, testing::TempDir());
    history.UseBackups(journal, CloneIntoMemory);
    ASSERT_EQ(history.Run(16), "") << "replay with SABUN_MODEL_SEED=" << seed;
    restores += history.restores();
  }
  EXPECT_TRUE(only != 0 || restores > 0);
  std::filesystem::remove_all(journal);
}

// Every call of the store may fail, and does so in some history: the step that needed it fails, nothing wrong is sent,
// and after a restart all goes on.
TEST(Model, HistoriesInWhichTheStoreFailsEndWithTheHubEqualToTheSource) {
  const uint64_t only = FromEnvironment("SABUN_MODEL_SEED", 0);
  const uint64_t count = FromEnvironment("SABUN_MODEL_HISTORIES", 1'000);
  uint64_t failures = 0;
  for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : count); ++seed) {
    std::mt19937_64 random(seed);
    TroubledStore* store = nullptr;
    const auto new_store = [&] {
      auto made = std::make_unique<TroubledStore>();
      store = made.get();
      return made;
    };
    // A short time for opening, and a longer one for a day's work.
    const auto restart = [&](Store*, int) {
      store->Order(random() % (random() % 4 == 0 ? 20 : 2'000), random() % 2 == 0);
      return true;
    };
    History history(seed, new_store, testing::TempDir(), restart);
    history.SetDiskTrouble([&] { return store->troubled(); });
    history.UseOneThread();
    ASSERT_EQ(history.Run(8), "") << "replay with SABUN_MODEL_SEED=" << seed;
    failures += store->failures();
  }
  EXPECT_TRUE(only != 0 || failures > count);
}

TEST(Model, HistoriesInRocksDbEndWithTheHubEqualToTheSource) {
  const TempDirectory directory;
  RunHistories(FromEnvironment("SABUN_MODEL_HISTORIES", 3'000) / 100, 12, [&] {
    std::filesystem::remove_all(directory.path());
    RocksStoreOptions options;
    options.directory = directory.path();
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = 8 << 20;
    auto store = OpenRocksStore(options);
    EXPECT_TRUE(store.ok());
    return *std::move(store);
  });
}

}  // namespace
}  // namespace sabun::model
