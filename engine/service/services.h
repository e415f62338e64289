// The request/response services. Each call finds its dataset, asks the engine, and fills the answer.
#pragma once

#include "engine/backups.h"
#include "engine/engine.h"
#include "engine/verification.h"
#include "sabun/v1/admin.grpc.pb.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "sabun/v1/dataset.grpc.pb.h"
#include "sabun/v1/reject.grpc.pb.h"
#include "sabun/v1/submission.grpc.pb.h"

namespace sabun {

// Thread safe, like all below.
class DatasetService : public v1::DatasetService::Service {
 public:
  explicit DatasetService(Engine* engine) : engine_(engine) {}
  grpc::Status CreateDataset(grpc::ServerContext*, const v1::CreateDatasetRequest*,
                             v1::CreateDatasetResponse*) override;
  grpc::Status UpdateDataset(grpc::ServerContext*, const v1::UpdateDatasetRequest*,
                             v1::UpdateDatasetResponse*) override;
  grpc::Status GetDataset(grpc::ServerContext*, const v1::GetDatasetRequest*, v1::GetDatasetResponse*) override;
  grpc::Status ListDatasets(grpc::ServerContext*, const v1::ListDatasetsRequest*, v1::ListDatasetsResponse*) override;

 private:
  Engine* engine_;
};

class ChangeSetService : public v1::ChangeSetService::Service {
 public:
  explicit ChangeSetService(Engine* engine) : engine_(engine) {}
  grpc::Status ListChangeSets(grpc::ServerContext*, const v1::ListChangeSetsRequest*,
                              v1::ListChangeSetsResponse*) override;
  grpc::Status GetChangeSet(grpc::ServerContext*, const v1::GetChangeSetRequest*, v1::GetChangeSetResponse*) override;
  grpc::Status ReadChanges(grpc::ServerContext*, const v1::ReadChangesRequest*,
                           grpc::ServerWriter<v1::ReadChangesResponse>*) override;
  grpc::Status ApproveChangeSet(grpc::ServerContext*, const v1::ApproveChangeSetRequest*,
                                v1::ApproveChangeSetResponse*) override;
  grpc::Status DiscardChangeSet(grpc::ServerContext*, const v1::DiscardChangeSetRequest*,
                                v1::DiscardChangeSetResponse*) override;

 private:
  Engine* engine_;
};

class SubmissionService : public v1::SubmissionService::Service {
 public:
  explicit SubmissionService(Engine* engine) : engine_(engine) {}
  grpc::Status AcquireLease(grpc::ServerContext*, const v1::AcquireLeaseRequest*, v1::AcquireLeaseResponse*) override;
  grpc::Status ReleaseLease(grpc::ServerContext*, const v1::ReleaseLeaseRequest*, v1::ReleaseLeaseResponse*) override;
  grpc::Status NextBatch(grpc::ServerContext*, const v1::NextBatchRequest*, v1::NextBatchResponse*) override;
  grpc::Status ListOpenBatches(grpc::ServerContext*, const v1::ListOpenBatchesRequest*,
                               v1::ListOpenBatchesResponse*) override;
  grpc::Status ReadBatch(grpc::ServerContext*, const v1::ReadBatchRequest*, v1::ReadBatchResponse*) override;
  grpc::Status SplitBatch(grpc::ServerContext*, const v1::SplitBatchRequest*, v1::SplitBatchResponse*) override;
  grpc::Status RecordTask(grpc::ServerContext*, const v1::RecordTaskRequest*, v1::RecordTaskResponse*) override;
  grpc::Status MarkUnknown(grpc::ServerContext*, const v1::MarkUnknownRequest*, v1::MarkUnknownResponse*) override;
  grpc::Status RecordReceipts(grpc::ServerContext*, const v1::RecordReceiptsRequest*,
                              v1::RecordReceiptsResponse*) override;

 private:
  Engine* engine_;
};

class RejectService : public v1::RejectService::Service {
 public:
  explicit RejectService(Engine* engine) : engine_(engine) {}
  grpc::Status ListRejects(grpc::ServerContext*, const v1::ListRejectsRequest*,
                           grpc::ServerWriter<v1::ListRejectsResponse>*) override;
  grpc::Status RetryRejects(grpc::ServerContext*, const v1::RetryRejectsRequest*, v1::RetryRejectsResponse*) override;

 private:
  Engine* engine_;
};

class AdminService : public v1::AdminService::Service {
 public:
  // `scrub` may be null.
  AdminService(Engine* engine, std::string version, Scrub* scrub)
      : engine_(engine), version_(std::move(version)), scrub_(scrub), backups_(engine) {}
  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*, v1::GetStatusResponse*) override;
  grpc::Status VerifyDataset(grpc::ServerContext*, const v1::VerifyDatasetRequest*,
                             v1::VerifyDatasetResponse*) override;
  grpc::Status VerifyStore(grpc::ServerContext*, const v1::VerifyStoreRequest*,
                           grpc::ServerWriter<v1::VerifyStoreResponse>*) override;
  grpc::Status CreateBackup(grpc::ServerContext*, const v1::CreateBackupRequest*,
                            grpc::ServerWriter<v1::CreateBackupResponse>*) override;
  grpc::Status CheckBackup(grpc::ServerContext*, const v1::CheckBackupRequest*,
                           grpc::ServerWriter<v1::CheckBackupResponse>*) override;
  grpc::Status EndReconciliation(grpc::ServerContext*, const v1::EndReconciliationRequest*,
                                 v1::EndReconciliationResponse*) override;

 private:
  Engine* engine_;
  std::string version_;
  Scrub* scrub_;
  Backups backups_;
  const absl::Time started_ = absl::Now();
};

}  // namespace sabun
