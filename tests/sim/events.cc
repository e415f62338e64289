#include "tests/sim/events.h"

#include <array>
#include <utility>

#include "tests/sim/dice.h"

namespace sabun::sim {
namespace {

constexpr std::array<const char*, 25> kNames = {
    "day",         "complete", "partial", "yesterday", "foreign",    "empty", "doubled", "torn",      "compare",
    "two_at_once", "submit",   "rival",   "approve",   "discard",    "retry", "master",  "hub_loses", "mend",
    "profile",     "guards",   "verify",  "crash",     "power_loss", "clock", "settle"};

// How often each kind is met on a day, of a hundred.
constexpr std::pair<EventKind, int> kFrequencies[] = {
    {EventKind::kComplete, 70}, {EventKind::kPartial, 30},   {EventKind::kYesterday, 6}, {EventKind::kForeign, 3},
    {EventKind::kEmpty, 3},     {EventKind::kDoubled, 3},    {EventKind::kTorn, 5},      {EventKind::kCompare, 5},
    {EventKind::kTwoAtOnce, 5}, {EventKind::kSubmit, 70},    {EventKind::kRival, 6},     {EventKind::kApprove, 25},
    {EventKind::kDiscard, 10},  {EventKind::kRetry, 15},     {EventKind::kMaster, 8},    {EventKind::kHubLoses, 3},
    {EventKind::kMend, 3},      {EventKind::kProfile, 6},    {EventKind::kGuards, 4},    {EventKind::kVerify, 10},
    {EventKind::kCrash, 12},    {EventKind::kPowerLoss, 12}, {EventKind::kClock, 8}};

}  // namespace

const char* Name(EventKind kind) { return kNames.at(static_cast<size_t>(kind)); }

std::vector<Event> MakeHistory(uint64_t seed, int days) {
  Dice dice(seed);
  // Some weeks are quiet, so that plain days are met as well as wild ones.
  const int calm_share = dice.Roll(4);
  std::vector<Event> events;
  const auto add = [&](EventKind kind) { events.push_back({kind, dice.Next(), dice.Roll(4) < calm_share}); };
  for (int day = 0; day < days; ++day) {
    add(EventKind::kDay);
    std::vector<EventKind> today;
    for (const auto& [kind, percent] : kFrequencies) {
      if (dice.Roll(100) < percent) today.push_back(kind);
    }
    for (size_t i = today.size(); i > 1; --i) std::swap(today[i - 1], today[dice.Roll(static_cast<int>(i))]);
    for (const EventKind kind : today) add(kind);
    if (day % 5 == 4 || day + 1 == days) add(EventKind::kSettle);
  }
  return events;
}

}  // namespace sabun::sim
