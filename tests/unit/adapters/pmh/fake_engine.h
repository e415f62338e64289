// The engine's SubmissionService in memory, on a real gRPC server, for tests of what talks to it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/server.h>

#include "sabun/v1/submission.grpc.pb.h"

namespace sabun {

// Holds one dataset, "d". Thread-safe.
class FakeEngine final : public v1::SubmissionService::Service {
 public:
  enum class State { kPending, kInFlight, kAccepted, kRejected };
  struct Record {
    v1::BatchItem item;
    State state = State::kPending;
    std::string code;
    std::string message;
    bool doubtful = false;  // of the receipt
  };

  FakeEngine();
  ~FakeEngine() override;

  v1::SubmissionService::StubInterface& stub() { return *stub_; }

  // Returns the record's place.
  std::size_t AddPending(v1::ChangeOp op, std::string packed, std::uint64_t change_set = 1);
  Record At(std::size_t place) const;
  std::size_t CountIn(State state) const;
  std::vector<v1::OpenBatch> Open() const;
  // Makes a batch of everything that is pending, as a process did that was killed before it posted it.
  std::uint64_t LeaveBatch(const std::string& task_id);
  // From now on somebody else holds the lease.
  void StealLease();
  // The next NextBatch is done and its answer lost.
  void LoseNextBatch();
  // The next SplitBatch is done and its answer lost.
  void LoseSplitAnswer();
  // The next call of RecordReceipts ends in UNAVAILABLE, and was done.
  void LoseReceiptsAnswer();
  // From the moment a batch is read, a list of open batches waits until one was split.
  void ListAfterSplit();
  bool released() const;
  // What the last call of AcquireLease said about the hub.
  v1::HubReport hub() const;

  grpc::Status AcquireLease(grpc::ServerContext*, const v1::AcquireLeaseRequest*, v1::AcquireLeaseResponse*) override;
  grpc::Status ReleaseLease(grpc::ServerContext*, const v1::ReleaseLeaseRequest*, v1::ReleaseLeaseResponse*) override;
  grpc::Status NextBatch(grpc::ServerContext*, const v1::NextBatchRequest*, v1::NextBatchResponse*) override;
  grpc::Status ListOpenBatches(grpc::ServerContext*, const v1::ListOpenBatchesRequest*,
                               v1::ListOpenBatchesResponse*) override;
  grpc::Status ReadBatch(grpc::ServerContext*, const v1::ReadBatchRequest*, v1::ReadBatchResponse*) override;
  grpc::Status SplitBatch(grpc::ServerContext*, const v1::SplitBatchRequest*, v1::SplitBatchResponse*) override;
  grpc::Status RecordTask(grpc::ServerContext*, const v1::RecordTaskRequest*, v1::RecordTaskResponse*) override;
  grpc::Status MarkUnknown(grpc::ServerContext*, const v1::MarkUnknownRequest*, v1::MarkUnknownResponse*) override;
  grpc::Status RecordReceipts(grpc::ServerContext*, const v1::RecordReceiptsRequest*,
                              v1::RecordReceiptsResponse*) override;

 private:
  struct OpenItem {
    std::uint32_t item = 0;
    std::size_t place = 0;
  };
  struct Stored {
    v1::OpenBatch open;
    std::vector<OpenItem> items;
  };

  grpc::Status CheckLease(std::uint64_t token) const;
  Stored& Make(const std::vector<std::size_t>& places);
  void Fill(const Stored& stored, v1::Batch& batch) const;

  mutable std::mutex mutex_;
  std::vector<Record> records_;
  std::deque<std::size_t> pending_;
  std::map<std::uint64_t, Stored> batches_;
  std::uint64_t next_batch_ = 1;
  std::uint64_t token_ = 0;
  std::string holder_;
  v1::HubReport hub_;
  bool stolen_ = false;
  bool released_ = false;
  bool lose_next_batch_ = false;
  bool lose_receipts_answer_ = false, lose_split_answer_ = false;
  bool list_after_split_ = false, was_read_ = false, was_split_ = false;
  std::condition_variable split_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SubmissionService::StubInterface> stub_;
};

}  // namespace sabun
