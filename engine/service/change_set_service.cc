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

void FillChange(const Rules& rules, const Change& change, ChangeState state, v1::Change* out) {
  out->set_sequence(change.ref.sequence);
  out->set_op(static_cast<v1::ChangeOp>(change.op));
  for (const std::string& value : Dataset::KeyValues(rules, change.canonical)) out->add_key(value);
  out->set_fields(ToPacked(rules, change.canonical));
  for (uint32_t field = 0; field < rules.field_ids.size(); ++field) {
    const auto& ids = change.changed_ids;
    if (std::find(ids.begin(), ids.end(), rules.field_ids[field]) != ids.end()) out->add_changed_fields(field);
  }
  out->set_state(static_cast<v1::ChangeState>(state));
}

}  // namespace

grpc::Status ChangeSetService::ListChangeSets(grpc::ServerContext*, const v1::ListChangeSetsRequest* request,
                                              v1::ListChangeSetsResponse* response) {
  const auto dataset = engine_->Find(request->dataset());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  uint64_t before = 0;
  if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &before)) {
    return ToGrpc(absl::InvalidArgumentError("the page token is not one of ours"));
  }
  const size_t limit = std::min<size_t>(request->page_size() == 0 ? 100 : request->page_size(), 1'000);
  const auto infos = (*dataset)->change_sets().List(before, limit);
  if (!infos.ok()) return ToGrpc(infos.status());
  for (const ChangeSetInfo& info : *infos) FillChangeSet(request->dataset(), info, response->add_change_sets());
  if (infos->size() == limit) response->set_next_page_token(absl::StrCat(infos->back().number));
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::GetChangeSet(grpc::ServerContext*, const v1::GetChangeSetRequest* request,
                                            v1::GetChangeSetResponse* response) {
  const auto dataset = engine_->Find(request->dataset());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  const auto info = (*dataset)->change_sets().Get(request->number());
  if (!info.ok()) return ToGrpc(info.status());
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::ReadChanges(grpc::ServerContext*, const v1::ReadChangesRequest* request,
                                           grpc::ServerWriter<v1::ReadChangesResponse>* writer) {
  const auto dataset = engine_->Find(request->dataset());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  const std::shared_ptr<const Rules> rules = (*dataset)->rules();
  v1::ReadChangesResponse page;
  size_t bytes = 0;
  uint64_t left = request->limit() == 0 ? ~uint64_t{0} : request->limit();
  const absl::Status enough = absl::OutOfRangeError("");
  const absl::Status status = (*dataset)->change_sets().Visit(
      {request->number(), request->after_sequence()}, [&](const Change& change, ChangeState state) -> absl::Status {
        if (left-- == 0) return enough;
        FillChange(*rules, change, state, page.add_changes());
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

grpc::Status ChangeSetService::ApproveChangeSet(grpc::ServerContext*, const v1::ApproveChangeSetRequest* request,
                                                v1::ApproveChangeSetResponse* response) {
  const auto dataset = engine_->Find(request->dataset());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  if (request->approved_by().size() > kMaxNameCharacters)
    return ToGrpc(absl::InvalidArgumentError("the name is too long"));
  const auto info = (*dataset)->Approve(request->number(), request->digest(), request->approved_by());
  if (!info.ok()) return ToGrpc(info.status());
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

grpc::Status ChangeSetService::DiscardChangeSet(grpc::ServerContext*, const v1::DiscardChangeSetRequest* request,
                                                v1::DiscardChangeSetResponse* response) {
  const auto dataset = engine_->Find(request->dataset());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  if (request->discarded_by().size() > kMaxNameCharacters)
    return ToGrpc(absl::InvalidArgumentError("the name is too long"));
  const auto info = (*dataset)->change_sets().Discard(request->number(), request->discarded_by());
  if (!info.ok()) return ToGrpc(info.status());
  FillChangeSet(request->dataset(), *info, response->mutable_change_set());
  return grpc::Status::OK;
}

}  // namespace sabun
