// SABUN_SIM_DAYS=N simulates N days in place of the default; SABUN_SIM_SEED=S runs the history of seed S alone and
// prints its log; SABUN_SIM_FIRST=S begins with another seed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/sim/campaign.h"
#include "tests/sim/shrink.h"

namespace sabun::sim {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, WeeksWithAllFaultsEndWithTheHubEqualToTheSource) {
  const uint64_t only = FromEnvironment("SABUN_SIM_SEED", 0);
  if (only != 0) {
    std::string failure;
    std::cout << LogOf(only, testing::TempDir(), &failure);
    ASSERT_EQ(failure, "");
    return;
  }
  const CampaignResult result =
      RunCampaign(FromEnvironment("SABUN_SIM_FIRST", 1), FromEnvironment("SABUN_SIM_DAYS", 2'000), testing::TempDir());
  std::cout << result.days << " days, " << result.histories << " histories, " << result.events << " events\n";
  for (const auto& [fault, times] : result.met) std::cout << "  " << fault << ": " << times << "\n";
  EXPECT_EQ(result.failing_seed, 0u) << result.report;
}

TEST(Simulation, SameSeedGivesTheSameLogByteForByte) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    std::string first_failure, second_failure;
    const std::string first = LogOf(seed, testing::TempDir(), &first_failure);
    const std::string second = LogOf(seed, testing::TempDir(), &second_failure);
    ASSERT_EQ(first, second) << "seed " << seed;
    ASSERT_GT(first.size(), 1'000u);
  }
}

TEST(Simulation, OtherSeedGivesAnotherLog) {
  std::string failure;
  EXPECT_NE(LogOf(1, testing::TempDir(), &failure), LogOf(2, testing::TempDir(), &failure));
}

TEST(Shrink, LeavesOnlyTheEventsThatAFailureNeeds) {
  std::vector<Event> events(100);
  events[17].kind = EventKind::kPartial;
  events[63].kind = EventKind::kCrash;
  const auto fails = [](const std::vector<Event>& some) {
    bool partial = false;
    for (const Event& event : some) {
      partial |= event.kind == EventKind::kPartial;
      if (partial && event.kind == EventKind::kCrash) return true;
    }
    return false;
  };
  const std::vector<Event> left = Shrink(events, fails, 1'000);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].kind, EventKind::kPartial);
  EXPECT_EQ(left[1].kind, EventKind::kCrash);
  EXPECT_TRUE(left[0].calm && left[1].calm);
}

}  // namespace
}  // namespace sabun::sim
