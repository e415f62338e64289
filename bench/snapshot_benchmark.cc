// A whole snapshot inside the engine, without the wire: N rows against N stored records in RocksDB, with 0, 5 or 500
// per mille of them changed. Each stage's seconds are a counter: receive, compare, records (canonical form and
// planning), seal. `Load` is the first load. Beside them the speed of light: writing as many bodies of the same size
// into sorted files, and nothing else. Every round's counts are checked. SABUN_BENCH_RECORDS sets N.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "bench/rounds.h"
#include "engine/audit/recorder.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/record/packed_fields.h"
#include "engine/snapshot.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

using bench::Require;

constexpr char kProfile[] = R"(
[profile]
name = "bench"
version = "1"
[record]
key = ["no"]
[[field]]
name = "no"
required = true
canonical = ["trim"]
[[field]]
name = "text"
max_length = 400
)";
constexpr size_t kRowsAtOnce = 4'096;
constexpr size_t kTextBytes = 300;

uint64_t Records() {
  const char* records = std::getenv("SABUN_BENCH_RECORDS");
  return records == nullptr ? 500'000 : std::strtoull(records, nullptr, 10);
}

std::string Number(uint64_t row) { return absl::StrCat("N", 1'000'000'000 + row); }
std::string Text(uint64_t row, uint64_t version) {
  return absl::StrCat(row, "-", version, "-", std::string(kTextBytes, static_cast<char>('a' + row % 26)));
}

// An engine with one dataset, in a directory of its own.
class World {
 public:
  explicit World(bool in_the_clear = false) {
    RocksStoreOptions options;
    options.in_the_clear = in_the_clear;
    options.directory = directory_;
    options.encryption_key = std::string(32, 'k');
    auto store = OpenRocksStore(options);
    Require(store.ok(), "open");
    store_ = *std::move(store);
    EngineOptions engine_options;
    engine_options.spool_directory = std::filesystem::temp_directory_path().string();
    auto engine = Engine::Open(store_.get(), &clock_, engine_options);
    Require(engine.ok(), "engine");
    engine_ = *std::move(engine);
    bool created = false;
    GuardLimits guards;
    guards.max_update_percent = 100;
    auto dataset = engine_->CreateDataset("bench", kProfile, guards, &created);
    if (!dataset.ok()) std::cerr << dataset.status() << "\n";
    Require(dataset.ok(), "dataset");
    dataset_ = *dataset;
    if (in_the_clear) return;
    AuditOptions audit;
    audit.directory = directory_ + "/audit";
    auto log = AuditLog::Open(store_.get(), &clock_, audit);
    Require(log.ok(), "audit");
    audit_log_ = *std::move(log);
    recorder_ = std::make_unique<AuditRecorder>(audit_log_.get(), &clock_);
  }
  ~World() {
    recorder_.reset();
    audit_log_.reset();
    dataset_.reset();
    engine_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  // One snapshot of rows with the given versions; adds each stage's seconds.
  template <typename VersionOf>
  SnapshotCounts Push(const VersionOf& version_of, std::map<std::string, double>* seconds) {
    const std::unique_ptr<AuditedOperation> audited = Audit();
    SnapshotRequest request;
    request.snapshot_id = absl::StrCat("s", ++snapshots_);
    auto snapshot = *dataset_->Attach(request);
    const KeyedHash key_hash(dataset_->key_scheme(), snapshot->key_secret());
    const KeyedHash row_hash(snapshot->fingerprint_scheme(), snapshot->fingerprint_secret());
    std::string wire;
    for (uint64_t row = 0; row < Records(); ++row) {
      const std::string number = Number(row);
      wire.append(key_hash.Key(number).view().data(), 16);
      wire.append(row_hash.Fingerprint(absl::StrCat(number, "|", version_of(row))).view().data(), 16);
    }
    StreamDigest digest;
    digest.Update(wire);
    auto began = std::chrono::steady_clock::now();
    const auto end_stage = [&](const char* name) {
      const auto now = std::chrono::steady_clock::now();
      (*seconds)[name] += std::chrono::duration<double>(now - began).count();
      began = now;
    };
    for (size_t row = 0; row < Records(); row += kRowsAtOnce) {
      Require(snapshot->AddFingerprints({row, absl::string_view(wire).substr(row * 32, kRowsAtOnce * 32), {}, {}}).ok(),
              "receive");
    }
    end_stage("receive");
    std::vector<RowFinding> findings;
    Require(snapshot->End(Records(), digest.Value(), &findings).ok(), "compare");
    end_stage("compare");
    for (;;) {
      const auto needed = snapshot->NextNeeded(kRowsAtOnce);
      Require(needed.ok(), "needed");
      if (needed->empty()) break;
      std::string rows;
      for (const uint64_t row : *needed) {
        AppendVarint(row, &rows);
        AppendPackedFields({Number(row), Text(row, version_of(row))}, &rows);
      }
      Require(snapshot->TakeRecords(std::move(rows), {}).ok(), "records");
    }
    Require(snapshot->FinishWork().ok(), "records");
    end_stage("records");
    const auto info = snapshot->Commit();
    Require(info.ok(), "seal");
    end_stage("seal");
    dataset_->Detach(snapshot, true);
    if (audited != nullptr) Require(audited->End("OK").ok(), "audit");
    end_stage("audit");
    return info->counts;
  }

  Store* store() { return store_.get(); }

 private:
  // As the gate does for the call that brings a snapshot.
  std::unique_ptr<AuditedOperation> Audit() {
    if (recorder_ == nullptr) return nullptr;
    AuditSubject subject;
    subject.who = "uri:bench";
    subject.method = "IntakeService/Sync";
    subject.dataset = "bench";
    auto begun = recorder_->Begin(subject);
    Require(begun.ok(), "audit");
    return *std::move(begun);
  }

  const std::string directory_ =
      (std::filesystem::temp_directory_path() / absl::StrCat("sabun_snapshot_", getpid(), "_", worlds_++)).string();
  static inline int worlds_ = 0;
  SystemClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
  std::unique_ptr<AuditLog> audit_log_;
  std::unique_ptr<AuditRecorder> recorder_;
  uint64_t snapshots_ = 0;
};

void Report(benchmark::State& state, const std::map<std::string, double>& seconds) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(Records()));
  for (const auto& [name, value] : seconds) {
    state.counters[name] = benchmark::Counter(value, benchmark::Counter::kAvgIterations);
  }
}

void WriteBodies(benchmark::State& state) {
  World world;
  uint64_t number = 1'000'000;
  const std::string body = Text(0, 0);
  for (auto _ : state) {
    const std::string prefix = layout::ChangePart(9, ++number, 'b');
    auto out = *world.store()->NewBulkWriter(Family::kChanges);
    for (uint64_t row = 0; row < Records(); ++row) Require(out->Add(layout::Numbered(prefix, row), body).ok(), "write");
    Require(out->Finish().ok(), "write");
  }
  Report(state, {});
}

void Load(benchmark::State& state) {
  std::map<std::string, double> seconds;
  for (auto _ : state) {
    state.PauseTiming();
    auto world = std::make_unique<World>();
    state.ResumeTiming();
    const SnapshotCounts counts = world->Push([](uint64_t) { return 0; }, &seconds);
    Require(counts.added == Records(), "added");
    state.PauseTiming();
    world.reset();
    state.ResumeTiming();
  }
  Report(state, seconds);
}

void Day(benchmark::State& state) {
  const auto per_mille = static_cast<uint64_t>(state.range(0));
  World world;
  std::map<std::string, double> seconds, ignored;
  world.Push([](uint64_t) { return 0; }, &ignored);
  uint64_t day = 0;
  const auto changes = [&](uint64_t row) { return row * 7'919 % 1'000 < per_mille; };
  uint64_t changed = 0;
  for (uint64_t row = 0; row < Records(); ++row) changed += changes(row);
  for (auto _ : state) {
    ++day;
    const SnapshotCounts counts = world.Push([&](uint64_t row) { return changes(row) ? day : 0; }, &seconds);
    // The hub has accepted nothing, so a changed record is an addition still.
    Require(counts.added == changed && counts.unchanged == Records() - changed, "changed and unchanged");
  }
  Report(state, seconds);
}

double Sum(const std::map<std::string, double>& seconds) {
  double sum = 0;
  for (const auto& [name, value] : seconds) sum += value;
  return sum;
}

// What encryption, seals, codes of files and the audit log cost together: the quickest of some rounds with them and
// without, one after the other in turn, so that whatever else the machine does meets both. A world is told its way.
template <typename Round>
void Ratio(benchmark::State& state, const Round& round) {
  constexpr int kRounds = 5;
  for (auto _ : state) {
    double with = 0, without = 0;
    for (int i = 0; i < kRounds; ++i) {
      for (const bool in_the_clear : {i % 2 == 0, i % 2 != 0}) {
        double& best = in_the_clear ? without : with;
        const double now = round(in_the_clear);
        best = best == 0 ? now : std::min(best, now);
      }
    }
    state.counters["with_s"] = with;
    state.counters["without_s"] = without;
    state.counters["ratio"] = with / without;
  }
}

void ProtectedLoad(benchmark::State& state) {
  Ratio(state, [](bool in_the_clear) {
    World world(in_the_clear);
    std::map<std::string, double> seconds;
    Require(world.Push([](uint64_t) { return 0; }, &seconds).added == Records(), "added");
    return Sum(seconds);
  });
}

void ProtectedDay(benchmark::State& state) {
  const auto per_mille = static_cast<uint64_t>(state.range(0));
  World with(false), without(true);
  std::map<std::string, double> ignored;
  for (World* world : {&with, &without}) world->Push([](uint64_t) { return 0; }, &ignored);
  uint64_t day = 0;
  Ratio(state, [&](bool in_the_clear) {
    const uint64_t version = ++day;
    std::map<std::string, double> seconds;
    const auto counts =
        (in_the_clear ? without : with)
            .Push([&](uint64_t row) { return row * 7'919 % 1'000 < per_mille ? version : 0; }, &seconds);
    Require(counts.unchanged + counts.added == Records(), "rows");
    return Sum(seconds);
  });
}

BENCHMARK(WriteBodies)->Unit(benchmark::kMillisecond);
BENCHMARK(Load)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Day)->Arg(0)->Arg(5)->Arg(500)->ArgName("changed_per_mille")->Unit(benchmark::kMillisecond)->UseRealTime();

BENCHMARK(ProtectedLoad)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ProtectedDay)
    ->Arg(0)
    ->Arg(5)
    ->ArgName("changed_per_mille")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace sabun

BENCHMARK_MAIN();
