// Weeks of a dataset: the real engine, the real ledger, the real submission adapter and the adapter's side of a
// snapshot in one thread, over a disk, a clock, a hub and an operator that are simulated. Everything is a function of
// the seed and the events.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "adapters/pmh/pacing.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "tests/sim/dice.h"
#include "tests/sim/engine_wire.h"
#include "tests/sim/events.h"
#include "tests/sim/faulty_store.h"
#include "tests/sim/oracle.h"
#include "tests/sim/profiles.h"
#include "tests/sim/simulated_hub.h"
#include "tests/sim/source_file.h"

namespace sabun::sim {

class Simulation final : public Timeline, public HttpExchange {
 public:
  Simulation(uint64_t seed, std::string spool_directory, bool keep_log);
  ~Simulation() override;
  // Runs the events one after the other. Empty, or the first violation.
  std::string Run(const std::vector<Event>& events);
  const std::string& log() const { return log_; }
  // How often each fault was met, by name.
  const std::map<std::string, uint64_t>& met() const { return met_; }

  // As the adapter sees time and hub.
  absl::Time Now() override { return now_; }
  bool Wait(absl::Duration duration, const std::stop_token& stop) override;
  HttpReply Exchange(const HttpRequest& request) override;

 private:
  struct Held {
    uint64_t number = 0;
    std::string digest;
    Records next;  // wanted when it is applied
    SourceFile file;
  };
  // One run of the adapter.
  struct Adapter {
    int steps_left = -1;  // then it is killed; below 0: it is not
    int lost_one_in = 0;  // of its calls to the engine
    bool rival_waits = false;
  };

  void Do(const Event& event);
  void Log(const std::string& line);
  void Met(const std::string& fault) { ++met_[fault]; }
  bool UsesStretches() const { return seed_ / 3 % 2 == 1; }
  void Fail(const std::string& what);
  void CheckAlways();

  // The engine's process.
  void Open();
  absl::Status OpenOnce();
  void Restart(bool power_loss);
  absl::Status Survive(const std::function<absl::Status()>& work);
  void MayFail(int writes);

  // The source. (simulated_source.cc)
  void NextDay();
  SourceFile Today();
  SourceFile SomeOfToday();
  SourceFile FileOf(EventKind kind);
  Records WantedAfter(const SourceFile& file) const;
  void Push(SourceFile file);
  std::optional<ChangeSetInfo> PushUntilKnown(const SourceFile& file);
  absl::StatusOr<ChangeSetInfo> PushOnce(const SnapshotRequest& request, const SourceFile& file, bool may_break);
  absl::Status SendFingerprints(Snapshot* snapshot, const SourceFile& file, bool may_break);
  absl::Status SendRecords(Snapshot* snapshot, const SourceFile& file, bool may_break);
  std::string PackedRow(const Row& row) const;
  // Compares with what the hub holds, and plans to send again what is missing.
  void Mend();
  SourceFile ListOfTheHub(SourceFile file) const;
  void HubLoses();
  void CheckChangeSet(const SourceFile& file, const ChangeSetInfo& info, const Records& next);

  // The adapter and its hub. (simulated_submission.cc)
  void Submit(bool with_rival);
  void Step();
  void Meanwhile();
  CallFate FateOf(const char* call);
  void Settle();
  void CheckSettled();
  void CheckParked();

  // The operator.
  void Approve();
  void Discard();
  void Retry();
  void ChangeProfile();
  void ChangeGuards();
  void Verify();

  const uint64_t seed_;
  const bool keep_log_;
  std::string log_;
  std::string failure_;
  std::map<std::string, uint64_t> met_;
  Dice dice_{0};  // of the event at hand
  bool calm_ = false;

  Oracle oracle_;
  FaultyStore store_;
  ManualClock clock_;
  absl::Time now_ = absl::UnixEpoch();
  EngineOptions options_;
  GuardLimits guards_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
  uint64_t starts_ = 0;  // of the engine
  // Engines that ended while somebody on the stack still has a part of them.
  std::vector<std::pair<std::unique_ptr<Engine>, std::shared_ptr<Dataset>>> ended_;
  SimulatedHub hub_;
  EngineWire wire_;
  Adapter* adapter_ = nullptr;
  int depth_ = 0;  // of what happens while something else waits
  bool pushing_ = false;

  Records source_;
  std::map<std::string, int> padding_;
  std::optional<SourceFile> yesterday_;
  size_t profile_ = 0;
  std::optional<Held> held_;
  uint64_t last_complete_rows_ = 0;
  uint64_t next_name_ = 1;  // of snapshots and adapters
  bool settled_ = true;     // hub and wishes are equal and nothing is parked
};

}  // namespace sabun::sim
