// Commits of several threads, made one group after another: whoever comes first commits for all who wait meanwhile.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "engine/store/store.h"

namespace sabun {

// Thread safe.
class CommitQueue {
 public:
  // Makes a group durable, in its order, all or nothing. Never called by two threads at once.
  using Write = std::function<absl::Status(const std::vector<const Batch*>&)>;
  explicit CommitQueue(Write write) : write_(std::move(write)) {}

  // Returns when the group with this batch was written, with the group's status.
  absl::Status Commit(const Batch& batch);
  // How many are being written or wait for it.
  size_t waiting() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Waiting {
    const Batch* batch;
    bool done = false;
    absl::Status status;
  };

  const Write write_;
  mutable std::mutex mutex_;  // not held while a group is written
  std::condition_variable moved_;
  std::deque<Waiting*> waiting_;  // the first ones are being written while `writing_`
  bool writing_ = false;
};

}  // namespace sabun
