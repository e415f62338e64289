// The real parts that a scenario acts on, and what they answered last.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/client/sync_session.h"
#include "adapters/pmh/submitter.h"
#include "tests/pmh_sim/pmh_sim.h"
#include "tests/scenario/script.h"
#include "tests/support/engine_host.h"
#include "tests/support/log_capture.h"

namespace sabun::scenario {

class HandPush;

// An extract as the scenario gave it.
struct Extract {
  SnapshotKind kind = SnapshotKind::kComplete;
  std::vector<ScriptLine> rows;
};

// A batch that the scenario took by hand.
struct TakenBatch {
  std::uint64_t id = 0;
  std::string holder;
  std::map<std::string, v1::BatchItem> items;  // by history key
};

// Used by one thread.
class World {
 public:
  static absl::StatusOr<std::unique_ptr<World>> Create();
  ~World();

  // The engine, started when it is first needed, with `engine_options`.
  absl::StatusOr<EngineHost*> Host();
  absl::StatusOr<EngineStubs*> Stubs();
  PmhSim& hub() { return *hub_; }
  // The dataset in use, as the engine knows it.
  absl::StatusOr<v1::Dataset> Dataset();
  // Keeps a text that an operator would see, or an error; a personal value in one fails the scenario.
  void Tell(absl::string_view text) { told_ += absl::StrCat(text, "\n"); }
  // Where a trace of `value` is: a file of the engine, a log line, a text that was told. Empty when there is none.
  absl::StatusOr<std::string> FindTrace(const std::string& value);

  EngineOptions engine_options;
  bool one_pass = false;
  std::string profile_toml;  // with short waits, so that retries take no time
  std::string dataset = "city/child";
  std::set<std::string> datasets;
  std::set<std::string> personal_values;  // that rows had
  std::string faults;

  std::optional<absl::Status> error;  // of the last step, until a line expects it
  std::optional<Extract> extract;
  std::optional<client::SyncResult> push;
  std::unique_ptr<HandPush> hand_push;
  std::optional<SubmitSummary> submit;
  std::map<std::string, std::uint64_t> leases;  // tokens by holder
  TakenBatch batch;

 private:
  World() = default;

  LogCapture log_;
  std::unique_ptr<EngineHost> host_;
  std::unique_ptr<PmhSim> hub_;
  std::string told_;
};

// What a verb does. An error is the engine's or the adapter's answer, or WrongLanguage.
using Verb = absl::Status (*)(World&, const ScriptLine&);
using Verbs = std::map<std::string, Verb>;

const Verbs& OperatorVerbs();  // dataset, update, approve, discard, retry, engine, restart, crash, advance, hub, verify
const Verbs& PushVerbs();      // push
const Verbs& SubmissionVerbs();  // submit, lease, take, post, read, mark, split, receipt, release
const Verbs& Expectations();     // by the word after "expect"

// The current dataset's change set; 0 is the newest.
absl::StatusOr<v1::ChangeSet> ReadChangeSet(World& world, std::uint64_t number);
// INVALID for what is not a whole number.
absl::StatusOr<std::uint64_t> ToNumber(const std::string& text);

}  // namespace sabun::scenario
