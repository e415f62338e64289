#include "tests/sim/simulation.h"

#include <algorithm>

#include "engine/ledger/verify.h"

namespace sabun::sim {
namespace {

constexpr char kDataset[] = "city/child";
constexpr size_t kEverything = ~size_t{0};

}  // namespace

Simulation::Simulation(uint64_t seed, std::string spool_directory, bool keep_log)
    : seed_(seed),
      keep_log_(keep_log),
      hub_(&oracle_, [this](const std::string& line) { Log(line); }),
      wire_({[this] { return dataset_; }, [this](const char* call) { return FateOf(call); },
             [this](const std::function<absl::Status()>& work) { return Survive(work); },
             [this](const std::string& key, bool accepted, bool doubtful) {
               if (doubtful) Met("rejected in doubt");
               oracle_.Confirm(key, accepted, doubtful);
             },
             [this](const std::string& key) { oracle_.Doubt(key); }}) {
  Dice dice(seed ^ 0x5EED);
  options_.spool_directory = std::move(spool_directory);
  // Small limits, so that some dozen records take every path: spilled runs, and new generations beside overlays.
  options_.row_memory_bytes = dice.OneIn(8) ? 1 : 1 << 16;
  options_.delta_memory_bytes = dice.OneIn(8) ? 1 : 1 << 16;
  options_.ledger.atomic_limit = dice.OneIn(2) ? 2 : 1'000;
  options_.ledger.one_thread = true;
  options_.threads = 0;
  options_.fewest_rows_of_stretch = 1;
  options_.new_secret = [seed] {
    std::string secret;
    for (Dice bytes(seed); secret.size() < 32;) secret.push_back(static_cast<char>(bytes.Next()));
    return secret;
  };
  guards_.max_deletes = 4;
  guards_.max_delete_percent = 40;
  guards_.max_update_percent = 60;
  guards_.max_shrink_rows = 6;
  store_.on_synced = [this] { oracle_.Keep(); };
}

Simulation::~Simulation() = default;

void Simulation::Log(const std::string& line) {
  if (keep_log_) absl::StrAppend(&log_, line, "\n");
}

void Simulation::Fail(const std::string& what) {
  Log(absl::StrCat("VIOLATION ", what));
  if (failure_.empty()) failure_ = what;
}

absl::Status Simulation::OpenOnce() {
  auto engine = Engine::Open(&store_, &clock_, options_);
  if (!engine.ok()) return engine.status();
  auto dataset = (*engine)->Find(kDataset);
  if (!dataset.ok()) {
    bool created = false;
    dataset = (*engine)->CreateDataset(kDataset, ProfileText(profile_), guards_, &created);
    if (!dataset.ok()) return dataset.status();
  }
  engine_ = *std::move(engine);
  dataset_ = *std::move(dataset);
  // Which profile is in force after a change whose end nobody saw.
  for (size_t version = 0; version < ProfileVersions(); ++version) {
    if (dataset_->row().profile_text == ProfileText(version)) profile_ = version;
  }
  guards_ = dataset_->row().guards;
  return absl::OkStatus();
}

// Starts until it stays up, as a supervisor does.
void Simulation::Open() {
  ++starts_;
  for (int attempt = 0; attempt < 10; ++attempt) {
    absl::Status opened;
    try {
      opened = OpenOnce();
    } catch (const EngineKilled&) {
      opened = absl::UnavailableError("killed while it started");
    }
    if (opened.ok()) return;
    Log(absl::StrCat("  engine does not start: ", std::string(opened.message())));
    if (!absl::IsUnavailable(opened) && !absl::IsResourceExhausted(opened)) {
      return Fail(absl::StrCat("the engine does not start: ", std::string(opened.message())));
    }
    if (store_.Restart(kEverything)) Fail("kept all, and lost some");
  }
  Fail("the engine never starts");
}

void Simulation::Restart(bool power_loss) {
  Met(power_loss ? "power loss" : "engine killed");
  ended_.emplace_back(std::move(engine_), std::move(dataset_));
  const size_t kept = power_loss ? static_cast<size_t>(dice_.Roll(8)) : kEverything;
  const bool lost = store_.Restart(kept);
  Log(absl::StrCat("  engine starts again", power_loss ? " after a power loss" : "", lost ? ", commits lost" : ""));
  if (lost) {
    Met("commits lost");
    oracle_.Forget();
    settled_ = false;
  }
  if (!calm_ && dice_.OneIn(6)) MayFail(3);
  Open();
}

// Does the engine's work. When its process ends by it, or must end after an error of the disk, it is started again.
absl::Status Simulation::Survive(const std::function<absl::Status()>& work) {
  absl::Status status;
  try {
    status = work();
  } catch (const EngineKilled&) {
    Restart(dice_.OneIn(2));
    return absl::UnavailableError("the engine was killed");
  }
  if (!store_.failing()) return status;
  Log("  the disk failed");
  Restart(dice_.OneIn(2));
  return absl::UnavailableError("the engine ended after an error");
}

void Simulation::MayFail(int writes) {
  if (calm_ || !dice_.OneIn(3)) return store_.Arm(StoreFault::kNone, 0);
  const auto fault = static_cast<StoreFault>(1 + dice_.Roll(5));
  Met(absl::StrCat("store fault ", static_cast<int>(fault), " armed"));
  store_.Arm(fault, dice_.Roll(writes));
}

void Simulation::Approve() {
  if (!held_ || pushing_) return;
  if (dataset_->Approve(held_->number, "another digest", "operator").ok()) Fail("approved under another digest");
  MayFail(5);
  const absl::Status status =
      Survive([&] { return dataset_->Approve(held_->number, held_->digest, "operator").status(); });
  Log(absl::StrCat("  approve ", held_->number, " ", status.ToString()));
  const auto info = dataset_->change_sets().Get(held_->number);
  if (!info.ok()) return Fail("a held change set is gone");
  if (!status.ok() && info->state == ChangeSetState::kHeld && !absl::IsUnavailable(status)) Fail("approve failed");
  if (info->state != ChangeSetState::kReady) return;
  oracle_.Want(held_->next);
  settled_ = false;
  if (held_->file.kind == SnapshotKind::kComplete) last_complete_rows_ = held_->file.rows.size();
  held_.reset();
}

void Simulation::Discard() {
  if (!held_) return;
  MayFail(2);
  const absl::Status status = Survive([&] { return dataset_->change_sets().Discard(held_->number, "op").status(); });
  Log(absl::StrCat("  discard ", held_->number, " ", status.ToString()));
  const auto info = dataset_->change_sets().Get(held_->number);
  if (!info.ok()) return Fail("a held change set is gone");
  if (info->state == ChangeSetState::kDiscarded) held_.reset();
}

void Simulation::Retry() {
  MayFail(2);
  oracle_.Retry();
  const absl::Status status = Survive([&] { return dataset_->rejects().Retry("").status(); });
  if (!status.ok() && !absl::IsUnavailable(status)) Fail("retry");
  settled_ = false;
}

void Simulation::ChangeProfile() {
  MayFail(3);
  const size_t next = (profile_ + 1 + dice_.Roll(2)) % ProfileVersions();
  oracle_.Retry();
  const absl::Status status = Survive([&] { return dataset_->Update(ProfileText(next), std::nullopt); });
  Log(absl::StrCat("  profile ", next, " ", status.ToString()));
  settled_ = false;
  if (status.ok()) profile_ = next;
  const bool refused = absl::IsFailedPrecondition(status) && (held_ || pushing_);
  if (!status.ok() && !refused && !absl::IsUnavailable(status)) Fail("a new profile is refused");
}

void Simulation::ChangeGuards() {
  GuardLimits limits = guards_;
  limits.max_deletes = 3 + dice_.Roll(6);
  MayFail(2);
  const absl::Status status = Survive([&] { return dataset_->Update("", limits); });
  guards_ = dataset_->row().guards;
  if (!status.ok() && !absl::IsUnavailable(status) && !pushing_) Fail("new limits are refused");
}

void Simulation::Verify() {
  for (const VerifyFinding& finding : VerifyLedger(&dataset_->ledger())) {
    if (!finding.problem.empty()) Fail(absl::StrCat("verify ", finding.check, ": ", finding.problem));
  }
}

// What holds at every moment between two events.
void Simulation::CheckAlways() {
  for (const std::string& violation : oracle_.violations()) Fail(violation);
  for (const std::string& violation : store_.violations) Fail(violation);
  if (!failure_.empty()) return;
  const LedgerHead head = dataset_->ledger().Head();
  if (head.records != oracle_.wanted().size()) {
    Fail(absl::StrCat("the index has ", head.records, " records, wanted are ", oracle_.wanted().size()));
  }
  const uint64_t apart = std::max(head.capsules, uint64_t{oracle_.held().size()}) -
                         std::min(head.capsules, uint64_t{oracle_.held().size()});
  if (apart > oracle_.doubts() + oracle_.losses() && head.in_flight == 0) {
    Fail(absl::StrCat("nothing is in flight, there are ", head.capsules, " capsules, and the hub holds ",
                      oracle_.held().size()));
  }
  if ((head.held != 0) != held_.has_value()) Fail("what is held is not what was held");
}

void Simulation::Do(const Event& event) {
  switch (event.kind) {
    case EventKind::kDay:
      return NextDay();
    case EventKind::kSubmit:
      return Submit(false);
    case EventKind::kRival:
      return Submit(true);
    case EventKind::kApprove:
      return Approve();
    case EventKind::kDiscard:
      return Discard();
    case EventKind::kRetry:
      return Retry();
    case EventKind::kMaster:
      oracle_.takes_everything = !dice_.OneIn(3);
      return;
    case EventKind::kHubLoses:
      return HubLoses();
    case EventKind::kMend:
      return Mend();
    case EventKind::kProfile:
      return ChangeProfile();
    case EventKind::kGuards:
      return ChangeGuards();
    case EventKind::kVerify:
      return Verify();
    case EventKind::kCrash:
    case EventKind::kPowerLoss:
      return Restart(event.kind == EventKind::kPowerLoss);
    case EventKind::kClock:
      return clock_.Step(absl::Hours(dice_.Roll(7) - 3));
    case EventKind::kSettle:
      return Settle();
    default:
      return Push(FileOf(event.kind));
  }
}

std::string Simulation::Run(const std::vector<Event>& events) {
  calm_ = true;
  Open();
  for (size_t i = 0; i < events.size() && failure_.empty(); ++i) {
    const Event& event = events[i];
    Log(absl::StrCat(i, " ", Name(event.kind), event.calm ? " (calm)" : ""));
    dice_ = Dice(event.seed);
    calm_ = event.calm;
    Do(event);
    store_.Arm(StoreFault::kNone, 0);
    ended_.clear();
    if (failure_.empty()) CheckAlways();
  }
  for (const auto& [fault, times] : hub_.met()) met_[absl::StrCat("hub fault ", static_cast<int>(fault))] += times;
  return failure_;
}

}  // namespace sabun::sim
