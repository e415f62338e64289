#include "engine/access/method_rules.h"

namespace sabun {
namespace {

constexpr const char* kRoleNames[kRoleCount] = {"source",  "submitter",   "operator",     "approver",
                                                "auditor", "key_officer", "administrator"};

constexpr Roles kSource = Only(Role::kSource);
constexpr Roles kSubmitter = Only(Role::kSubmitter);
constexpr Roles kOperator = Only(Role::kOperator);
constexpr Roles kApprover = Only(Role::kApprover);
constexpr Roles kAuditor = Only(Role::kAuditor);
constexpr Roles kKeyOfficer = Only(Role::kKeyOfficer);
constexpr Roles kAdministrator = Only(Role::kAdministrator);
// What a dataset is and how it stands, in counts: everybody who works with it.
constexpr Roles kLooking = kSource | kSubmitter | kOperator | kApprover | kAuditor | kAdministrator;

constexpr auto kEach = Recording::kEach;
constexpr auto kInterval = Recording::kInterval;
constexpr bool kContents = true;

}  // namespace

absl::string_view ToString(Role role) { return kRoleNames[static_cast<int>(role)]; }

std::optional<Role> RoleNamed(absl::string_view name) {
  for (int i = 0; i < kRoleCount; ++i) {
    if (name == kRoleNames[i]) return static_cast<Role>(i);
  }
  return std::nullopt;
}

const std::vector<MethodRule>& MethodRules() {
  static const auto* const rules = new std::vector<MethodRule>{
      {"/sabun.v1.DatasetService/CreateDataset", kAdministrator, Scope::kNewDataset, kEach},
      {"/sabun.v1.DatasetService/UpdateDataset", kAdministrator, Scope::kDataset, kEach},
      {"/sabun.v1.DatasetService/RotateFingerprintSecret", kKeyOfficer | kAdministrator, Scope::kDataset, kEach},
      {"/sabun.v1.DatasetService/GetDataset", kLooking, Scope::kDataset, kInterval},
      {"/sabun.v1.DatasetService/ListDatasets", kLooking, Scope::kVisible, kInterval},

      {"/sabun.v1.IntakeService/Sync", kSource, Scope::kDataset, kEach},

      {"/sabun.v1.ChangeSetService/ListChangeSets", kLooking, Scope::kDataset, kInterval},
      {"/sabun.v1.ChangeSetService/GetChangeSet", kLooking, Scope::kDataset, kInterval},
      {"/sabun.v1.ChangeSetService/ReadChanges", kOperator | kApprover | kAuditor, Scope::kDataset, kEach, kContents},
      {"/sabun.v1.ChangeSetService/ApproveChangeSet", kApprover, Scope::kDataset, kEach},
      {"/sabun.v1.ChangeSetService/DiscardChangeSet", kOperator | kApprover, Scope::kDataset, kEach},
      {"/sabun.v1.ChangeSetService/PlanResend", kOperator, Scope::kDataset, kEach},

      {"/sabun.v1.SubmissionService/AcquireLease", kSubmitter, Scope::kDataset, kInterval},
      {"/sabun.v1.SubmissionService/ReleaseLease", kSubmitter, Scope::kDataset, kInterval},
      {"/sabun.v1.SubmissionService/NextBatch", kSubmitter, Scope::kDataset, kInterval, kContents},
      {"/sabun.v1.SubmissionService/ListOpenBatches", kSubmitter, Scope::kDataset, kInterval},
      {"/sabun.v1.SubmissionService/ReadBatch", kSubmitter, Scope::kDataset, kInterval, kContents},
      {"/sabun.v1.SubmissionService/SplitBatch", kSubmitter, Scope::kDataset, kInterval},
      {"/sabun.v1.SubmissionService/RecordTask", kSubmitter, Scope::kDataset, kInterval},
      {"/sabun.v1.SubmissionService/MarkUnknown", kSubmitter, Scope::kDataset, kInterval},
      {"/sabun.v1.SubmissionService/RecordReceipts", kSubmitter, Scope::kDataset, kInterval},

      {"/sabun.v1.RejectService/ListRejects", kOperator | kApprover | kAuditor, Scope::kDataset, kEach, kContents},
      {"/sabun.v1.RejectService/RetryRejects", kOperator, Scope::kDataset, kEach},

      {"/sabun.v1.AdminService/GetStatus", kLooking, Scope::kVisible, kInterval},
      {"/sabun.v1.AdminService/VerifyDataset", kOperator | kAuditor | kAdministrator, Scope::kDataset, kEach},
      {"/sabun.v1.AdminService/VerifyStore", kOperator | kAuditor | kAdministrator, Scope::kVisible, kEach},
      {"/sabun.v1.AdminService/CreateBackup", kOperator | kAdministrator, Scope::kEngine, kEach},
      {"/sabun.v1.AdminService/CheckBackup", kOperator | kAuditor | kAdministrator, Scope::kEngine, kEach},
      // It makes the backups of every organization unreadable.
      {"/sabun.v1.AdminService/EraseRecords", kKeyOfficer | kAdministrator, Scope::kEngine, kEach},
      // Nobody's alone who works with the data: not an administrator's, who could have it for himself.
      {"/sabun.v1.AdminService/EraseOrganization", kKeyOfficer, Scope::kEngine, kEach},
      {"/sabun.v1.AdminService/EndReconciliation", kOperator | kApprover, Scope::kDataset, kEach},

      {"/sabun.v1.AuditService/ExportAudit", kAuditor, Scope::kOrganizations, kEach},
      {"/sabun.v1.AuditService/VerifyAudit", kAuditor, Scope::kOrganizations, kEach},
      {"/sabun.v1.AuditService/AnalyzeAudit", kAuditor, Scope::kOrganizations, kEach},
      {"/sabun.v1.AuditService/ReportIncident", kAuditor, Scope::kOrganizations, kEach},
  };
  return *rules;
}

const MethodRule* FindMethodRule(absl::string_view method) {
  for (const MethodRule& rule : MethodRules()) {
    if (method == rule.method) return &rule;
  }
  return nullptr;
}

}  // namespace sabun
