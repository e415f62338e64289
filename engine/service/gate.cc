#include "engine/service/gate.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

// The same words as for a dataset that is not there: whoever may not know of it learns nothing.
absl::Status NoSuchDataset(const std::string& dataset) {
  return absl::NotFoundError(absl::StrCat("there is no dataset ", dataset));
}

}  // namespace

bool Call::Sees(const std::string& dataset) const {
  return grants_->Judge({identity_, rule_, dataset}, began_).allowed;
}

absl::Status Gate::Judge(const std::string& dataset, const char* method, Call* call) {
  if (call->identity_.empty()) {
    return absl::UnauthenticatedError("the client's certificate must name exactly one URI");
  }
  const AccessDecision decision = call->grants_->Judge({call->identity_, call->rule_, dataset}, call->began_);
  if (!decision.allowed) {
    const bool hidden =
        !decision.visible && !dataset.empty() && call->rule_ != nullptr && call->rule_->scope != Scope::kNewDataset;
    if (hidden) return NoSuchDataset(dataset);
    return absl::PermissionDeniedError(
        absl::StrCat(call->identity_, " may not call ", method, "; the access file gives no such right"));
  }
  call->content_ = decision.content;
  if (call->rule_->scope == Scope::kDataset && dataset.empty()) {
    return absl::InvalidArgumentError("the request names no dataset");
  }
  if (dataset.empty() || call->rule_->scope == Scope::kNewDataset) return absl::OkStatus();
  ASSIGN_OR_RETURN(call->dataset_, engine_->Find(dataset));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Call>> Gate::Admit(const grpc::ServerContext& context, const char* method,
                                                  const std::string& dataset) {
  auto call = std::make_unique<Call>();
  call->identity_ = PeerIdentity(context, options_.transport);
  call->development_ = options_.access == nullptr;
  call->grants_ = call->development_ ? std::make_shared<const Grants>(Grants::ForDevelopment(call->identity_))
                                     : options_.access->Current();
  call->rule_ = FindMethodRule(method);
  call->began_ = clock_->Now();
  RETURN_IF_ERROR(Judge(dataset, method, call.get()));
  return call;
}

}  // namespace sabun
