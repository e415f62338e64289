// SABUN_MODEL_HISTORIES=N runs N histories in place of the default; SABUN_MODEL_SEED=S runs only the one with seed S.
#include "tests/model/history.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace sabun::model {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void RunHistories(uint64_t count, int days, const std::function<std::unique_ptr<Store>()>& new_store) {
  const uint64_t only = FromEnvironment("SABUN_MODEL_SEED", 0);
  for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : count); ++seed) {
    History history(seed, new_store, testing::TempDir());
    ASSERT_EQ(history.Run(days), "") << "replay with SABUN_MODEL_SEED=" << seed;
  }
}

TEST(Model, ThousandsOfHistoriesInMemoryEndWithTheHubEqualToTheSource) {
  RunHistories(FromEnvironment("SABUN_MODEL_HISTORIES", 3'000), 12, [] { return NewMemoryStore(); });
}

TEST(Model, HistoriesInRocksDbEndWithTheHubEqualToTheSource) {
  const std::string directory = testing::TempDir() + "/model_rocks";
  RunHistories(FromEnvironment("SABUN_MODEL_HISTORIES", 3'000) / 100, 12, [&] {
    std::filesystem::remove_all(directory);
    RocksStoreOptions options;
    options.directory = directory;
    options.encryption_key = std::string(32, 'k');
    options.cache_bytes = 8 << 20;
    auto store = OpenRocksStore(options);
    EXPECT_TRUE(store.ok());
    return *std::move(store);
  });
}

}  // namespace
}  // namespace sabun::model
