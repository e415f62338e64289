#include "tests/sim/campaign.h"

#include "absl/strings/str_cat.h"
#include "tests/sim/shrink.h"
#include "tests/sim/simulation.h"

namespace sabun::sim {
namespace {

constexpr int kMostRunsToShrink = 2'000;

std::string Report(uint64_t seed, const std::string& violation, const std::string& spool_directory) {
  const auto run = [&](const std::vector<Event>& events) {
    return Simulation(seed, spool_directory, false).Run(events);
  };
  // The same violation, by its first words: others may come to light on the way.
  const auto words = [](const std::string& text) { return text.substr(0, text.find(':')); };
  const std::vector<Event> events = Shrink(
      MakeHistory(seed, kDaysOfAHistory),
      [&](const std::vector<Event>& some) { return words(run(some)) == words(violation); }, kMostRunsToShrink);
  Simulation again(seed, spool_directory, true);
  const std::string left = again.Run(events);
  return absl::StrCat("seed ", seed, ": ", violation, "\nshortest history, ", events.size(), " events: ", left, "\n",
                      again.log(), "replay with SABUN_SIM_SEED=", seed, "\n");
}

}  // namespace

CampaignResult RunCampaign(uint64_t first_seed, uint64_t days, const std::string& spool_directory) {
  CampaignResult result;
  for (uint64_t seed = first_seed; result.days < days; ++seed) {
    const std::vector<Event> events = MakeHistory(seed, kDaysOfAHistory);
    Simulation simulation(seed, spool_directory, false);
    const std::string violation = simulation.Run(events);
    result.days += kDaysOfAHistory;
    ++result.histories;
    result.events += events.size();
    for (const auto& [fault, times] : simulation.met()) result.met[fault] += times;
    if (violation.empty()) continue;
    result.failing_seed = seed;
    result.report = Report(seed, violation, spool_directory);
    return result;
  }
  return result;
}

std::string LogOf(uint64_t seed, const std::string& spool_directory, std::string* failure) {
  Simulation simulation(seed, spool_directory, true);
  *failure = simulation.Run(MakeHistory(seed, kDaysOfAHistory));
  return simulation.log();
}

}  // namespace sabun::sim
