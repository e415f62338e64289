// The calls of AdminService that read or write everything, and tell how far they are.
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

constexpr absl::Duration kTellEvery = absl::Milliseconds(500);

void FillFinding(const VerifyFinding& finding, v1::VerifyFinding* out) {
  out->set_check(finding.check);
  out->set_problem(finding.problem);
  out->set_examined(finding.examined);
}

void FillBackup(const BackupManifest& manifest, v1::Backup* out) {
  out->set_id(manifest.id);
  out->set_created_at(manifest.created_at);
  out->set_bytes(manifest.bytes);
  out->set_new_bytes(manifest.new_bytes);
  out->set_files(manifest.files.size());
  for (const BackupDataset& dataset : manifest.datasets) {
    v1::BackupDataset* const one = out->add_datasets();
    one->set_dataset(dataset.name);
    one->set_records(dataset.records);
    one->set_accepted_records(dataset.accepted_records);
    one->set_newest_change_set(dataset.newest_change_set);
  }
}

absl::Status NoErasures() { return absl::FailedPreconditionError("this engine carries out no orders of erasure"); }

// A pace that tells the caller how far it is, and ends when the caller went away.
template <typename Response>
Pace TellingPace(uint64_t bytes_per_second, const Call* call, grpc::ServerWriter<Response>* writer) {
  return Pace(bytes_per_second, [call, writer, told = absl::Now()](uint64_t bytes) mutable {
    if (call->IsCancelled()) return false;
    const absl::Time now = absl::Now();
    if (now - told < kTellEvery) return true;
    told = now;
    Response response;
    response.set_bytes(bytes);
    return writer->Write(response);
  });
}

}  // namespace

grpc::Status AdminService::VerifyStore(Call& call, const v1::VerifyStoreRequest* request,
                                       grpc::ServerWriter<v1::VerifyStoreResponse>* writer) {
  Pace pace = TellingPace(request->bytes_per_second(), &call, writer);
  return ToGrpc(sabun::VerifyStore(engine_, request->dataset(), &pace, [&](const StoreFinding& found) {
    if (!found.dataset.empty() && !call.Sees(found.dataset)) return;
    v1::VerifyStoreResponse response;
    response.set_bytes(pace.bytes());
    response.set_dataset(found.dataset);
    FillFinding(found.finding, response.mutable_finding());
    writer->Write(response);
  }));
}

grpc::Status AdminService::CreateBackup(Call& call, const v1::CreateBackupRequest* request,
                                        grpc::ServerWriter<v1::CreateBackupResponse>* writer) {
  Pace pace = TellingPace(request->bytes_per_second(), &call, writer);
  const auto manifest = backups_.Create(request->folder(), request->keep(), &pace);
  if (!manifest.ok()) return ToGrpc(manifest.status());
  v1::CreateBackupResponse response;
  response.set_bytes(pace.bytes());
  FillBackup(*manifest, response.mutable_backup());
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status AdminService::CheckBackup(Call& call, const v1::CheckBackupRequest* request,
                                       grpc::ServerWriter<v1::CheckBackupResponse>* writer) {
  Pace pace = TellingPace(request->bytes_per_second(), &call, writer);
  const auto checked = backups_.Check(request->folder(), request->id(), &pace);
  if (!checked.ok()) return ToGrpc(checked.status());
  v1::CheckBackupResponse response;
  response.set_bytes(pace.bytes());
  response.set_sound(true);
  FillBackup(checked->manifest, response.mutable_backup());
  for (const VerifyFinding& finding : checked->findings) {
    FillFinding(finding, response.add_findings());
    if (!finding.problem.empty()) response.set_sound(false);
  }
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status AdminService::EraseRecords(Call& call, const v1::EraseRecordsRequest* request,
                                        grpc::ServerWriter<v1::EraseRecordsResponse>* writer) {
  ErasureOrder order{request->dataset(), {}, request->ordered_by(), request->reason()};
  for (const v1::RecordKey& key : request->keys()) order.keys.emplace_back(key.values().begin(), key.values().end());
  Pace pace = TellingPace(/*bytes_per_second=*/0, &call, writer);
  if (beside_.erasures == nullptr) return ToGrpc(NoErasures());
  const absl::StatusOr<std::string> certificate = beside_.erasures->Erase(order, &pace);
  if (!certificate.ok()) return ToGrpc(certificate.status());
  v1::EraseRecordsResponse response;
  response.set_bytes(pace.bytes());
  response.set_certificate(*certificate);
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status AdminService::EraseOrganization(Call& call, const v1::EraseOrganizationRequest* request,
                                             v1::EraseOrganizationResponse* response) {
  if (beside_.erasures == nullptr) return ToGrpc(NoErasures());
  const absl::StatusOr<std::string> certificate =
      beside_.erasures->EraseOrganization({request->organization(), request->ordered_by(), request->reason()});
  if (!certificate.ok()) return ToGrpc(certificate.status());
  call.Count("certificates", 1);
  response->set_certificate(*certificate);
  return grpc::Status::OK;
}

grpc::Status AdminService::EndReconciliation(Call& call, const v1::EndReconciliationRequest*,
                                             v1::EndReconciliationResponse* response) {
  const auto ended = call.dataset()->change_sets().EndReconciliation();
  if (!ended.ok()) return ToGrpc(ended.status());
  response->set_ended(*ended);
  return grpc::Status::OK;
}

}  // namespace sabun
