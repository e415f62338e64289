// Random histories in the real store on a disk that loses power and refuses calls. SABUN_FAULT_HISTORIES=N runs N of
// them in place of the default; SABUN_FAULT_SEED=S runs only the one with seed S.
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/fault/store_on_faulty_disk.h"
#include "tests/model/history.h"
#include "tests/support/temp_directory.h"

namespace sabun::fault {
namespace {

constexpr int kDays = 10;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// "" or the first violation.
std::string RunHistory(uint64_t seed, int days, DiskHistory* sum) {
  const TempDirectory directory;
  StoreOnFaultyDisk* store = nullptr;
  const auto new_store = [&] {
    auto made = std::make_unique<StoreOnFaultyDisk>(directory.path() + "/data", seed);
    store = made.get();
    return made;
  };
  std::string problem;
  const auto crash = [&](Store*, int) {
    store->Restart();
    problem = store->problem();
    return true;
  };
  model::History history(seed, new_store, directory.path(), crash);
  history.SetDiskTrouble([&] { return store->HasTrouble(); });
  const std::string violation = history.Run(days);
  const DiskHistory& disk = store->disk_history();
  sum->power_losses += disk.power_losses;
  sum->kills += disk.kills;
  sum->refused_calls += disk.refused_calls;
  sum->failed_openings += disk.failed_openings;
  return problem.empty() ? violation : absl::StrCat("the store was not opened again: ", problem);
}

// The fewest days after which the history still fails.
int FewestDays(uint64_t seed) {
  DiskHistory ignored;
  for (int days = 0; days < kDays; ++days) {
    if (!RunHistory(seed, days, &ignored).empty()) return days;
  }
  return kDays;
}

TEST(FaultyDisk, HistoriesWithPowerLossesAndErrorsEndWithTheHubEqualToTheSource) {
  const uint64_t only = FromEnvironment("SABUN_FAULT_SEED", 0);
  const uint64_t count = FromEnvironment("SABUN_FAULT_HISTORIES", 40);
  DiskHistory sum;
  for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : count); ++seed) {
    const std::string violation = RunHistory(seed, kDays, &sum);
    ASSERT_EQ(violation, "") << "replay with SABUN_FAULT_SEED=" << seed << "; fails within " << FewestDays(seed)
                             << " days";
  }
  std::cout << sum.power_losses << " power losses, " << sum.kills << " kills, " << sum.refused_calls
            << " refused calls, " << sum.failed_openings << " openings that failed and were repeated\n";
  if (only != 0) return;
  EXPECT_GT(sum.power_losses, count);
  EXPECT_GT(sum.refused_calls, count / 4);
  EXPECT_GT(sum.failed_openings, 0u);
}

}  // namespace
}  // namespace sabun::fault
