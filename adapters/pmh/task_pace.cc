#include "adapters/pmh/task_pace.h"

#include <algorithm>

namespace sabun {
namespace {

constexpr absl::Duration kLeastWait = absl::Milliseconds(2);

}  // namespace

TaskPace::TaskPace(const HubPoll& poll) : max_wait_(poll.max_wait), first_wait_(poll.first_wait) {}

absl::Duration TaskPace::FirstWait() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return first_wait_;
}

void TaskPace::Learn(absl::Duration took, int questions) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A task that was done at the first question may have been done long before it; one that was not took about this
  // long.
  const absl::Duration next = questions == 1 ? first_wait_ * 0.75 : (first_wait_ + took) / 2;
  first_wait_ = std::clamp(next, std::min(kLeastWait, max_wait_), max_wait_);
}

}  // namespace sabun
