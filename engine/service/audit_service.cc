#include "engine/service/audit_service.h"

#include <filesystem>

#include "engine/audit/analysis.h"
#include "engine/audit/incident.h"
#include "engine/audit/verify_log.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

constexpr int kMaxAnchors = 10'000;

int64_t Seconds(absl::Time time) {
  return time == absl::InfinitePast() || time == absl::InfiniteFuture() ? 0 : absl::ToUnixSeconds(time);
}

absl::Status CheckPeriod(int64_t from, int64_t to) {
  if (from < to) return absl::OkStatus();
  return absl::InvalidArgumentError("the period must end after it begins");
}

absl::StatusOr<AnalysisOptions> OptionsOf(const v1::AnalyzeAuditRequest& request) {
  RETURN_IF_ERROR(CheckPeriod(request.from(), request.to()));
  AnalysisOptions options;
  options.from = absl::FromUnixSeconds(request.from());
  options.to = absl::FromUnixSeconds(request.to());
  if (!request.time_zone().empty() && !absl::LoadTimeZone(request.time_zone(), &options.zone)) {
    return absl::InvalidArgumentError("there is no such time zone");
  }
  if (request.has_day_begins_hour()) options.day_begins_hour = static_cast<int>(request.day_begins_hour());
  if (request.has_day_ends_hour()) options.day_ends_hour = static_cast<int>(request.day_ends_hour());
  if (request.has_usual_records()) options.usual_records = request.usual_records();
  if (request.has_dormant_days()) options.dormant_days = static_cast<int>(request.dormant_days());
  return options;
}

// Those who may call something now, of the organizations that the auditor may see.
std::vector<KnownIdentity> KnownTo(const Call& call, AccessFile* access, absl::Time now) {
  std::vector<KnownIdentity> known;
  if (access == nullptr) return known;
  const std::shared_ptr<const Grants> grants = access->Current();
  for (const Grant& grant : grants->all()) {
    if (grant.valid_from > now || grant.valid_until <= now) continue;
    bool visible = false;
    for (const std::string& organization : grant.organizations) visible = visible || call.Audits(organization);
    const bool person = (grant.roles & ~(Only(Role::kSource) | Only(Role::kSubmitter))) != 0;
    if (visible) known.push_back({grant.identity, grant.contractor, person});
  }
  return known;
}

void FillFinding(const AuditFinding& finding, v1::AuditFinding* out) {
  out->set_kind(finding.kind);
  out->set_who(finding.who);
  out->set_organization(finding.organization);
  out->set_dataset(finding.dataset);
  out->set_first(Seconds(finding.first));
  out->set_last(Seconds(finding.last));
  out->set_count(finding.count);
  out->set_usual(finding.usual);
  out->set_sequence(finding.sequence);
}

void FillActivity(const AuditActivity& activity, v1::AuditActivity* out) {
  out->set_who(activity.who);
  out->set_contractor(activity.contractor);
  out->set_calls(activity.calls);
  out->set_refused(activity.refused);
  out->set_content_records(activity.content_records);
  out->set_first(Seconds(activity.first));
  out->set_last(Seconds(activity.last));
}

void FillRead(const ContentRead& read, v1::ContentRead* out) {
  out->set_who(read.who);
  out->set_organization(read.organization);
  out->set_dataset(read.dataset);
  out->set_method(read.method);
  out->set_calls(read.calls);
  out->set_records(read.records);
  out->set_last(Seconds(read.last));
}

}  // namespace

AuditService::AuditService(Gate* gate, AuditLog* log, std::shared_ptr<AccessFile> access)
    : GuardedService(gate), log_(log), access_(std::move(access)) {
  Streaming("/sabun.v1.AuditService/ExportAudit", &AuditService::ExportAudit);
  Unary("/sabun.v1.AuditService/VerifyAudit", &AuditService::VerifyAudit);
  Unary("/sabun.v1.AuditService/AnalyzeAudit", &AuditService::AnalyzeAudit);
  Unary("/sabun.v1.AuditService/ReportIncident", &AuditService::ReportIncident);
}

grpc::Status AuditService::ExportAudit(Call& call, const v1::ExportAuditRequest* request,
                                       grpc::ServerWriter<v1::ExportAuditResponse>* writer) {
  v1::ExportAuditResponse page;
  size_t bytes = 0;
  const absl::Status status =
      VisitAuditLog(log_->options().directory, [&](const AuditEntry& entry, absl::string_view line) -> absl::Status {
        if (entry.sequence < request->from_sequence() || !call.Audits(entry.organization)) return absl::OkStatus();
        page.add_lines(std::string(line));
        call.Count("entries", 1);
        bytes += line.size();
        if (bytes < kPageBytes) return absl::OkStatus();
        if (!writer->Write(page)) return absl::CancelledError("the reader went away");
        page.Clear();
        bytes = 0;
        return absl::OkStatus();
      });
  if (!status.ok()) return ToGrpc(status);
  if (page.lines_size() > 0) writer->Write(page);
  return grpc::Status::OK;
}

grpc::Status AuditService::VerifyAudit(Call& call, const v1::VerifyAuditRequest* request,
                                       v1::VerifyAuditResponse* response) {
  if (!call.Audits("")) {
    return ToGrpc(absl::PermissionDeniedError("the chain is of all organizations: an auditor of \"*\" may verify it"));
  }
  AuditEvidence evidence;
  evidence.head = log_->head();
  const std::string& anchor = log_->options().anchor;
  if (!anchor.empty() && anchor != "syslog") {
    auto anchors = ReadAnchors(anchor);
    if (anchors.ok()) evidence.anchors = *std::move(anchors);
    if (!anchors.ok()) response->set_anchor_error(std::string(anchors.status().message()));
  }
  if (request->anchors_size() > kMaxAnchors) return ToGrpc(absl::InvalidArgumentError("more than 10,000 anchors"));
  for (const std::string& line : request->anchors()) {
    const auto given = DecodeAnchor(line);
    if (!given.ok()) return ToGrpc(absl::InvalidArgumentError(given.status().message()));
    evidence.anchors.push_back(*given);
  }
  const auto verdict = VerifyAuditLog(log_->options().directory, log_->chain(), evidence);
  if (!verdict.ok()) return ToGrpc(verdict.status());
  response->set_sound(verdict->problem_count == 0);
  response->set_entries(verdict->entries);
  for (const AuditProblem& problem : verdict->problems) {
    v1::AuditProblem* out = response->add_problems();
    out->set_sequence(problem.sequence);
    out->set_kind(problem.kind);
    out->set_file(std::filesystem::path(problem.file).filename());
  }
  response->set_problem_count(verdict->problem_count);
  response->set_anchors(verdict->anchors);
  response->set_last_sequence(verdict->last.sequence);
  response->set_last_chain(verdict->last.chain);
  response->set_pruned(verdict->pruned);
  response->set_pruned_before(Seconds(verdict->pruned_before));
  return grpc::Status::OK;
}

grpc::Status AuditService::AnalyzeAudit(Call& call, const v1::AnalyzeAuditRequest* request,
                                        v1::AnalyzeAuditResponse* response) {
  const auto options = OptionsOf(*request);
  if (!options.ok()) return ToGrpc(options.status());
  AuditAnalyst analyst(*options, KnownTo(call, access_.get(), options->to));
  const absl::Status status = VisitAuditLog(log_->options().directory, [&](const AuditEntry& entry, absl::string_view) {
    if (call.Audits(entry.organization)) analyst.Take(entry);
    return absl::OkStatus();
  });
  if (!status.ok()) return ToGrpc(status);
  const AuditAnalysis analysis = analyst.Finish();
  for (const AuditFinding& finding : analysis.findings) FillFinding(finding, response->add_findings());
  for (const AuditActivity& activity : analysis.activities) FillActivity(activity, response->add_activities());
  for (const ContentRead& read : analysis.content_reads) FillRead(read, response->add_content_reads());
  response->set_entries(analysis.entries);
  return grpc::Status::OK;
}

grpc::Status AuditService::ReportIncident(Call& call, const v1::ReportIncidentRequest* request,
                                          v1::ReportIncidentResponse* response) {
  const absl::Status period = CheckPeriod(request->from(), request->to());
  if (!period.ok()) return ToGrpc(period);
  IncidentScope scope(absl::FromUnixSeconds(request->from()), absl::FromUnixSeconds(request->to()));
  const absl::Status status = VisitAuditLog(log_->options().directory, [&](const AuditEntry& entry, absl::string_view) {
    if (call.Audits(entry.organization)) scope.Take(entry);
    return absl::OkStatus();
  });
  if (!status.ok()) return ToGrpc(status);
  for (const TouchedDataset& touched : scope.Finish()) {
    v1::TouchedDataset* out = response->add_datasets();
    out->set_organization(touched.organization);
    out->set_dataset(touched.dataset);
    for (const uint64_t number : touched.change_sets) out->add_change_sets(number);
    out->set_records_taken_in(touched.records_taken_in);
    out->set_records_read(touched.records_read);
    out->set_records_sent(touched.records_sent);
    for (const std::string& caller : touched.callers) out->add_callers(caller);
    out->set_operations(touched.operations);
  }
  return grpc::Status::OK;
}

}  // namespace sabun
