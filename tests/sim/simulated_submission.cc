// The adapter's part of a simulation: the real submission run, what may happen while it waits, and the moment of truth
// when nothing fails any more.
#include <set>

#include "adapters/pmh/submit_run.h"
#include "engine/ledger/verify.h"
#include "tests/sim/simulation.h"

namespace sabun::sim {
namespace {

// Thrown out of a step of the adapter: its process ends here.
struct AdapterKilled {};

}  // namespace

void Simulation::Step() {
  if (adapter_->steps_left >= 0 && adapter_->steps_left-- == 0) throw AdapterKilled();
}

CallFate Simulation::FateOf(const char* call) {
  Step();
  if (adapter_->lost_one_in == 0 || !dice_.OneIn(adapter_->lost_one_in)) return CallFate::kDone;
  const CallFate fate = dice_.OneIn(2) ? CallFate::kLostRequest : CallFate::kLostAnswer;
  Met("call to the engine lost");
  Log(absl::StrCat("  ", call, fate == CallFate::kLostRequest ? " is lost" : "'s answer is lost"));
  return fate;
}

HttpReply Simulation::Exchange(const HttpRequest& request) {
  Step();
  const absl::Duration took = absl::Milliseconds(!calm_ && dice_.OneIn(40) ? 4'900 : 20);
  now_ += took;
  clock_.Advance(took);
  HttpReply reply = hub_.Exchange(request);
  Step();
  return reply;
}

bool Simulation::Wait(absl::Duration duration, const std::stop_token& stop) {
  now_ += duration;
  clock_.Advance(duration);
  if (adapter_ != nullptr && adapter_->rival_waits) {
    adapter_->rival_waits = false;
    Adapter* const first = adapter_;
    ++depth_;
    Log("  another adapter meanwhile");
    // Stopped for so long that its lease has run out, or not.
    if (dice_.OneIn(2)) {
      now_ += absl::Seconds(30);
      clock_.Advance(absl::Seconds(30));
    }
    if (dice_.OneIn(3)) Restart(false);
    Submit(false);
    --depth_;
    adapter_ = first;
  } else if (!calm_ && depth_ == 0 && dice_.OneIn(40)) {
    Adapter* const first = adapter_;
    ++depth_;
    Meanwhile();
    --depth_;
    adapter_ = first;
  }
  return !stop.stop_requested();
}

// What others do while the adapter waits.
void Simulation::Meanwhile() {
  switch (dice_.Roll(5)) {
    case 0:
      Log("  a push meanwhile");
      return Push(Today());
    case 1:
      return Restart(dice_.OneIn(2));
    case 2:
      Log("  the clock steps meanwhile");
      return clock_.Step(absl::Hours(dice_.Roll(5) - 2));
    case 3:
      return Approve();
    default:
      Log("  another profile meanwhile");
      return ChangeProfile();
  }
}

void Simulation::Submit(bool with_rival) {
  Adapter adapter;
  if (!calm_ && dice_.OneIn(3)) adapter.steps_left = dice_.Roll(40);
  if (!calm_ && dice_.OneIn(3)) adapter.lost_one_in = 5 + dice_.Roll(20);
  adapter.rival_waits = with_rival;
  Adapter* const before = std::exchange(adapter_, &adapter);
  hub_.Misbehave(dice_.Next(), calm_ || dice_.OneIn(3) ? 0 : 2 + dice_.Roll(12));
  MayFail(30);
  SubmitOptions options;
  options.dataset = "city/child";
  options.profile_toml = ProfileText(profile_);
  options.holder = absl::StrCat("adapter ", next_name_++);
  settled_ &= dataset_->ledger().Head().pending + dataset_->ledger().Head().in_flight == 0;
  try {
    SubmitRun run(options, ProfileForHub(profile_), wire_, {this, this, false});
    const auto summary = run.Run();
    Log(absl::StrCat("  ", options.holder, " ",
                     summary.ok() ? absl::StrCat(summary->accepted, " accepted, ", summary->rejected, " rejected, ",
                                                 summary->unknown, " unknown, ", summary->pending, " pending")
                                  : summary.status().ToString()));
    if (calm_ && !with_rival && !summary.ok()) Fail("a submission fails for no reason: " + summary.status().ToString());
    if (calm_ && !with_rival && summary.ok() && summary->unknown + summary->pending > 0)
      Fail("a submission leaves some");
  } catch (const AdapterKilled&) {
    Met("adapter killed");
    Log(absl::StrCat("  ", options.holder, " is killed"));
  }
  adapter_ = before;
  store_.Arm(StoreFault::kNone, 0);
}

void Simulation::Settle() {
  calm_ = true;
  hub_.Misbehave(0, 0);
  if (oracle_.losses() > 0) {
    Submit(false);
    Discard();
    Mend();
  }
  for (int round = 0; round < 3 && failure_.empty(); ++round) {
    Submit(false);
    const LedgerHead head = dataset_->ledger().Head();
    if (head.pending + head.in_flight == 0) return CheckSettled();
  }
  Fail("the hub never gets in step");
}

void Simulation::CheckParked() {
  std::set<std::string> parked;
  const absl::Status listed = dataset_->rejects().Visit("", [&](const Entry&, const Change& change) {
    parked.insert(Dataset::KeyValues(*dataset_->rules(), change.canonical)[0]);
    return absl::OkStatus();
  });
  if (!listed.ok()) Fail("rejects");
  for (const auto& [key, content] : oracle_.wanted()) {
    const auto held = oracle_.held().find(key);
    const bool holds = held != oracle_.held().end() && held->second == content;
    // A repeat that was rejected says nothing of the post before it.
    if (holds && parked.contains(key) && !oracle_.in_doubt(key))
      Fail(absl::StrCat(key, " is parked though the hub holds it"));
    if (!holds && !parked.contains(key)) Fail(absl::StrCat(key, " is neither held nor parked"));
    if (!holds && parked.contains(key) && !content.name.starts_with("R") && !content.name.starts_with("P")) {
      Fail(absl::StrCat(key, " is parked without a reason"));
    }
  }
  for (const auto& [key, content] : oracle_.held()) {
    if (!oracle_.wanted().contains(key)) Fail(absl::StrCat(key, " is still at the hub"));
  }
  settled_ = parked.empty() && failure_.empty();
}

void Simulation::CheckSettled() {
  CheckParked();
  Verify();
  const auto infos = dataset_->change_sets().List(0, 10'000);
  if (!infos.ok()) return Fail("change sets cannot be listed");
  for (const ChangeSetInfo& info : *infos) {
    const bool applied = info.state == ChangeSetState::kReady || info.state == ChangeSetState::kEmpty;
    if (!info.books.Balance() || !info.counts.Balance()) Fail(absl::StrCat("books of ", info.number));
    const uint64_t open =
        info.books[ChangeState::kPending] + info.books[ChangeState::kInFlight] + info.books[ChangeState::kUnknown];
    if (applied && open > 0) Fail(absl::StrCat("change set ", info.number, " has open changes though all is settled"));
  }
  Log("  settled");
}

}  // namespace sabun::sim
