// One Sync stream: one thread of its own writes, another one reads, so that the caller prepares the next message.
#pragma once

#include <grpcpp/client_context.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "sabun/v1/intake.grpc.pb.h"

namespace sabun::client {

// Opens the stream when it is made. Write, Await and Finish are for one thread.
class SyncStream {
 public:
  // `cancelled`, which may be null, ends the stream within a tenth of a second of being set.
  SyncStream(v1::IntakeService::StubInterface& stub, const std::atomic<bool>* cancelled);
  SyncStream(const SyncStream&) = delete;
  SyncStream& operator=(const SyncStream&) = delete;
  // Cancels the stream when Finish was not called.
  ~SyncStream();

  // Hands the request over to be written; waits while two others are. False when the stream is broken: Finish says why.
  // A request that was handed over may still be lost with the stream.
  bool Write(v1::SyncRequest request);

  // The next Begun, Needed or Committed; nothing when the stream ended.
  std::optional<v1::SyncResponse> Await();
  // The Stretches that came until now, one behind the other.
  std::string TakeStretches();

  // Ends the stream and returns the engine's word. INTERNAL when the engine broke the protocol.
  absl::Status Finish();

  // Ends the stream at once: the engine drops the snapshot.
  void Cancel();

  // The next ordinal the engine expects, as far as it said.
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  // The row errors that arrived since the last call.
  std::vector<v1::RowError> TakeErrors();

 private:
  void ReadAll();
  void WriteAll();
  void Watch(const std::atomic<bool>* cancelled);
  void Join();

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriterInterface<v1::SyncRequest, v1::SyncResponse>> stream_;
  std::atomic<uint64_t> acknowledged_ = 0;
  uint64_t bytes_sent_ = 0;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<v1::SyncResponse> responses_;
  std::vector<v1::RowError> errors_;
  std::string stretches_;
  bool ended_ = false;
  bool broke_protocol_ = false;

  std::mutex writing_mutex_;  // guards what follows
  std::condition_variable writing_changed_;
  std::deque<v1::SyncRequest> requests_;  // the first one is being written
  bool no_more_requests_ = false;
  bool broken_ = false;

  std::thread reader_;
  std::thread writer_;
  std::thread watcher_;
};

}  // namespace sabun::client
