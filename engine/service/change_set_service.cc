#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

constexpr size_t kPageBytes = 1 << 20;
constexpr size_t kMaxNameCharacters = 100;

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

}  // namespace sabun
