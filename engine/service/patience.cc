#include "engine/service/patience.h"

#include <grpc/grpc.h>

namespace sabun {

Patience::Waiting::Waiting(Patience* patience, grpc_call* call)
    : patience_(patience), call_(call), until_(std::chrono::steady_clock::now() + patience->limit_) {
  grpc_call_ref(call_);
}

Patience::Waiting::~Waiting() {
  {
    const std::lock_guard<std::mutex> lock(patience_->mutex_);
    if (!ended_) patience_->waiting_.erase(place_);
  }
  grpc_call_unref(call_);
}

bool Patience::Waiting::ended() const {
  const std::lock_guard<std::mutex> lock(patience_->mutex_);
  return ended_;
}

Patience::Patience(absl::Duration limit) : limit_(absl::ToChronoNanoseconds(limit)), thread_([this] { Run(); }) {}

Patience::~Patience() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<Patience::Waiting> Patience::Begin(grpc::ServerContext* context) {
  std::unique_ptr<Waiting> waiting(new Waiting(this, context->c_call()));
  const std::lock_guard<std::mutex> lock(mutex_);
  // All have the same time, so that the newest one is the last; one that is a moment early or late does no harm.
  waiting->place_ = waiting_.insert(waiting_.end(), waiting.get());
  if (waiting_.size() == 1) changed_.notify_all();
  return waiting;
}

void Patience::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    Waiting* const first = waiting_.front();
    if (const auto until = first->until_; std::chrono::steady_clock::now() < until) {
      changed_.wait_until(lock, until);
      continue;
    }
    waiting_.pop_front();
    first->ended_ = true;
    // Unlike TryCancel this tells the caller why; it wakes the thread that reads.
    grpc_call_cancel_with_status(first->call_, GRPC_STATUS_DEADLINE_EXCEEDED,
                                 "FIRST-MESSAGE-LATE: the call was opened and nothing was said on it in time; begin "
                                 "it again, and send its first message at once",
                                 nullptr);
  }
}

}  // namespace sabun
