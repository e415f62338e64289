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
  ASSIGN_OR_RETURN(const std::string program, ProgramBesideThis("sabund"));
  auto engine = absl::WrapUnique(new EngineUnderTest);
  engine->data_ = directory + "/data";
  engine->started_ = absl::Now();
  ASSIGN_OR_RETURN(engine->process_, ChildProcess::Start({program, "--data", engine->data_, "--listen",
                                                          absl::StrCat("unix:", directory, "/engine.sock")},
                                                         directory + "/sabund"));
  engine->watch_ = std::make_unique<ResourceWatch>(engine->process_->id(), engine->data_);
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, client::OpenChannel(engine->process_->address()));
  engine->admin_ = v1::AdminService::NewStub(channel);
  engine->change_sets_ = v1::ChangeSetService::NewStub(channel);
  engine->datasets_ = v1::DatasetService::NewStub(channel);
  engine->intake_ = v1::IntakeService::NewStub(channel);
  engine->submission_ = v1::SubmissionService::NewStub(channel);
  RETURN_IF_ERROR(engine->CreateDataset(profile_toml));
  return engine;
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
  watch_.reset();
  // A connection that nobody uses does not notice that the engine wants to end, and would keep it for its grace time.
  admin_.reset();
  change_sets_.reset();
  datasets_.reset();
  intake_.reset();
  submission_.reset();
  return process_->Stop();
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
