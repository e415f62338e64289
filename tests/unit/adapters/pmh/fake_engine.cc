#include "tests/unit/adapters/pmh/fake_engine.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sabun {

using grpc::Status;
using grpc::StatusCode;
using Lock = std::lock_guard<std::mutex>;

FakeEngine::FakeEngine() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  stub_ = v1::SubmissionService::NewStub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
}

FakeEngine::~FakeEngine() { server_->Shutdown(); }

std::size_t FakeEngine::AddPending(v1::ChangeOp op, std::string packed, std::uint64_t change_set) {
  const Lock lock(mutex_);
  Record record;
  record.item.set_op(op);
  record.item.set_fields(std::move(packed));
  record.item.set_change_set(change_set);
  records_.push_back(std::move(record));
  pending_.push_back(records_.size() - 1);
  return records_.size() - 1;
}

FakeEngine::Record FakeEngine::At(std::size_t place) const {
  const Lock lock(mutex_);
  return records_.at(place);
}

std::size_t FakeEngine::CountIn(State state) const {
  const Lock lock(mutex_);
  return std::count_if(records_.begin(), records_.end(), [&](const Record& record) { return record.state == state; });
}

std::vector<v1::OpenBatch> FakeEngine::Open() const {
  const Lock lock(mutex_);
  std::vector<v1::OpenBatch> open;
  for (const auto& [id, stored] : batches_) {
    open.push_back(stored.open);
    open.back().set_open_items(stored.items.size());
  }
  return open;
}

std::uint64_t FakeEngine::LeaveBatch(const std::string& task_id) {
  const Lock lock(mutex_);
  Stored& stored = Make({pending_.begin(), pending_.end()});
  pending_.clear();
  stored.open.set_task_id(task_id);
  return stored.open.batch_id();
}

void FakeEngine::StealLease() {
  const Lock lock(mutex_);
  ++token_;
  stolen_ = true;
}

void FakeEngine::LoseNextBatch() {
  const Lock lock(mutex_);
  lose_next_batch_ = true;
}

void FakeEngine::LoseReceiptsAnswer() {
  const Lock lock(mutex_);
  lose_receipts_answer_ = true;
}

void FakeEngine::LoseSplitAnswer() {
  const Lock lock(mutex_);
  lose_split_answer_ = true;
}

void FakeEngine::ListAfterSplit() {
  const Lock lock(mutex_);
  list_after_split_ = true;
}

bool FakeEngine::released() const {
  const Lock lock(mutex_);
  return released_;
}

Status FakeEngine::CheckLease(std::uint64_t token) const {
  return token == token_ ? Status::OK : Status(StatusCode::ABORTED, "another adapter holds the lease");
}

FakeEngine::Stored& FakeEngine::Make(const std::vector<std::size_t>& places) {
  Stored& stored = batches_[next_batch_];
  stored.open.set_batch_id(next_batch_++);
  stored.open.set_attempts(1);
  for (const std::size_t place : places) {
    records_[place].state = State::kInFlight;
    stored.items.push_back({static_cast<std::uint32_t>(stored.items.size()), place});
  }
  return stored;
}

void FakeEngine::Fill(const Stored& stored, v1::Batch& batch) const {
  batch.set_batch_id(stored.open.batch_id());
  for (const OpenItem& open : stored.items) {
    v1::BatchItem& item = *batch.add_items();
    item = records_[open.place].item;
    item.set_item(open.item);
  }
}

v1::HubReport FakeEngine::hub() const {
  const Lock lock(mutex_);
  return hub_;
}

Status FakeEngine::AcquireLease(grpc::ServerContext*, const v1::AcquireLeaseRequest* request,
                                v1::AcquireLeaseResponse* response) {
  const Lock lock(mutex_);
  if (stolen_) return Status(StatusCode::FAILED_PRECONDITION, "the lease has not run out");
  if (holder_ != request->holder()) ++token_;
  holder_ = request->holder();
  hub_ = request->hub();
  response->set_token(token_);
  response->set_pending(pending_.size());
  return Status::OK;
}

Status FakeEngine::ReleaseLease(grpc::ServerContext*, const v1::ReleaseLeaseRequest* request,
                                v1::ReleaseLeaseResponse*) {
  const Lock lock(mutex_);
  if (request->token() == token_) {
    holder_.clear();
    released_ = true;
  }
  return Status::OK;
}

Status FakeEngine::NextBatch(grpc::ServerContext*, const v1::NextBatchRequest* request,
                             v1::NextBatchResponse* response) {
  const Lock lock(mutex_);
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  std::vector<std::size_t> places;
  while (!pending_.empty() && places.size() < request->max_records()) {
    places.push_back(pending_.front());
    pending_.pop_front();
  }
  if (!places.empty()) Fill(Make(places), *response->mutable_batch());
  response->set_pending(pending_.size());
  return std::exchange(lose_next_batch_, false) ? Status(StatusCode::UNAVAILABLE, "lost") : Status::OK;
}

Status FakeEngine::ListOpenBatches(grpc::ServerContext*, const v1::ListOpenBatchesRequest* request,
                                   v1::ListOpenBatchesResponse* response) {
  std::unique_lock<std::mutex> lock(mutex_);
  split_.wait(lock, [this] { return !list_after_split_ || !was_read_ || was_split_; });
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  for (auto it = batches_.upper_bound(request->after_batch_id()); it != batches_.end(); ++it) {
    // A small page, so that every test with some batches pages.
    if (response->batches_size() == 2) break;
    *response->add_batches() = it->second.open;
    response->mutable_batches(response->batches_size() - 1)->set_open_items(it->second.items.size());
  }
  return Status::OK;
}

Status FakeEngine::ReadBatch(grpc::ServerContext*, const v1::ReadBatchRequest* request,
                             v1::ReadBatchResponse* response) {
  const Lock lock(mutex_);
  was_read_ = true;
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  const auto found = batches_.find(request->batch_id());
  if (found == batches_.end()) return Status(StatusCode::NOT_FOUND, "no such batch");
  found->second.open.set_attempts(found->second.open.attempts() + 1);
  Fill(found->second, *response->mutable_batch());
  return Status::OK;
}

Status FakeEngine::SplitBatch(grpc::ServerContext*, const v1::SplitBatchRequest* request,
                              v1::SplitBatchResponse* response) {
  const Lock lock(mutex_);
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  const auto found = batches_.find(request->batch_id());
  if (found == batches_.end()) return Status(StatusCode::NOT_FOUND, "no such batch");
  if (found->second.items.size() < 2) return Status(StatusCode::FAILED_PRECONDITION, "a single record");
  std::vector<std::size_t> places;
  for (const OpenItem& open : found->second.items) places.push_back(open.place);
  const v1::OpenBatch whole = found->second.open;
  batches_.erase(found);
  const auto middle = places.begin() + places.size() / 2;
  for (const std::vector<std::size_t>& half :
       {std::vector<std::size_t>(places.begin(), middle), std::vector<std::size_t>(middle, places.end())}) {
    Stored& stored = Make(half);
    stored.open.set_attempts(0);
    stored.open.set_unknown(whole.unknown());
    stored.open.set_doubtful(whole.doubtful());
    *response->add_batches() = stored.open;
    response->mutable_batches(response->batches_size() - 1)->set_open_items(half.size());
  }
  was_split_ = true;
  split_.notify_all();
  return std::exchange(lose_split_answer_, false) ? Status(StatusCode::UNAVAILABLE, "gone") : Status::OK;
}

Status FakeEngine::RecordTask(grpc::ServerContext*, const v1::RecordTaskRequest* request, v1::RecordTaskResponse*) {
  const Lock lock(mutex_);
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  const auto found = batches_.find(request->batch_id());
  if (found == batches_.end()) return Status(StatusCode::NOT_FOUND, "no such batch");
  found->second.open.set_task_id(request->task_id());
  found->second.open.set_doubtful(request->doubtful());
  return Status::OK;
}

Status FakeEngine::MarkUnknown(grpc::ServerContext*, const v1::MarkUnknownRequest* request, v1::MarkUnknownResponse*) {
  const Lock lock(mutex_);
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  const auto found = batches_.find(request->batch_id());
  if (found == batches_.end()) return Status(StatusCode::NOT_FOUND, "no such batch");
  found->second.open.set_unknown(true);
  return Status::OK;
}

Status FakeEngine::RecordReceipts(grpc::ServerContext*, const v1::RecordReceiptsRequest* request,
                                  v1::RecordReceiptsResponse* response) {
  const Lock lock(mutex_);
  if (const Status lease = CheckLease(request->token()); !lease.ok()) return lease;
  const auto found = batches_.find(request->batch_id());
  if (found == batches_.end()) return Status::OK;
  auto& items = found->second.items;
  for (const v1::Receipt& receipt : request->receipts()) {
    const auto open =
        std::find_if(items.begin(), items.end(), [&](const OpenItem& item) { return item.item == receipt.item(); });
    if (open == items.end()) continue;
    Record& record = records_[open->place];
    record.state = receipt.outcome() == v1::RECEIPT_OUTCOME_ACCEPTED ? State::kAccepted : State::kRejected;
    record.code = receipt.code();
    record.message = receipt.message();
    record.doubtful = receipt.doubtful();
    items.erase(open);
    response->set_settled(response->settled() + 1);
  }
  response->set_open_items(items.size());
  if (items.empty()) batches_.erase(found);
  return std::exchange(lose_receipts_answer_, false) ? Status(StatusCode::UNAVAILABLE, "lost") : Status::OK;
}

}  // namespace sabun
