#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/base/status_macros.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

void FillBatch(const Rules& rules, const OutgoingBatch& batch, v1::Batch* out) {
  out->set_batch_id(batch.id);
  for (const OutgoingItem& item : batch.items) {
    v1::BatchItem* sent = out->add_items();
    sent->set_item(item.item);
    sent->set_op(static_cast<v1::ChangeOp>(item.op));
    sent->set_fields(ToPacked(rules, item.canonical, Showing::kWhole));
    sent->set_change_set(item.change_set);
  }
}

void FillOpenBatch(const BatchRow& batch, v1::OpenBatch* out) {
  out->set_batch_id(batch.id);
  out->set_task_id(batch.task_id);
  out->set_open_items(batch.OpenItems());
  out->set_unknown(batch.unknown);
  out->set_attempts(batch.attempts);
  out->set_doubtful(batch.doubtful);
}

constexpr uint64_t kLongestPauseMs = 7 * 24 * 3'600'000ull;

// Codes are shown in the clear, so nothing else may come in by them.
bool IsCode(const std::string& code) {
  const auto safe = [](char c) { return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; };
  return code.size() <= 100 && std::all_of(code.begin(), code.end(), safe);
}

}  // namespace

SubmissionService::SubmissionService(Gate* gate) : GuardedService(gate) {
  Unary("/sabun.v1.SubmissionService/AcquireLease", &SubmissionService::AcquireLease);
  Unary("/sabun.v1.SubmissionService/ReleaseLease", &SubmissionService::ReleaseLease);
  Unary("/sabun.v1.SubmissionService/NextBatch", &SubmissionService::NextBatch);
  Unary("/sabun.v1.SubmissionService/ListOpenBatches", &SubmissionService::ListOpenBatches);
  Unary("/sabun.v1.SubmissionService/ReadBatch", &SubmissionService::ReadBatch);
  Unary("/sabun.v1.SubmissionService/SplitBatch", &SubmissionService::SplitBatch);
  Unary("/sabun.v1.SubmissionService/RecordTask", &SubmissionService::RecordTask);
  Unary("/sabun.v1.SubmissionService/MarkUnknown", &SubmissionService::MarkUnknown);
  Unary("/sabun.v1.SubmissionService/RecordReceipts", &SubmissionService::RecordReceipts);
}

grpc::Status SubmissionService::AcquireLease(Call& call, const v1::AcquireLeaseRequest* request,
                                             v1::AcquireLeaseResponse* response) {
  Dataset* const dataset = call.dataset().get();
  if (request->holder().empty() || request->holder().size() > 64 || request->seconds() > 3'600) {
    return ToGrpc(absl::InvalidArgumentError("holder has 1 to 64 characters, seconds are at most 3600"));
  }
  if (!IsCode(request->hub().last_code())) {
    return ToGrpc(absl::InvalidArgumentError("hub.last_code has at most 100 characters of A-Z a-z 0-9 . _ -"));
  }
  const absl::Duration duration = absl::Seconds(request->seconds() == 0 ? 60 : request->seconds());
  const auto token = dataset->submissions().Acquire(request->holder(), duration, request->profile_toml());
  if (!token.ok()) return ToGrpc(token.status());
  if (request->has_hub()) {
    const v1::HubReport& hub = request->hub();
    const absl::Time next =
        dataset->ledger().clock->Now() + absl::Milliseconds(std::min(hub.next_attempt_ms(), kLongestPauseMs));
    dataset->submissions().NoteHub(*token, {hub.circuit(), hub.failures_in_a_row(), hub.last_code(), next});
  }
  response->set_token(*token);
  response->set_pending(dataset->ledger().Head().pending);
  return grpc::Status::OK;
}

grpc::Status SubmissionService::ReleaseLease(Call& call, const v1::ReleaseLeaseRequest* request,
                                             v1::ReleaseLeaseResponse*) {
  Dataset* const dataset = call.dataset().get();
  return ToGrpc(dataset->submissions().Release(request->token()));
}

grpc::Status SubmissionService::NextBatch(Call& call, const v1::NextBatchRequest* request,
                                          v1::NextBatchResponse* response) {
  Dataset* const dataset = call.dataset().get();
  if (request->max_records() < 1 || request->max_records() > 10'000 || request->max_bytes() > (3 << 20)) {
    return ToGrpc(absl::InvalidArgumentError("max_records is 1 to 10,000, max_bytes at most 3 MiB"));
  }
  const size_t max_bytes = request->max_bytes() == 0 ? 1 << 20 : request->max_bytes();
  // The rules first: a new profile ends the lease, so with a lease that is current they are those of the adapter.
  const std::shared_ptr<const Rules> rules = dataset->rules();
  const auto batch = dataset->submissions().Next(request->token(), request->max_records(), max_bytes);
  if (!batch.ok()) return ToGrpc(batch.status());
  FillBatch(*rules, *batch, response->mutable_batch());
  call.Count("records", batch->items.size());
  response->set_pending(batch->pending);
  return grpc::Status::OK;
}

grpc::Status SubmissionService::ListOpenBatches(Call& call, const v1::ListOpenBatchesRequest* request,
                                                v1::ListOpenBatchesResponse* response) {
  Dataset* const dataset = call.dataset().get();
  const size_t limit = std::min<size_t>(request->page_size() == 0 ? 100 : request->page_size(), 1'000);
  const auto batches = dataset->submissions().Open(request->token(), request->after_batch_id(), limit);
  if (!batches.ok()) return ToGrpc(batches.status());
  for (const BatchRow& batch : *batches) FillOpenBatch(batch, response->add_batches());
  return grpc::Status::OK;
}

grpc::Status SubmissionService::ReadBatch(Call& call, const v1::ReadBatchRequest* request,
                                          v1::ReadBatchResponse* response) {
  Dataset* const dataset = call.dataset().get();
  const std::shared_ptr<const Rules> rules = dataset->rules();  // first, as in NextBatch
  const auto batch = dataset->submissions().Read(request->token(), request->batch_id());
  if (!batch.ok()) return ToGrpc(batch.status());
  FillBatch(*rules, *batch, response->mutable_batch());
  call.Count("records", batch->items.size());
  return grpc::Status::OK;
}

grpc::Status SubmissionService::SplitBatch(Call& call, const v1::SplitBatchRequest* request,
                                           v1::SplitBatchResponse* response) {
  Dataset* const dataset = call.dataset().get();
  const auto halves = dataset->submissions().Split(request->token(), request->batch_id());
  if (!halves.ok()) return ToGrpc(halves.status());
  for (const BatchRow& half : *halves) FillOpenBatch(half, response->add_batches());
  return grpc::Status::OK;
}

grpc::Status SubmissionService::RecordTask(Call& call, const v1::RecordTaskRequest* request, v1::RecordTaskResponse*) {
  Dataset* const dataset = call.dataset().get();
  if (request->task_id().size() > 1'000) return ToGrpc(absl::InvalidArgumentError("the task id is too long"));
  return ToGrpc(dataset->submissions().RecordTask(request->token(), request->batch_id(), request->task_id(),
                                                  request->doubtful()));
}

grpc::Status SubmissionService::MarkUnknown(Call& call, const v1::MarkUnknownRequest* request,
                                            v1::MarkUnknownResponse*) {
  Dataset* const dataset = call.dataset().get();
  return ToGrpc(dataset->submissions().MarkUnknown(request->token(), request->batch_id()));
}

grpc::Status SubmissionService::RecordReceipts(Call& call, const v1::RecordReceiptsRequest* request,
                                               v1::RecordReceiptsResponse* response) {
  Dataset* const dataset = call.dataset().get();
  std::vector<ItemReceipt> receipts;
  for (const v1::Receipt& receipt : request->receipts()) {
    if (receipt.outcome() != v1::RECEIPT_OUTCOME_ACCEPTED && receipt.outcome() != v1::RECEIPT_OUTCOME_REJECTED) {
      return ToGrpc(absl::InvalidArgumentError("a receipt says accepted or rejected"));
    }
    if (receipt.code().size() > 100 || receipt.message().size() > 4'000) {
      return ToGrpc(absl::InvalidArgumentError("a receipt's code or message is too long"));
    }
    receipts.push_back({receipt.item(), receipt.outcome() == v1::RECEIPT_OUTCOME_ACCEPTED, receipt.code(),
                        receipt.message(), receipt.doubtful()});
  }
  const auto settled = dataset->submissions().Settle(request->token(), request->batch_id(), receipts);
  if (!settled.ok()) return ToGrpc(settled.status());
  call.Count("receipts", receipts.size());
  response->set_settled(settled->settled);
  response->set_open_items(settled->open_items);
  response->set_first_halves(settled->first_halves);
  return grpc::Status::OK;
}

}  // namespace sabun
