#include "engine/base/status_macros.h"
#include "engine/ledger/verify.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

absl::Status FillStatus(Dataset& dataset, v1::DatasetStatus* out) {
  const LedgerHead head = dataset.ledger().Head();
  const std::string name = dataset.row().name;
  out->set_dataset(name);
  out->set_records(head.records);
  out->set_accepted_records(head.capsules);
  out->set_pending(head.pending);
  out->set_rejected(head.parked);
  ASSIGN_OR_RETURN(const auto open, dataset.submissions().CountOpen());
  out->set_open_batches(open.batches);
  out->set_unknown(open.unknown_items);
  out->set_in_flight(head.in_flight - std::min(head.in_flight, open.unknown_items));
  if (head.newest != 0) {
    ASSIGN_OR_RETURN(const ChangeSetInfo newest, dataset.change_sets().Get(head.newest));
    FillChangeSet(name, newest, out->mutable_newest_change_set());
  }
  if (head.held != 0) {
    ASSIGN_OR_RETURN(const ChangeSetInfo held, dataset.change_sets().Get(head.held));
    FillChangeSet(name, held, out->mutable_held_change_set());
  }
  out->set_lease_holder(dataset.submissions().Holder());
  if (const std::optional<HubReport> hub = dataset.submissions().Hub()) {
    out->mutable_hub()->set_circuit(static_cast<v1::HubCircuit>(hub->circuit));
    out->mutable_hub()->set_failures_in_a_row(hub->failures_in_a_row);
    out->mutable_hub()->set_last_code(hub->last_code);
    const absl::Duration left = hub->next_attempt - dataset.ledger().clock->Now();
    out->mutable_hub()->set_next_attempt_ms(std::max<int64_t>(absl::ToInt64Milliseconds(left), 0));
  }
  out->set_intake_in_progress(dataset.IsTakingIn());
  out->set_unreconciled(head.unreconciled);
  return absl::OkStatus();
}

}  // namespace

AdminService::AdminService(Engine* engine, Gate* gate, Beside beside)
    : GuardedService(gate), engine_(engine), beside_(std::move(beside)), backups_(engine) {
  Unary("/sabun.v1.AdminService/GetStatus", &AdminService::GetStatus);
  Unary("/sabun.v1.AdminService/VerifyDataset", &AdminService::VerifyDataset);
  Streaming("/sabun.v1.AdminService/VerifyStore", &AdminService::VerifyStore);
  Streaming("/sabun.v1.AdminService/CreateBackup", &AdminService::CreateBackup);
  Streaming("/sabun.v1.AdminService/CheckBackup", &AdminService::CheckBackup);
  Streaming("/sabun.v1.AdminService/EraseRecords", &AdminService::EraseRecords);
  Unary("/sabun.v1.AdminService/EraseOrganization", &AdminService::EraseOrganization);
  Unary("/sabun.v1.AdminService/EndReconciliation", &AdminService::EndReconciliation);
}

grpc::Status AdminService::GetStatus(Call& call, const v1::GetStatusRequest*, v1::GetStatusResponse* response) {
  std::vector<std::shared_ptr<Dataset>> datasets;
  if (call.dataset() != nullptr) {
    datasets.push_back(call.dataset());
  } else {
    for (const auto& dataset : engine_->List("", 10'000)) {
      if (call.Sees(dataset->row().name)) datasets.push_back(dataset);
    }
  }
  for (const auto& dataset : datasets) {
    const absl::Status status = FillStatus(*dataset, response->add_datasets());
    if (!status.ok()) return ToGrpc(status);
  }
  if (beside_.scrub != nullptr) {
    const absl::StatusOr<ScrubResult> last = beside_.scrub->Last();
    if (!last.ok()) return ToGrpc(last.status());
    v1::Scrub* const scrub = response->mutable_scrub();
    scrub->set_finished_at(last->finished_at);
    scrub->set_sound(last->sound);
    scrub->set_bytes(last->bytes);
    scrub->set_problem(last->problem);
    scrub->set_running(beside_.scrub->IsRunning());
  }
  response->set_engine_version(beside_.version);
  response->set_uptime_seconds(absl::ToInt64Seconds(absl::Now() - started_));
  return grpc::Status::OK;
}

grpc::Status AdminService::VerifyDataset(Call& call, const v1::VerifyDatasetRequest*,
                                         v1::VerifyDatasetResponse* response) {
  Dataset* const dataset = call.dataset().get();
  response->set_sound(true);
  for (const VerifyFinding& finding : VerifyLedger(&dataset->ledger())) {
    v1::VerifyFinding* out = response->add_findings();
    out->set_check(finding.check);
    out->set_problem(finding.problem);
    out->set_examined(finding.examined);
    if (!finding.problem.empty()) response->set_sound(false);
  }
  return grpc::Status::OK;
}

}  // namespace sabun
