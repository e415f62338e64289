#include "engine/base/status_macros.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {}  // namespace

RejectService::RejectService(Gate* gate) : GuardedService(gate) {
  Streaming("/sabun.v1.RejectService/ListRejects", &RejectService::ListRejects);
  Unary("/sabun.v1.RejectService/RetryRejects", &RejectService::RetryRejects);
}

grpc::Status RejectService::ListRejects(Call& call, const v1::ListRejectsRequest* request,
                                        grpc::ServerWriter<v1::ListRejectsResponse>* writer) {
  Dataset* const dataset = call.dataset().get();
  const std::shared_ptr<const Rules> rules = dataset->rules();
  const Showing showing = call.content() ? Showing::kWhole : Showing::kMasked;
  v1::ListRejectsResponse page;
  size_t bytes = 0;
  const absl::Status status =
      dataset->rejects().Visit(request->code(), [&](const Entry& entry, const Change& change) -> absl::Status {
        call.Count("records", 1);
        v1::Reject* reject = page.add_rejects();
        for (const std::string& value : ShownKey(*rules, change.canonical, showing)) reject->add_key(value);
        reject->set_code(entry.code);
        reject->set_message(entry.message);
        reject->set_since(entry.since);
        reject->set_attempts(entry.attempts);
        reject->set_change_set(change.ref.change_set);
        reject->set_sequence(change.ref.sequence);
        if (request->with_fields()) reject->set_fields(ToPacked(*rules, change.canonical, showing));
        bytes += reject->ByteSizeLong();
        if (bytes < kPageBytes) return absl::OkStatus();
        if (!writer->Write(page)) return absl::CancelledError("the reader went away");
        page.Clear();
        bytes = 0;
        return absl::OkStatus();
      });
  if (!status.ok()) return ToGrpc(status);
  if (page.rejects_size() > 0) writer->Write(page);
  return grpc::Status::OK;
}

grpc::Status RejectService::RetryRejects(Call& call, const v1::RetryRejectsRequest* request,
                                         v1::RetryRejectsResponse* response) {
  Dataset* const dataset = call.dataset().get();
  const auto retried = dataset->rejects().Retry(request->code());
  if (!retried.ok()) return ToGrpc(retried.status());
  call.Count("retried", *retried);
  response->set_retried(*retried);
  return grpc::Status::OK;
}

}  // namespace sabun
