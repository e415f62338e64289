// Who may call what, written down a second time and by hand, as the specification that the engine's table is held to.
#pragma once

#include <map>
#include <string>

namespace sabun {

// By method: the roles that may call it, one letter each in the order source, submitter, operator, approver, auditor,
// key officer (k), administrator (m); a dot where the role may not.
inline const std::map<std::string, std::string>& ExpectedMatrix() {
  static const auto* const matrix = new std::map<std::string, std::string>{
      {"/sabun.v1.AdminService/CheckBackup", "..o.c.m"},
      {"/sabun.v1.AdminService/CreateBackup", "..o...m"},
      {"/sabun.v1.AdminService/EndReconciliation", "..oa..."},
      {"/sabun.v1.AdminService/EraseOrganization", ".....k."},
      {"/sabun.v1.AdminService/EraseRecords", ".....km"},
      {"/sabun.v1.AdminService/GetStatus", "suoac.m"},
      {"/sabun.v1.AdminService/VerifyDataset", "..o.c.m"},
      {"/sabun.v1.AdminService/VerifyStore", "..o.c.m"},
      {"/sabun.v1.AuditService/AnalyzeAudit", "....c.."},
      {"/sabun.v1.AuditService/ExportAudit", "....c.."},
      {"/sabun.v1.AuditService/ReportIncident", "....c.."},
      {"/sabun.v1.AuditService/VerifyAudit", "....c.."},
      {"/sabun.v1.ChangeSetService/ApproveChangeSet", "...a..."},
      {"/sabun.v1.ChangeSetService/DiscardChangeSet", "..oa..."},
      {"/sabun.v1.ChangeSetService/GetChangeSet", "suoac.m"},
      {"/sabun.v1.ChangeSetService/ListChangeSets", "suoac.m"},
      {"/sabun.v1.ChangeSetService/PlanResend", "..o...."},
      {"/sabun.v1.ChangeSetService/ReadChanges", "..oac.."},
      {"/sabun.v1.DatasetService/CreateDataset", "......m"},
      {"/sabun.v1.DatasetService/GetDataset", "suoac.m"},
      {"/sabun.v1.DatasetService/ListDatasets", "suoac.m"},
      {"/sabun.v1.DatasetService/RotateFingerprintSecret", ".....km"},
      {"/sabun.v1.DatasetService/UpdateDataset", "......m"},
      {"/sabun.v1.IntakeService/Sync", "s......"},
      {"/sabun.v1.RejectService/ListRejects", "..oac.."},
      {"/sabun.v1.RejectService/RetryRejects", "..o...."},
      {"/sabun.v1.SubmissionService/AcquireLease", ".u....."},
      {"/sabun.v1.SubmissionService/ListOpenBatches", ".u....."},
      {"/sabun.v1.SubmissionService/MarkUnknown", ".u....."},
      {"/sabun.v1.SubmissionService/NextBatch", ".u....."},
      {"/sabun.v1.SubmissionService/ReadBatch", ".u....."},
      {"/sabun.v1.SubmissionService/RecordReceipts", ".u....."},
      {"/sabun.v1.SubmissionService/RecordTask", ".u....."},
      {"/sabun.v1.SubmissionService/ReleaseLease", ".u....."},
      {"/sabun.v1.SubmissionService/SplitBatch", ".u....."},
  };
  return *matrix;
}

// About all organizations at once: only a grant for "*" allows it.
inline bool IsAboutTheEngine(const std::string& method) {
  return method == "/sabun.v1.AdminService/CheckBackup" || method == "/sabun.v1.AdminService/CreateBackup" ||
         method == "/sabun.v1.AdminService/EraseOrganization" || method == "/sabun.v1.AdminService/EraseRecords";
}

}  // namespace sabun
