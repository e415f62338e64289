#include "engine/base/ordered_jobs.h"

#include <utility>

namespace sabun {

void OrderedJobs::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    jobs_.clear();
    if (status_.ok()) status_ = absl::CancelledError("the work was stopped");
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status OrderedJobs::Add(Job job) {
  if (limit_ == 0) {
    if (status_.ok()) status_ = job();
    return status_;
  }
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.size() < limit_ || !status_.ok(); });
  if (!status_.ok()) return status_;
  jobs_.push_back(std::move(job));
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status OrderedJobs::Drain() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return !status_.ok() || (jobs_.empty() && !busy_); });
  return status_;
}

void OrderedJobs::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (stopped_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    changed_.notify_all();
    const absl::Status status = job();
    lock.lock();
    busy_ = false;
    if (!status.ok()) {
      if (status_.ok()) status_ = status;
      jobs_.clear();
    }
    changed_.notify_all();
  }
}

}  // namespace sabun
