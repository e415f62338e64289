// One thread that does jobs in the order they are given, so that whoever gives them goes on meanwhile.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"

namespace sabun {

// At most `limit` jobs wait; with 0, Add does the job itself, on the caller's thread. After the first error no job is
// begun. For one caller.
class OrderedJobs {
 public:
  using Job = std::function<absl::Status()>;

  explicit OrderedJobs(size_t limit) : limit_(limit) {}
  OrderedJobs(const OrderedJobs&) = delete;
  OrderedJobs& operator=(const OrderedJobs&) = delete;
  ~OrderedJobs() { Stop(); }

  // Waits while too many wait. Returns the first error so far.
  absl::Status Add(Job job);
  // Waits until all are done. Returns the first error.
  absl::Status Drain();
  // Begins nothing more and waits for the job at hand. From then on Add and Drain return CANCELLED.
  void Stop();

 private:
  void Run();

  const size_t limit_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  absl::Status status_;
  bool busy_ = false;
  bool stopped_ = false;
  std::thread thread_;  // begun with the first job
};

}  // namespace sabun
