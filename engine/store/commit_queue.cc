#include "engine/store/commit_queue.h"

namespace sabun {
namespace {

constexpr size_t kMostBytesAtOnce = 4 << 20;  // a large commit does not wait for others to be put beside it

}  // namespace

absl::Status CommitQueue::Commit(const Batch& batch) {
  Waiting own{&batch, false, absl::OkStatus()};
  std::unique_lock<std::mutex> lock(mutex_);
  waiting_.push_back(&own);
  moved_.wait(lock, [&] { return own.done || (!writing_ && waiting_.front() == &own); });
  if (own.done) return own.status;
  std::vector<const Batch*> group;
  size_t bytes = 0;
  for (const Waiting* waiting : waiting_) {
    if (!group.empty() && bytes + waiting->batch->bytes() > kMostBytesAtOnce) break;
    bytes += waiting->batch->bytes();
    group.push_back(waiting->batch);
  }
  writing_ = true;
  lock.unlock();
  const absl::Status status = write_(group);
  lock.lock();
  writing_ = false;
  for (size_t i = 0; i < group.size(); ++i) {
    waiting_.front()->status = status;
    waiting_.front()->done = true;
    waiting_.pop_front();
  }
  moved_.notify_all();
  return status;
}

}  // namespace sabun
