#include "engine/service/patience.h"

#include <grpc/grpc.h>

#include <string>
#include <utility>

namespace sabun {

Patience::Waiting::Waiting(Patience* patience, grpc_call* call)
    : patience_(patience), call_(call), until_(patience->clock_->Steady() + patience->limit_) {
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

Patience::Patience(absl::Duration limit, absl::Status end, Clock* clock)
    : limit_(limit), end_(std::move(end)), clock_(clock), thread_([this] { Run(); }) {}

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
  // All have the same time, so that the newest one is the last, and the thread never sleeps longer than it may; one
  // that is a moment early or late does no harm.
  waiting->place_ = waiting_.insert(waiting_.end(), waiting.get());
  return waiting;
}

void Patience::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_) {
    const absl::Duration left = waiting_.empty() ? limit_ : waiting_.front()->until_ - clock_->Steady();
    if (left > absl::ZeroDuration()) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(left));
      continue;
    }
    Waiting* const first = waiting_.front();
    waiting_.pop_front();
    first->ended_ = true;
    // Unlike TryCancel this tells the caller why; it wakes the thread that reads or writes.
    grpc_call_cancel_with_status(first->call_, static_cast<grpc_status_code>(end_.code()),
                                 std::string(end_.message()).c_str(), nullptr);
  }
}

}  // namespace sabun
