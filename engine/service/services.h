// The request/response services. Each call finds its dataset, asks the engine, and fills the answer.
#pragma once

#include "engine/backups.h"
#include "engine/engine.h"
#include "engine/erasures.h"
#include "engine/service/guarded_service.h"
#include "engine/verification.h"
#include "sabun/v1/admin.pb.h"
#include "sabun/v1/change_set.pb.h"
#include "sabun/v1/dataset.pb.h"
#include "sabun/v1/reject.pb.h"
#include "sabun/v1/submission.pb.h"

namespace sabun {

// Thread safe, like all below.
class DatasetService : public GuardedService {
 public:
  DatasetService(Engine* engine, Gate* gate);
  grpc::Status CreateDataset(Call&, const v1::CreateDatasetRequest*, v1::CreateDatasetResponse*);
  grpc::Status UpdateDataset(Call&, const v1::UpdateDatasetRequest*, v1::UpdateDatasetResponse*);
  grpc::Status RotateFingerprintSecret(Call&, const v1::RotateFingerprintSecretRequest*,
                                       v1::RotateFingerprintSecretResponse*);
  grpc::Status GetDataset(Call&, const v1::GetDatasetRequest*, v1::GetDatasetResponse*);
  grpc::Status ListDatasets(Call&, const v1::ListDatasetsRequest*, v1::ListDatasetsResponse*);

 private:
  Engine* engine_;
};

class ChangeSetService : public GuardedService {
 public:
  explicit ChangeSetService(Gate* gate);
  grpc::Status ListChangeSets(Call&, const v1::ListChangeSetsRequest*, v1::ListChangeSetsResponse*);
  grpc::Status GetChangeSet(Call&, const v1::GetChangeSetRequest*, v1::GetChangeSetResponse*);
  grpc::Status ReadChanges(Call&, const v1::ReadChangesRequest*, grpc::ServerWriter<v1::ReadChangesResponse>*);
  grpc::Status ApproveChangeSet(Call&, const v1::ApproveChangeSetRequest*, v1::ApproveChangeSetResponse*);
  grpc::Status DiscardChangeSet(Call&, const v1::DiscardChangeSetRequest*, v1::DiscardChangeSetResponse*);
  grpc::Status PlanResend(Call&, const v1::PlanResendRequest*, v1::PlanResendResponse*);
};

class SubmissionService : public GuardedService {
 public:
  explicit SubmissionService(Gate* gate);
  grpc::Status AcquireLease(Call&, const v1::AcquireLeaseRequest*, v1::AcquireLeaseResponse*);
  grpc::Status ReleaseLease(Call&, const v1::ReleaseLeaseRequest*, v1::ReleaseLeaseResponse*);
  grpc::Status NextBatch(Call&, const v1::NextBatchRequest*, v1::NextBatchResponse*);
  grpc::Status ListOpenBatches(Call&, const v1::ListOpenBatchesRequest*, v1::ListOpenBatchesResponse*);
  grpc::Status ReadBatch(Call&, const v1::ReadBatchRequest*, v1::ReadBatchResponse*);
  grpc::Status SplitBatch(Call&, const v1::SplitBatchRequest*, v1::SplitBatchResponse*);
  grpc::Status RecordTask(Call&, const v1::RecordTaskRequest*, v1::RecordTaskResponse*);
  grpc::Status MarkUnknown(Call&, const v1::MarkUnknownRequest*, v1::MarkUnknownResponse*);
  grpc::Status RecordReceipts(Call&, const v1::RecordReceiptsRequest*, v1::RecordReceiptsResponse*);
};

class RejectService : public GuardedService {
 public:
  explicit RejectService(Gate* gate);
  grpc::Status ListRejects(Call&, const v1::ListRejectsRequest*, grpc::ServerWriter<v1::ListRejectsResponse>*);
  grpc::Status RetryRejects(Call&, const v1::RetryRejectsRequest*, v1::RetryRejectsResponse*);
};

class AdminService : public GuardedService {
 public:
  // What lives beside the engine, and longer than the service; `scrub` and `erasures` may be null.
  struct Beside {
    std::string version;
    Scrub* scrub = nullptr;
    Erasures* erasures = nullptr;
  };
  AdminService(Engine* engine, Gate* gate, Beside beside);
  grpc::Status GetStatus(Call&, const v1::GetStatusRequest*, v1::GetStatusResponse*);
  grpc::Status VerifyDataset(Call&, const v1::VerifyDatasetRequest*, v1::VerifyDatasetResponse*);
  grpc::Status VerifyStore(Call&, const v1::VerifyStoreRequest*, grpc::ServerWriter<v1::VerifyStoreResponse>*);
  grpc::Status CreateBackup(Call&, const v1::CreateBackupRequest*, grpc::ServerWriter<v1::CreateBackupResponse>*);
  grpc::Status CheckBackup(Call&, const v1::CheckBackupRequest*, grpc::ServerWriter<v1::CheckBackupResponse>*);
  grpc::Status EndReconciliation(Call&, const v1::EndReconciliationRequest*, v1::EndReconciliationResponse*);
  grpc::Status EraseRecords(Call&, const v1::EraseRecordsRequest*, grpc::ServerWriter<v1::EraseRecordsResponse>*);
  grpc::Status EraseOrganization(Call&, const v1::EraseOrganizationRequest*, v1::EraseOrganizationResponse*);

 private:
  Engine* engine_;
  const Beside beside_;
  Backups backups_;
  const absl::Time started_ = absl::Now();
};

}  // namespace sabun
