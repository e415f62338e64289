#include "tests/sim/engine_wire.h"

#include "absl/cleanup/cleanup.h"
#include "engine/base/status_macros.h"
#include "engine/record/packed_fields.h"

namespace sabun::sim {
namespace {

grpc::Status Lost() { return {grpc::StatusCode::UNAVAILABLE, "lost"}; }

void FillOpen(const BatchRow& batch, v1::OpenBatch* out) {
  out->set_batch_id(batch.id);
  out->set_task_id(batch.task_id);
  out->set_open_items(batch.OpenItems());
  out->set_unknown(batch.unknown);
  out->set_attempts(batch.attempts);
  out->set_doubtful(batch.doubtful);
}

}  // namespace

grpc::Status EngineWire::Call(const char* name, const std::function<absl::Status(Dataset&)>& work) {
  const CallFate fate = ends_.fate(name);
  if (fate == CallFate::kLostRequest) return Lost();
  const absl::Status status = ends_.survive([&] { return work(*ends_.dataset()); });
  if (fate == CallFate::kLostAnswer) return Lost();
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

void EngineWire::Fill(Dataset& dataset, const OutgoingBatch& batch, v1::Batch* out) {
  out->set_batch_id(batch.id);
  const std::shared_ptr<const Rules> rules = dataset.rules();
  for (const OutgoingItem& item : batch.items) {
    v1::BatchItem* const sent = out->add_items();
    sent->set_item(item.item);
    sent->set_op(static_cast<v1::ChangeOp>(item.op));
    sent->set_change_set(item.change_set);
    AppendPackedFields(Dataset::Values(*rules, item.canonical), sent->mutable_fields());
    keys_[{batch.id, item.item}] = Dataset::KeyValues(*rules, item.canonical)[0];
  }
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::AcquireLeaseRequest& request,
                            v1::AcquireLeaseResponse* response) {
  ASSIGN_OR_RETURN(
      const uint64_t token,
      dataset.submissions().Acquire(request.holder(), absl::Seconds(request.seconds()), request.profile_toml()));
  response->set_token(token);
  response->set_pending(dataset.ledger().Head().pending);
  return absl::OkStatus();
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::ReleaseLeaseRequest& request, v1::ReleaseLeaseResponse*) {
  return dataset.submissions().Release(request.token());
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::NextBatchRequest& request, v1::NextBatchResponse* response) {
  ASSIGN_OR_RETURN(const OutgoingBatch batch,
                   dataset.submissions().Next(request.token(), request.max_records(), request.max_bytes()));
  Fill(dataset, batch, response->mutable_batch());
  response->set_pending(batch.pending);
  return absl::OkStatus();
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::ListOpenBatchesRequest& request,
                            v1::ListOpenBatchesResponse* response) {
  constexpr size_t kSmallPage = 3;
  ASSIGN_OR_RETURN(const auto open, dataset.submissions().Open(request.token(), request.after_batch_id(), kSmallPage));
  for (const BatchRow& batch : open) FillOpen(batch, response->add_batches());
  return absl::OkStatus();
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::ReadBatchRequest& request, v1::ReadBatchResponse* response) {
  ASSIGN_OR_RETURN(const OutgoingBatch batch, dataset.submissions().Read(request.token(), request.batch_id()));
  Fill(dataset, batch, response->mutable_batch());
  return absl::OkStatus();
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::SplitBatchRequest& request, v1::SplitBatchResponse* response) {
  ASSIGN_OR_RETURN(const auto halves, dataset.submissions().Split(request.token(), request.batch_id()));
  for (const BatchRow& half : halves) FillOpen(half, response->add_batches());
  return absl::OkStatus();
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::RecordTaskRequest& request, v1::RecordTaskResponse*) {
  return dataset.submissions().RecordTask(request.token(), request.batch_id(), request.task_id(), request.doubtful());
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::MarkUnknownRequest& request, v1::MarkUnknownResponse*) {
  return dataset.submissions().MarkUnknown(request.token(), request.batch_id());
}

absl::Status EngineWire::Do(Dataset& dataset, const v1::RecordReceiptsRequest& request,
                            v1::RecordReceiptsResponse* response) {
  std::vector<ItemReceipt> receipts;
  for (const v1::Receipt& receipt : request.receipts()) {
    receipts.push_back({receipt.item(), receipt.outcome() == v1::RECEIPT_OUTCOME_ACCEPTED, receipt.code(),
                        receipt.message(), receipt.doubtful()});
  }
  absl::Cleanup unanswered = [&] {
    for (const ItemReceipt& receipt : receipts) {
      if (receipt.doubtful) ends_.perhaps_doubtful(keys_.at({request.batch_id(), receipt.item}));
    }
  };
  ASSIGN_OR_RETURN(const auto settled, dataset.submissions().Settle(request.token(), request.batch_id(), receipts));
  std::move(unanswered).Cancel();
  for (const ItemReceipt& receipt : receipts) {
    ends_.confirmed(keys_.at({request.batch_id(), receipt.item}), receipt.accepted, receipt.doubtful);
  }
  response->set_settled(settled.settled);
  response->set_open_items(settled.open_items);
  response->set_first_halves(settled.first_halves);
  return absl::OkStatus();
}

}  // namespace sabun::sim
