// Many histories, one seed after the other, and what came of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sabun::sim {

struct CampaignResult {
  uint64_t days = 0, histories = 0, events = 0;
  std::map<std::string, uint64_t> met;  // faults
  uint64_t failing_seed = 0;            // 0: none
  std::string report;                   // of the failure: the violation, the shortest history and its log
};

inline constexpr int kDaysOfAHistory = 20;

// Runs histories from `first_seed` on until `days` are done or one fails.
CampaignResult RunCampaign(uint64_t first_seed, uint64_t days, const std::string& spool_directory);
// The event log of one seed's history; `failure` is empty when nothing is wrong.
std::string LogOf(uint64_t seed, const std::string& spool_directory, std::string* failure);

}  // namespace sabun::sim
