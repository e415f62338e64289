// A bounded queue of batches between the one who reads them and those who deliver them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "sabun/v1/submission.pb.h"

namespace sabun {

// A batch to deliver, with its records.
struct Job {
  v1::OpenBatch open;
  v1::Batch batch;
};

// Thread-safe. A job counts as unfinished from Push until the Done that follows its Pop.
class JobQueue {
 public:
  explicit JobQueue(std::size_t limit) : limit_(limit) {}

  // Waits for a free place; false when the queue was closed: the job is dropped.
  bool Push(Job job) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || jobs_.size() < limit_; });
    if (closed_) return false;
    jobs_.push_back(std::move(job));
    ++unfinished_;
    changed_.notify_all();
    return true;
  }

  // Waits for a job; nothing when the queue was closed.
  std::optional<Job> Pop() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (closed_) return std::nullopt;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    changed_.notify_all();
    return job;
  }

  void Done() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --unfinished_;
    changed_.notify_all();
  }

  // Waits until no job is unfinished or the queue was closed.
  void WaitUntilIdle() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || unfinished_ == 0; });
  }

  // Drops what is queued and wakes everybody.
  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::size_t unfinished_ = 0;
  bool closed_ = false;
};

}  // namespace sabun
