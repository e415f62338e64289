// What happens in a simulation, as a list: the seed makes it, and any part of it can be run by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sabun::sim {

enum class EventKind {
  kDay,        // the source moves
  kComplete,   // a complete snapshot of today
  kPartial,    // some records of today
  kYesterday,  // the file of an earlier day
  kForeign,    // the file of another organization
  kEmpty,      // a file without rows
  kDoubled,    // a file with every row twice
  kTorn,       // a file whose end states another count or digest
  kCompare,    // compare only
  kTwoAtOnce,  // a snapshot while another one arrives
  kSubmit,     // the adapter runs
  kRival,      // two adapters, the second while the first one waits
  kApprove,    // the operator decides what is held
  kDiscard,    //
  kRetry,      // the operator retries rejects
  kMaster,     // the hub's master is completed, so that it takes what it rejected; or it forgets, and does not
  kHubLoses,   // the hub loses some of what it had accepted
  kMend,       // the operator compares with the hub, and has sent again what is missing
  kProfile,    // another version of the profile
  kGuards,     // other limits
  kVerify,     // the operator verifies
  kCrash,      // the engine is killed while nothing runs
  kPowerLoss,  // and so is its machine
  kClock,      // the engine's clock steps
  kSettle      // nothing fails until all is settled; then the hub must be equal to the source
};

struct Event {
  EventKind kind = EventKind::kDay;
  uint64_t seed = 0;
  bool calm = false;  // nothing fails in it
};

const char* Name(EventKind kind);
// The history of a seed: some weeks of days, each with what may happen on it.
std::vector<Event> MakeHistory(uint64_t seed, int days);

}  // namespace sabun::sim
