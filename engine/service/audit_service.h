// AuditService: the audit log for those who may read it.
#pragma once

#include "engine/audit/recorder.h"
#include "engine/service/guarded_service.h"
#include "sabun/v1/audit.pb.h"

namespace sabun {

// Thread safe.
class AuditService : public GuardedService {
 public:
  // The log must outlive it. `access` is null for development.
  AuditService(Gate* gate, AuditLog* log, std::shared_ptr<AccessFile> access);

  grpc::Status ExportAudit(Call&, const v1::ExportAuditRequest*, grpc::ServerWriter<v1::ExportAuditResponse>*);
  grpc::Status VerifyAudit(Call&, const v1::VerifyAuditRequest*, v1::VerifyAuditResponse*);
  grpc::Status AnalyzeAudit(Call&, const v1::AnalyzeAuditRequest*, v1::AnalyzeAuditResponse*);
  grpc::Status ReportIncident(Call&, const v1::ReportIncidentRequest*, v1::ReportIncidentResponse*);

 private:
  AuditLog* const log_;
  const std::shared_ptr<AccessFile> access_;
};

}  // namespace sabun
