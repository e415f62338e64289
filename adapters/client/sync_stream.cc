#include "adapters/client/sync_stream.h"

#include <chrono>
#include <utility>

#include "adapters/client/localized_status.h"

namespace sabun::client {
namespace {

// The engine leaves at most two Needed unanswered; Begun and Committed come alone.
constexpr size_t kMaxUnansweredResponses = 2;
constexpr size_t kMaxUnwrittenRequests = 2;
constexpr std::chrono::milliseconds kWatchInterval(50);

}  // namespace

SyncStream::SyncStream(v1::IntakeService::StubInterface& stub, const std::atomic<bool>* cancelled)
    : stream_(stub.Sync(&context_)) {
  reader_ = std::thread([this] { ReadAll(); });
  writer_ = std::thread([this] { WriteAll(); });
  if (cancelled != nullptr) watcher_ = std::thread([this, cancelled] { Watch(cancelled); });
}

SyncStream::~SyncStream() {
  if (!reader_.joinable()) return;
  Cancel();
  Join();
  stream_->Finish();
}

bool SyncStream::Write(v1::SyncRequest request) {
  bytes_sent_ += request.ByteSizeLong();
  std::unique_lock<std::mutex> lock(writing_mutex_);
  writing_changed_.wait(lock, [this] { return broken_ || requests_.size() < kMaxUnwrittenRequests; });
  if (broken_) return false;
  requests_.push_back(std::move(request));
  writing_changed_.notify_all();
  return true;
}

std::optional<v1::SyncResponse> SyncStream::Await() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || !responses_.empty(); });
  if (responses_.empty()) return std::nullopt;
  v1::SyncResponse response = std::move(responses_.front());
  responses_.pop_front();
  return response;
}

absl::Status SyncStream::Finish() {
  Join();
  const absl::Status status = FromGrpc(stream_->Finish());
  if (broke_protocol_) return absl::InternalError("the engine sent more than two unanswered requests for rows");
  return status;
}

void SyncStream::Cancel() { context_.TryCancel(); }

std::string SyncStream::TakeStretches() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(stretches_, {});
}

std::vector<v1::RowError> SyncStream::TakeErrors() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(errors_, {});
}

void SyncStream::ReadAll() {
  v1::SyncResponse response;
  while (stream_->Read(&response)) {
    if (response.has_ack()) {
      acknowledged_ = response.ack().next_ordinal();
      continue;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (response.has_stretches()) {
      stretches_ += response.stretches().stretches();
      continue;
    }
    if (response.has_record_errors()) {
      for (const v1::RowError& error : response.record_errors().errors()) errors_.push_back(error);
      continue;
    }
    if (responses_.size() == kMaxUnansweredResponses) {
      broke_protocol_ = true;
      context_.TryCancel();
      continue;
    }
    responses_.push_back(std::move(response));
    changed_.notify_all();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// A signal handler may only set a flag, so somebody has to look at it while both other threads are blocked in gRPC.
void SyncStream::Watch(const std::atomic<bool>* cancelled) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!changed_.wait_for(lock, kWatchInterval, [this] { return ended_; })) {
    if (*cancelled) context_.TryCancel();
  }
}

void SyncStream::WriteAll() {
  std::unique_lock<std::mutex> lock(writing_mutex_);
  for (;;) {
    writing_changed_.wait(lock, [this] { return no_more_requests_ || !requests_.empty(); });
    if (requests_.empty()) break;
    lock.unlock();
    const bool written = stream_->Write(requests_.front());
    lock.lock();
    requests_.pop_front();
    broken_ = broken_ || !written;
    writing_changed_.notify_all();
    if (broken_) return;
  }
  lock.unlock();
  stream_->WritesDone();
}

void SyncStream::Join() {
  {
    const std::lock_guard<std::mutex> lock(writing_mutex_);
    no_more_requests_ = true;
    writing_changed_.notify_all();
  }
  writer_.join();
  reader_.join();
  if (watcher_.joinable()) watcher_.join();
}

}  // namespace sabun::client
