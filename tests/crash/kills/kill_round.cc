#include "tests/crash/kills/kill_round.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "tests/crash/kills/oracle.h"

namespace sabun::kills {
namespace {

constexpr size_t kRecords = 240, kManyRecords = 34'000;
constexpr int kTries = 4;

bool IsPush(Errand errand) {
  return errand == Errand::kPush || errand == Errand::kPushAgain || errand == Errand::kPushOnePass ||
         errand == Errand::kPushHeld;
}

bool IsSubmit(Errand errand) {
  return errand == Errand::kSubmit || errand == Errand::kSubmitPoisoned || errand == Errand::kSubmitUnheard;
}

bool IsDone(const Ending& ending) { return ending.status == 0 || ending.status == 3 || ending.status == 4; }

}  // namespace

KillRound::KillRound(const RoundOptions& options)
    : options_(options),
      source_(options.seed, options.large ? kManyRecords : kRecords),
      dealer_({options.seed, options.large, options.first_turn, options.only}) {}

absl::Status KillRound::Run(RoundResult* result) {
  result_ = result;
  ASSIGN_OR_RETURN(crew_, Crew::Start(options_.crew));
  RETURN_IF_ERROR(source_.Write(crew_->extract()));
  for (uint32_t cycle = 1; cycle <= options_.cycles; ++cycle) {
    const CyclePlan plan = dealer_.Next();
    const std::string name = plan.point.empty() ? "by time" : plan.point;
    const absl::Time start = absl::Now();
    absl::Status done = Cycle(plan);
    ++result_->cycles;
    const double took = absl::ToDoubleSeconds(absl::Now() - start);
    if (options_.tell) std::printf("cycle %u: %s, %.3f s\n", cycle, name.c_str(), took);
    if (done.ok() && (cycle % options_.settle_every == 0 || cycle == options_.cycles)) done = Check();
    if (done.ok()) continue;
    return absl::Status(done.code(), absl::StrCat("cycle ", cycle, " (", name, "): ", done.message()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Outcome> KillRound::Do(const std::vector<std::string>& words, const CyclePlan* plan) {
  Outcome outcome;
  if (plan != nullptr) {
    ASSIGN_OR_RETURN(outcome, crew_->Run(words, plan->fault));
    if (plan->fault.next_point.empty() ? outcome.engine_at_point || outcome.command_at_point
                                       : outcome.engine_at_next_point) {
      ++result_->points[plan->point];
    }
    result_->kills += outcome.engine_at_point + outcome.command_at_point + outcome.engine_at_next_point +
                      (plan->fault.at_time != Who::kNobody);
    answers_lost_ += plan->lost_answers;
    hub_was_killed_ |= plan->fault.at_time == Who::kHub;
    if (IsSubmit(plan->errand) && outcome.ending.by_kill && !plan->keep_lease) {
      RETURN_IF_ERROR(crew_->RestartEngine().status());
    }
    if (IsDone(outcome.ending) || plan->abandon) return outcome;
  }
  for (int attempt = 0; attempt < kTries; ++attempt) {
    ASSIGN_OR_RETURN(outcome, crew_->Run(words));
    if (IsDone(outcome.ending)) break;
  }
  return outcome;
}

absl::Status KillRound::PushAndApprove(const CyclePlan* plan, bool stay_held) {
  const bool one_pass = plan != nullptr && plan->errand == Errand::kPushOnePass;
  ASSIGN_OR_RETURN(const Outcome pushed, Do(crew_->Push(one_pass), plan));
  held_ = pushed.ending.status == 3;
  if (!held_ || stay_held) return absl::OkStatus();
  held_ = false;
  return Do({"change-set", "approve", kDataset, "--yes"}, nullptr).status();
}

absl::Status KillRound::PushDay(const CyclePlan& plan) {
  const bool holds =
      plan.errand == Errand::kPushHeld || plan.errand == Errand::kApprove || plan.errand == Errand::kDiscard;
  if (plan.errand != Errand::kPushAgain) {
    options_.large ? source_.ChangeAll() : source_.NextDay();
    if (holds) source_.WithdrawMany();
    if (plan.errand == Errand::kSubmitPoisoned) source_.Poison();
  } else {
    // What is to be pushed again has to be there.
    RETURN_IF_ERROR(PushAndApprove(nullptr, false));
  }
  RETURN_IF_ERROR(source_.Write(crew_->extract()));
  return PushAndApprove(IsPush(plan.errand) ? &plan : nullptr, holds);
}

absl::Status KillRound::Decide(const CyclePlan& plan) {
  if (plan.errand == Errand::kApprove || plan.errand == Errand::kDiscard) {
    if (!held_) return absl::OkStatus();  // deletes of what was never accepted are no deletes
    held_ = false;
    const char* const word = plan.errand == Errand::kApprove ? "approve" : "discard";
    return Do({"change-set", word, kDataset, "--yes"}, &plan).status();
  }
  if (plan.errand == Errand::kRetry) return Do({"rejects", "retry", kDataset}, &plan).status();
  if (plan.errand == Errand::kCreate) {
    const std::string name = absl::StrCat("city/more", ++datasets_);
    return Do({"dataset", "create", name, "--profile", crew_->profile()}, &plan).status();
  }
  if (plan.errand != Errand::kNewProfile) return absl::OkStatus();
  // Refused while a change set is held; then it is only tried.
  std::ofstream(crew_->profile(), std::ios::app) << "# changed\n";
  const std::vector<std::string> words = {"dataset", "update", kDataset, "--profile", crew_->profile()};
  if (held_) return crew_->Run(words, plan.fault).status();
  return Do(words, &plan).status();
}

absl::Status KillRound::SubmitDay(const CyclePlan& plan) {
  if (plan.errand == Errand::kSubmitUnheard) {
    // Every post is applied and nobody hears of it, until the submission gives up.
    RETURN_IF_ERROR(crew_->SetHubFaults("lose_answer:count=3"));
    answers_lost_ += 3;
  }
  if (plan.take_over) {
    answers_lost_ += plan.lost_answers;
    return crew_->TakeOver(plan.fault.after);
  }
  return Do(crew_->Submission(), IsSubmit(plan.errand) ? &plan : nullptr).status();
}

absl::Status KillRound::RestoreDay(const CyclePlan& plan) {
  RETURN_IF_ERROR(crew_->BackUp());
  RETURN_IF_ERROR(PushDay({}));
  RETURN_IF_ERROR(SubmitDay({}));
  const bool follows_up = plan.errand == Errand::kRestore;
  ASSIGN_OR_RETURN(const bool at_point, crew_->Restore(follows_up ? plan.fault.point : ""));
  result_->kills += at_point;
  result_->points[plan.point] += at_point;
  if (follows_up) return absl::OkStatus();
  return Do({"backup", "reconciled", kDataset, "--yes"}, &plan).status();
}

absl::Status KillRound::Cycle(const CyclePlan& plan) {
  if (plan.errand == Errand::kRestore || plan.errand == Errand::kReconcile) RETURN_IF_ERROR(RestoreDay(plan));
  RETURN_IF_ERROR(PushDay(plan));
  RETURN_IF_ERROR(Decide(plan));
  // Tens of thousands of records are not worth sending each time: they are about bulk writing.
  if (options_.large) return absl::OkStatus();
  return SubmitDay(plan);
}

absl::Status KillRound::Check() {
  RETURN_IF_ERROR(Settle(crew_.get()));
  RETURN_IF_ERROR(CheckSettled(crew_.get(), source_));
  RETURN_IF_ERROR(CheckNothingMore(crew_.get()));
  ASSIGN_OR_RETURN(const NeedlessSends needless, ReadNeedlessSends(crew_.get()));
  // A hub that was killed counts from zero; what it counted before is lost.
  const uint64_t now = needless.total(), before = hub_was_killed_ ? std::min(now, needless_before_) : needless_before_;
  const uint64_t allowed = answers_lost_ * options_.crew.max_records + (hub_was_killed_ ? before : 0);
  if (now - before > allowed) {
    return absl::InternalError(absl::StrCat(now - before, " records were sent without need; ", answers_lost_,
                                            " lost answers explain ", allowed));
  }
  needless_before_ = now;
  answers_lost_ = 0;
  hub_was_killed_ = false;
  ++result_->checks;
  return absl::OkStatus();
}

}  // namespace sabun::kills
