#include "bench/rehearsal/engine_under_test.h"

#include <grpcpp/client_context.h>

#include <filesystem>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/cli/text_layout.h"
#include "adapters/client/channel.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/sync_session.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

// How long the data must stay as it is to be at rest: the store's own clearing up comes in bursts.
constexpr absl::Duration kRestStill = absl::Seconds(1);
constexpr absl::Duration kRestPoll = absl::Milliseconds(100);
constexpr absl::Duration kRestPatience = absl::Seconds(30);

StageCost Between(const Moment& from, const Moment& to, uint64_t records) {
  return {to.time - from.time, to.client_cpu - from.client_cpu, to.engine_cpu - from.engine_cpu, records};
}

void TellStage(const RunControl& control, const std::string& id, const client::SyncProgress& progress) {
  using Stage = client::SyncProgress::Stage;
  const std::string rows = cli::GroupDigits(progress.rows);
  switch (progress.stage) {
    case Stage::kFingerprints:
      return control.tell(
          {absl::StrCat(id, ": 指紋 ", rows, "件"), absl::StrCat(id, ": fingerprints, ", rows, " rows")},
          progress.fraction);
    case Stage::kComparing:
      return control.tell({absl::StrCat(id, ": 比較"), absl::StrCat(id, ": comparing")}, -1);
    case Stage::kRecords:
      return control.tell({absl::StrCat(id, ": 内容 ", rows, "件"), absl::StrCat(id, ": records, ", rows)}, -1);
    case Stage::kSealing:
      return control.tell({absl::StrCat(id, ": 確定"), absl::StrCat(id, ": sealing")}, -1);
    case Stage::kReconnecting:
      return control.tell({absl::StrCat(id, ": 再接続"), absl::StrCat(id, ": reconnecting")}, -1);
  }
}

// Invariant 2 of the design, so that a rehearsal never reports what did not happen.
absl::Status CheckCounts(const v1::SnapshotCounts& counts, uint64_t rows) {
  const uint64_t sum = counts.unchanged() + counts.added() + counts.updated() + counts.cosmetic() + counts.invalid() +
                       counts.duplicate();
  if (counts.received() == rows && sum == rows) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the engine's counts do not add up: ", rows, " rows were sent, ",
                                          counts.received(), " received, ", sum, " accounted for"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<EngineUnderTest>> EngineUnderTest::Start(const std::string& directory,
                                                                        const std::string& profile_toml) {
  auto engine = absl::WrapUnique(new EngineUnderTest);
  engine->directory_ = directory;
  engine->data_ = directory + "/data";
  engine->started_ = absl::Now();
  RETURN_IF_ERROR(engine->Launch());
  RETURN_IF_ERROR(engine->CreateDataset(profile_toml));
  return engine;
}

absl::Status EngineUnderTest::Launch() {
  ASSIGN_OR_RETURN(const std::string program, ProgramBesideThis("sabund"));
  ASSIGN_OR_RETURN(process_, ChildProcess::Start({program, "--allow-debugger", "--data", data_, "--listen",
                                                  absl::StrCat("unix:", directory_, "/engine.sock")},
                                                 directory_ + "/sabund"));
  watch_begun_ = SinceStart();
  watch_ = std::make_unique<ResourceWatch>(process_->id(), data_);
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, client::OpenChannel(process_->address()));
  admin_ = v1::AdminService::NewStub(channel);
  change_sets_ = v1::ChangeSetService::NewStub(channel);
  datasets_ = v1::DatasetService::NewStub(channel);
  intake_ = v1::IntakeService::NewStub(channel);
  submission_ = v1::SubmissionService::NewStub(channel);
  return absl::OkStatus();
}

absl::Status EngineUnderTest::CreateDataset(const std::string& profile_toml) {
  v1::CreateDatasetRequest request;
  request.set_name(kDataset);
  request.set_profile_toml(profile_toml);
  request.mutable_guards()->set_max_delete_percent(100);
  request.mutable_guards()->set_max_update_percent(100);
  request.mutable_guards()->set_max_shrink_percent(100);
  v1::CreateDatasetResponse response;
  grpc::ClientContext context;
  RETURN_IF_ERROR(client::FromGrpc(datasets_->CreateDataset(&context, request, &response)));
  const v1::Dataset& dataset = response.dataset();
  shape_ = {{dataset.fields().begin(), dataset.fields().end()},
            {dataset.key_fields().begin(), dataset.key_fields().end()}};
  return absl::OkStatus();
}

absl::StatusOr<RunCost> EngineUnderTest::Take(const std::string& id, client::RowSource& source,
                                              const RunControl& control) {
  RunCost run;
  run.id = id;
  run.begun = SinceStart();
  watch_->TakeHighest();
  MeteredSource metered(source, [this] { return Now(); });
  client::SyncOptions options;
  options.dataset = kDataset;
  options.kind = v1::SNAPSHOT_KIND_COMPLETE;
  options.snapshot_id = client::NewSnapshotId();
  options.cancelled = control.cancelled;
  options.on_progress = [&](const client::SyncProgress& progress) { TellStage(control, id, progress); };
  ASSIGN_OR_RETURN(const client::SyncResult result, client::RunSync(*intake_, metered, options));
  const Moment sealed = Now();
  run.counts = result.committed.counts();
  RETURN_IF_ERROR(CheckCounts(run.counts, result.rows));
  run.records_sent = result.records_sent;
  run.bytes_sent = result.bytes_sent;
  run.fingerprints = Between(metered.begun(), metered.read(), result.rows);
  run.compare = Between(metered.read(), metered.asked(), result.rows);
  run.records = Between(metered.asked(), metered.checked(), result.records_sent);
  run.seal = Between(metered.checked(), sealed, run.changes());
  run.waited = metered.waited();
  run.highest = watch_->TakeHighest();
  run.disk_bytes = DiskBytes();
  return run;
}

absl::Status EngineUnderTest::Stop() {
  earlier_samples_ = samples();
  peak_memory_ = PeakMemory();
  watch_.reset();
  // A connection that nobody uses does not notice that the engine wants to end, and would keep it for its grace time.
  admin_.reset();
  change_sets_.reset();
  datasets_.reset();
  intake_.reset();
  submission_.reset();
  return process_->Stop();
}

absl::StatusOr<uint64_t> EngineUnderTest::DiskAtRest(const RunControl& control) {
  control.tell({"データが落ち着くのを待つ", "waiting until the data is at rest"}, -1);
  RETURN_IF_ERROR(Stop());
  RETURN_IF_ERROR(Launch());
  uint64_t bytes = DiskBytes();
  absl::Duration still;
  for (absl::Duration waited; waited < kRestPatience && still < kRestStill; waited += kRestPoll) {
    if (control.cancelled != nullptr && *control.cancelled) return absl::CancelledError("stopped on request");
    absl::SleepFor(kRestPoll);
    still = DiskBytes() == bytes ? still + kRestPoll : absl::ZeroDuration();
    bytes = DiskBytes();
  }
  return bytes;
}

std::vector<ResourceSample> EngineUnderTest::samples() const {
  std::vector<ResourceSample> all = earlier_samples_;
  if (watch_ == nullptr) return all;
  for (ResourceSample sample : watch_->samples()) {
    sample.seconds += absl::ToDoubleSeconds(watch_begun_);
    all.push_back(sample);
  }
  while (all.size() > ResourceWatch::kMaxSamples) Thin(&all);
  return all;
}

Moment EngineUnderTest::Now() const { return {absl::Now(), OwnCpuTime(), CpuTimeOf(process_->id())}; }

absl::Duration EngineUnderTest::SinceStart() const { return absl::Now() - started_; }

uint64_t EngineUnderTest::DiskBytes() const { return DiskUse(data_, process_->id()); }

absl::StatusOr<v1::DatasetStatus> EngineUnderTest::Status() {
  v1::GetStatusRequest request;
  request.set_dataset(kDataset);
  v1::GetStatusResponse response;
  grpc::ClientContext context;
  RETURN_IF_ERROR(client::FromGrpc(admin_->GetStatus(&context, request, &response)));
  if (response.datasets_size() != 1) return absl::InternalError("the engine does not know its dataset");
  return response.datasets(0);
}

}  // namespace sabun::bench
