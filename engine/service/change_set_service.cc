#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/resend.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

constexpr size_t kMaxNameCharacters = 100;
constexpr int kMostKeys = 50'000;

struct ShownChange {
  const Change& change;
  ChangeState state;
  Showing showing;
};

void FillChange(const Rules& rules, const ShownChange& shown, v1::Change* out) {
  const Change& change = shown.change;
  out->set_sequence(change.ref.sequence);
  out->set_op(static_cast<v1::ChangeOp>(change.op));
  for (const std::string& value : ShownKey(rules, change.canonical, shown.showing)) out->add_key(value);
  out->set_fields(ToPacked(rules, change.canonical, shown.showing));
  for (uint32_t field = 0; field < rules.field_ids.size(); ++field) {
    const auto& ids = change.changed_ids;
    if (std::find(ids.begin(), ids.end(), rules.field_ids[field]) != ids.end()) out->add_changed_fields(field);
  }
  out->set_state(static_cast<v1::ChangeState>(shown.state));
}

}  // namespace

ChangeSetService::ChangeSetService(Gate* gate) : GuardedService(gate) {
  Unary("/sabun.v1.ChangeSetService/ListChangeSets", &ChangeSetService::ListChangeSets);
  Unary("/sabun.v1.ChangeSetService/GetChangeSet", &ChangeSetService::GetChangeSet);
  Streaming("/sabun.v1.ChangeSetService/ReadChanges", &ChangeSetService::ReadChanges);
  Unary("/sabun.v1.ChangeSetService/ApproveChangeSet", &ChangeSetService::ApproveChangeSet);
  Unary("/sabun.v1.ChangeSetService/DiscardChangeSet", &ChangeSetService::DiscardChangeSet);
  Unary("/sabun.v1.ChangeSetService/PlanResend", &ChangeSetService::PlanResend);
}

grpc::Status ChangeSetService::ListChangeSets(Call& call, const v1::ListChangeSetsRequest* request,
                                              v1::ListChangeSetsResponse* response) {
  Dataset* const dataset = call.dataset().get();
  uint64_t before = 0;
  if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &before)) {
    return ToGrpc(absl::InvalidArgumentError("the page token is not one of ours"));
  }
  const size_t limit = std::min<size_t>(request->page_size() == 0 ? 100 : request->page_size(), 1'000);
  const auto infos = dataset->change_sets().List(before, limit);
  if (!infos.ok()) return ToGrpc(infos.status());
  for (const ChangeSetInfo& info : *infos) FillChangeSet(request->dataset(), info, response->add_change_sets());
  if (infos->size() == limit) response->set_next_page_token(absl::StrCat(infos->back().number));
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::GetChangeSet(Call& call, const v1::GetChangeSetRequest* request,
                                            v1::GetChangeSetResponse* response) {
  Dataset* const dataset = call.dataset().get();
  const auto info = dataset->change_sets().Get(request->number());
  if (!info.ok()) return ToGrpc(info.status());
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::ReadChanges(Call& call, const v1::ReadChangesRequest* request,
                                           grpc::ServerWriter<v1::ReadChangesResponse>* writer) {
  Dataset* const dataset = call.dataset().get();
  const std::shared_ptr<const Rules> rules = dataset->rules();
  call.Count("change_set", request->number());
  call.Count("after_sequence", request->after_sequence());
  const Showing showing = call.content() ? Showing::kWhole : Showing::kMasked;
  v1::ReadChangesResponse page;
  size_t bytes = 0;
  uint64_t left = request->limit() == 0 ? ~uint64_t{0} : request->limit();
  const absl::Status enough = absl::OutOfRangeError("");
  const absl::Status status = dataset->change_sets().Visit(
      {request->number(), request->after_sequence()}, [&](const Change& change, ChangeState state) -> absl::Status {
        if (left-- == 0) return enough;
        call.Count("records", 1);
        FillChange(*rules, {change, state, showing}, page.add_changes());
        bytes += change.canonical.size() + 64;
        if (bytes < kPageBytes) return absl::OkStatus();
        if (!writer->Write(page)) return absl::CancelledError("the reader went away");
        page.Clear();
        bytes = 0;
        return absl::OkStatus();
      });
  if (!status.ok() && status != enough) return ToGrpc(status);
  if (page.changes_size() > 0) writer->Write(page);
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::ApproveChangeSet(Call& call, const v1::ApproveChangeSetRequest* request,
                                                v1::ApproveChangeSetResponse* response) {
  Dataset* const dataset = call.dataset().get();
  if (request->approved_by().size() > kMaxNameCharacters)
    return ToGrpc(absl::InvalidArgumentError("the name is too long"));
  call.Count("change_set", request->number());
  const auto held = dataset->change_sets().Get(request->number());
  if (!held.ok()) return ToGrpc(held.status());
  if (!call.development() && held->pushed_by == call.identity()) {
    return ToGrpc(absl::PermissionDeniedError("whoever pushed a change set may not approve it: four eyes are needed"));
  }
  const auto info = dataset->Approve(request->number(), request->digest(), call.NameFor(request->approved_by()));
  if (!info.ok()) return ToGrpc(info.status());
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::DiscardChangeSet(Call& call, const v1::DiscardChangeSetRequest* request,
                                                v1::DiscardChangeSetResponse* response) {
  Dataset* const dataset = call.dataset().get();
  if (request->discarded_by().size() > kMaxNameCharacters)
    return ToGrpc(absl::InvalidArgumentError("the name is too long"));
  call.Count("change_set", request->number());
  const auto info = dataset->change_sets().Discard(request->number(), call.NameFor(request->discarded_by()));
  if (!info.ok()) return ToGrpc(info.status());
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::PlanResend(Call& call, const v1::PlanResendRequest* request,
                                          v1::PlanResendResponse* response) {
  Dataset* const dataset = call.dataset().get();
  if (request->request_id().empty() || request->request_id().size() > 64) {
    return ToGrpc(absl::InvalidArgumentError("request_id has 1 to 64 characters"));
  }
  const int selections = request->all() + (request->first_change_set() != 0) + (request->keys_size() > 0);
  if (selections != 1 || request->last_change_set() < request->first_change_set()) {
    return ToGrpc(absl::InvalidArgumentError("exactly one of all, a range of change sets, and keys is to be given"));
  }
  if (request->keys_size() > kMostKeys) return ToGrpc(absl::InvalidArgumentError("there are at most 50,000 keys"));
  ResendSelection selection;
  selection.id = request->request_id();
  selection.ordered_by = call.identity();
  selection.all = request->all();
  selection.first_change_set = request->first_change_set();
  selection.last_change_set = request->last_change_set();
  const size_t parts = dataset->rules()->profile.key_fields.size();
  for (const v1::RecordKey& key : request->keys()) {
    if (static_cast<size_t>(key.values_size()) != parts) {
      return ToGrpc(absl::InvalidArgumentError("a key does not have the values of the dataset's key fields"));
    }
    selection.keys.emplace_back(key.values().begin(), key.values().end());
  }
  const auto info = dataset->Resend(selection);
  if (!info.ok()) return ToGrpc(info.status());
  call.Count("change_set", info->number);
  call.Count("records", info->counts.updated);
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

}  // namespace sabun
