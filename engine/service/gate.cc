#include "engine/service/gate.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"
#include "engine/service/convert.h"

namespace sabun {
namespace {

// The same words as for a dataset that is not there: whoever may not know of it learns nothing.
absl::Status NoSuchDataset(const std::string& dataset) {
  return absl::NotFoundError(absl::StrCat("there is no dataset ", dataset));
}

absl::Status NoIdentity() { return absl::UnauthenticatedError("the client's certificate must name exactly one URI"); }

absl::Status NoSuchRight(const std::string& identity, const char* method) {
  return absl::PermissionDeniedError(
      absl::StrCat(identity, " may not call ", method, "; the access file gives no such right"));
}

absl::Status FirstMessageLate() {
  return absl::DeadlineExceededError(
      "FIRST-MESSAGE-LATE: the call was opened and nothing was said on it in time; begin it again, and send its first "
      "message at once");
}

// UNAVAILABLE: an adapter that was only held up goes on under the same id.
absl::Status SourceSilent() {
  return absl::UnavailableError(
      "SOURCE-SILENT: the source sent or took nothing for too long, and its place was given to others; what has "
      "arrived is kept for a while, so push again, with the same snapshot id if it is still known");
}

AuditSubject SubjectOf(const std::string& identity, const char* method) {
  AuditSubject subject;
  subject.who = identity;
  subject.method = std::string(absl::StripPrefix(method, "/sabun.v1."));
  return subject;
}

}  // namespace

bool Call::Sees(const std::string& dataset) const {
  return grants_->Judge({identity_, rule_, dataset}, began_).allowed;
}

bool Call::MayAlso(const char* method) const {
  return grants_->Judge({identity_, FindMethodRule(method), dataset_->row().name}, began_).allowed;
}

bool Call::Audits(const std::string& organization) const {
  return grants_->Covers(identity_, Role::kAuditor, organization, began_);
}

grpc::Status Call::Finish(const grpc::Status& status) {
  const absl::Status written =
      operation_->End(absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code())));
  if (written.ok() || !status.ok()) return status;
  return ToGrpc(absl::UnavailableError(
      absl::StrCat("it was done, and its outcome could not be written to the audit log: ", written.message())));
}

Gate::Gate(Engine* engine, Clock* clock, GateOptions options)
    : engine_(engine),
      clock_(clock),
      options_(std::move(options)),
      seats_(options_.max_calls_of_one),
      patience_(options_.first_message, FirstMessageLate(), clock),
      source_patience_(options_.source_silence, SourceSilent(), clock) {}

absl::Status Gate::Judge(const std::string& dataset, Call* call, AuditSubject* subject) {
  if (call->identity_.empty()) return NoIdentity();
  const AccessDecision decision = call->grants_->Judge({call->identity_, call->rule_, dataset}, call->began_);
  if (!decision.allowed) {
    const bool hidden =
        !decision.visible && !dataset.empty() && call->rule_ != nullptr && call->rule_->scope != Scope::kNewDataset;
    if (hidden) return NoSuchDataset(dataset);
    return NoSuchRight(call->identity_, call->method_);
  }
  call->content_ = decision.content;
  subject->role = std::string(ToString(decision.role));
  subject->contractor = decision.contractor;
  // A submitter needs what it sends.
  subject->content = call->rule_->contents && (decision.content || decision.role == Role::kSubmitter);
  if (call->rule_->scope == Scope::kDataset && dataset.empty()) {
    return absl::InvalidArgumentError("the request names no dataset");
  }
  if (dataset.empty() || call->rule_->scope == Scope::kNewDataset) return absl::OkStatus();
  ASSIGN_OR_RETURN(call->dataset_, engine_->Find(dataset));
  return absl::OkStatus();
}

absl::Status Gate::Refuse(const Call& call, absl::Status why) {
  RETURN_IF_ERROR(
      options_.audit->Refuse(SubjectOf(call.identity_, call.method_), absl::StatusCodeToString(why.code())));
  return why;
}

absl::StatusOr<std::unique_ptr<Call>> Gate::Receive(grpc::ServerContext* context, const char* method) {
  auto call = std::make_unique<Call>();
  call->context_ = context;
  call->identity_ = PeerIdentity(*context, options_.transport);
  call->development_ = options_.access == nullptr;
  call->grants_ = call->development_ ? std::make_shared<const Grants>(Grants::ForDevelopment(call->identity_))
                                     : options_.access->Current();
  call->method_ = method;
  call->rule_ = FindMethodRule(method);
  call->began_ = clock_->Now();
  call->source_patience_ = &source_patience_;
  // Elsewhere nobody is told apart.
  if (options_.transport == TransportKind::kTls) {
    auto seat = seats_.Take(call->identity_);
    if (!seat.ok()) return Refuse(*call, seat.status());
    call->seat_ = *std::move(seat);
  }
  return call;
}

absl::StatusOr<std::unique_ptr<Patience::Waiting>> Gate::BeginToWait(const Call& call) {
  if (call.identity_.empty()) return Refuse(call, NoIdentity());
  if (!call.grants_->Knows(call.identity_, call.began_)) return Refuse(call, NoSuchRight(call.identity_, call.method_));
  return patience_.Begin(call.context_);
}

absl::Status Gate::NoteSilence(const Call& call) {
  return Refuse(call, absl::DeadlineExceededError("FIRST-MESSAGE-LATE"));
}

absl::Status Gate::Admit(Call* call, const CallTarget& target) {
  const std::string& dataset = target.dataset;
  AuditSubject subject = SubjectOf(call->identity_, call->method_);
  subject.frequent = call->rule_ != nullptr && call->rule_->recording == Recording::kInterval;
  const absl::Status judged = Judge(dataset, call, &subject);
  // Only names of datasets that are there, or can be, are written down: what a stranger sends is not.
  const bool known =
      call->dataset_ != nullptr || engine_->Find(dataset).ok() ||
      (judged.ok() && call->rule_->scope == Scope::kNewDataset && dataset.size() <= Engine::kMaxDatasetNameBytes);
  if (known) {
    subject.dataset = dataset;
    subject.organization = std::string(OrganizationOf(dataset));
  }
  if (!target.organization.empty() && engine_->HasOrganization(target.organization)) {
    subject.organization = target.organization;
  }
  if (!judged.ok()) {
    // The log says what it was: to the caller, what he may not know of is not there.
    const bool denied = !call->grants_->Judge({call->identity_, call->rule_, dataset}, call->began_).allowed;
    const absl::StatusCode code =
        denied && absl::IsNotFound(judged) ? absl::StatusCode::kPermissionDenied : judged.code();
    RETURN_IF_ERROR(options_.audit->Refuse(std::move(subject), absl::StatusCodeToString(code)));
    return judged;
  }
  ASSIGN_OR_RETURN(call->operation_, options_.audit->Begin(std::move(subject)));
  return absl::OkStatus();
}

}  // namespace sabun
