// Which fault each cycle gets, and what has to happen in the cycle so that the fault is met.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/kills/crew.h"

namespace sabun::kills {

// The command of a cycle that runs under its fault.
enum class Errand {
  kPush,
  kPushAgain,  // the extract of the day before: no change
  kPushOnePass,
  kPushHeld,  // more is withdrawn than the guard permits
  kApprove,
  kDiscard,
  kSubmit,
  kSubmitPoisoned,  // the hub refuses whole calls because of a record
  kSubmitUnheard,   // the hub's answers are lost
  kRetry,
  kCreate,  // another dataset
  kNewProfile,
  kRestore,    // the engine's directory is lost, and a backup from before the day is restored
  kReconcile,  // after that somebody says that the source may be followed again
};

// One place of one program.
struct Point {
  Who who = Who::kEngine;
  std::string name;  // "seal.before"
  Errand errand = Errand::kPush;
  bool large = false;        // met only by many changes
  bool after_crash = false;  // met when the engine starts again after it ended among staged changes
  uint32_t most_times = 1;   // it is passed at least so often
};

// Every point of engine/base/commit_point.h and adapters/client/commit_point.h. A step that is in neither list of this
// file ends the process: whoever adds a step says how it is met.
std::vector<Point> AllPoints();

// What happens in a cycle.
struct CyclePlan {
  Errand errand = Errand::kPush;
  Fault fault;
  std::string point;        // where a program is to end itself; empty when the fault comes by time
  bool abandon = false;     // what was killed is not run again on this day
  bool keep_lease = false;  // the engine stays up when a submission was killed; its lease has to run out in either case
  bool take_over = false;
  // Batches whose answer may be lost.
  uint32_t lost_answers = 0;
};

// What a dealer deals.
struct Deal {
  uint64_t seed = 1;
  bool large = false;                  // the points that need many changes, and no others
  uint64_t first_turn = 0;             // the point that it begins with
  std::vector<std::string> only = {};  // of these points, when any of them is met in such a round; empty: of all
};

// "engine seal.before"
std::string NameOf(const Point& point);

// Deals faults: each point in turn and between them faults by time. Not thread safe.
class Dealer {
 public:
  explicit Dealer(const Deal& deal);
  CyclePlan Next();
  // How many of the first `cycles` faults come at a point.
  static uint64_t PointsAmong(uint64_t cycles, bool large) { return large ? cycles : cycles - cycles / 4; }

 private:
  uint64_t Draw(uint64_t below) { return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_); }
  CyclePlan ByTime();
  CyclePlan AtPoint(const Point& point);

  std::mt19937_64 random_;
  std::vector<Point> points_;
  uint64_t turn_, dealt_ = 0;
  const bool large_;
};

// How often a program ended itself at each point.
using PointCounts = std::map<std::string, uint64_t>;

}  // namespace sabun::kills
