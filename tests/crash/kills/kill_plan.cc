#include "tests/crash/kills/kill_plan.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "adapters/client/commit_point.h"
#include "engine/base/commit_point.h"

namespace sabun::kills {
namespace {

// How a step of the engine is met.
struct Way {
  Errand errand;
  uint32_t most_times = 1;
  bool large = false;
  bool after_crash = false;
};

const std::map<std::string_view, Way>& EngineWays() {
  static const auto* const ways = new std::map<std::string_view, Way>{
      {"dataset_created", {Errand::kCreate}},
      {"dataset_row", {Errand::kNewProfile, 2}},  // every dataset's row is written at the start, too
      {"number_reserved", {Errand::kPush}},
      {"number_synced", {Errand::kPush, 1, true}},
      {"bodies", {Errand::kPush}},
      {"bodies_ingested", {Errand::kPush, 1, true}},
      {"spool", {Errand::kPushOnePass}},
      {"held_deltas", {Errand::kPushHeld}},
      {"generation_reserved", {Errand::kPush, 1, true}},
      {"index_generation", {Errand::kPush, 1, true}},
      {"unsettled_generation", {Errand::kPush, 1, true}},
      {"seal", {Errand::kPush}},
      {"hold", {Errand::kPushHeld}},
      {"empty", {Errand::kPushAgain}},
      {"approve", {Errand::kApprove}},
      {"discard", {Errand::kDiscard}},
      {"lease", {Errand::kSubmit}},
      {"receipts_synced", {Errand::kSubmit}},
      {"next_batch", {Errand::kSubmit}},
      {"batch_read", {Errand::kSubmitPoisoned, 4}},
      {"split", {Errand::kSubmitPoisoned, 3}},
      {"task", {Errand::kSubmit}},
      {"unknown", {Errand::kSubmitUnheard}},
      {"receipts", {Errand::kSubmit}},
      {"retry", {Errand::kRetry}},
      {"cleanup", {Errand::kPush, 1, false, true}},
      {"replay_begun", {Errand::kRestore}},
      {"replayed", {Errand::kRestore}},
      {"replay_ended", {Errand::kRestore}},
      {"reconciled", {Errand::kReconcile}},
  };
  return *ways;
}

const std::map<std::string_view, Way>& AdapterWays() {
  static const auto* const ways = new std::map<std::string_view, Way>{
      {"push_end", {Errand::kPush}},
      {"push_records", {Errand::kPush}},
      {"push_commit", {Errand::kPush}},
      {"lease", {Errand::kSubmit}},
      {"next_batch", {Errand::kSubmit, 2}},  // the last one is empty
      {"post", {Errand::kSubmit}},
      {"task", {Errand::kSubmit}},
      {"task_answer", {Errand::kSubmit}},
      {"receipts", {Errand::kSubmit}},
      {"split", {Errand::kSubmitPoisoned, 3}},
      {"unknown", {Errand::kSubmitUnheard}},
      {"release", {Errand::kSubmit}},
  };
  return *ways;
}

// What no city of these rounds does: exchange keys and erase (tests/scenario/commands/keys_killed_test.sh does, at each
// of these points).
const std::set<std::string_view>& StepsOfOtherTests() {
  static const auto* const steps = new std::set<std::string_view>{
      "ring", "ring_copies", "erasure_noted", "organization_erased", "files_rewritten", "erasure_ended"};
  return *steps;
}

template <typename Steps>
void AddPoints(Who who, const Steps& steps, const std::map<std::string_view, Way>& ways, std::vector<Point>* points) {
  for (const std::string_view step : steps) {
    if (StepsOfOtherTests().contains(step)) continue;
    const auto way = ways.find(step);
    if (way == ways.end()) {
      std::fprintf(stderr, "kill_plan.cc does not say how the step %s is met\n", std::string(step).c_str());
      std::abort();
    }
    for (const char* const side : {".before", ".after"}) {
      points->push_back({who, std::string(step) + side, way->second.errand, way->second.large, way->second.after_crash,
                         way->second.most_times});
    }
  }
}

bool IsSubmission(Errand errand) {
  return errand == Errand::kSubmit || errand == Errand::kSubmitPoisoned || errand == Errand::kSubmitUnheard;
}

}  // namespace

std::vector<Point> AllPoints() {
  std::vector<Point> points;
  AddPoints(Who::kEngine, kCommitSteps, EngineWays(), &points);
  AddPoints(Who::kCommand, client::kCommitSteps, AdapterWays(), &points);
  return points;
}

std::string NameOf(const Point& point) {
  return absl::StrCat(point.who == Who::kEngine ? "engine " : "sabun ", point.name);
}

Dealer::Dealer(const Deal& deal)
    : random_(deal.seed), points_(AllPoints()), turn_(deal.first_turn), large_(deal.large) {
  std::erase_if(points_, [&](const Point& point) { return point.large != deal.large; });
  std::vector<Point> chosen;
  std::copy_if(points_.begin(), points_.end(), std::back_inserter(chosen), [&](const Point& point) {
    return std::find(deal.only.begin(), deal.only.end(), NameOf(point)) != deal.only.end();
  });
  if (!chosen.empty()) points_ = std::move(chosen);
}

CyclePlan Dealer::Next() {
  if (large_ || ++dealt_ % 4 != 0) return AtPoint(points_[turn_++ % points_.size()]);
  return ByTime();
}

CyclePlan Dealer::AtPoint(const Point& point) {
  CyclePlan plan;
  plan.errand = point.errand;
  plan.point = NameOf(point);
  plan.fault.at_point = point.who;
  plan.fault.point = absl::StrCat(point.name, ":", 1 + Draw(point.most_times));
  if (point.after_crash) {
    plan.fault.next_point = plan.fault.point;
    plan.fault.point = "bodies.after:1";
  }
  plan.abandon = Draw(3) == 0;
  if (point.who != Who::kCommand || !IsSubmission(point.errand)) return plan;
  plan.keep_lease = Draw(8) == 0;
  // A submission that ends between its post and the record of its task leaves one batch without an answer.
  plan.lost_answers = 1;
  return plan;
}

CyclePlan Dealer::ByTime() {
  CyclePlan plan;
  const Errand errands[] = {Errand::kPush,   Errand::kPush,          Errand::kPushOnePass, Errand::kPushHeld,
                            Errand::kSubmit, Errand::kSubmit,        Errand::kSubmit,      Errand::kSubmitPoisoned,
                            Errand::kRetry,  Errand::kSubmitUnheard, Errand::kNewProfile};
  plan.errand = errands[Draw(std::size(errands))];
  const Who whom[] = {Who::kEngine, Who::kEngine, Who::kCommand, Who::kCommand, Who::kHub};
  plan.fault.at_time = whom[Draw(std::size(whom))];
  plan.fault.after = absl::Microseconds(Draw(120'000));
  if (Draw(4) == 0) plan.fault.stop_for = absl::Milliseconds(1 + Draw(200));
  plan.abandon = Draw(3) == 0;
  plan.keep_lease = Draw(8) == 0;
  plan.take_over = IsSubmission(plan.errand) && Draw(25) == 0;
  if (IsSubmission(plan.errand) && (plan.take_over || plan.fault.at_time != Who::kEngine)) plan.lost_answers = 1;
  return plan;
}

}  // namespace sabun::kills
