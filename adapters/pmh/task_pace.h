// How long the hub takes for a task, learned from the tasks before.
#pragma once

#include <mutex>

#include "absl/time/time.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun {

// Says when a new task is first asked about: about when it should be done, so that quick tasks are not waited for and
// slow ones are not asked about again and again. Thread-safe.
class TaskPace {
 public:
  // Begins with the profile's first wait; never longer than its longest.
  explicit TaskPace(const HubPoll& poll);

  absl::Duration FirstWait() const;

  // A task was done `took` after its post, when it was asked about for the time `questions`.
  void Learn(absl::Duration took, int questions);

 private:
  const absl::Duration max_wait_;
  mutable std::mutex mutex_;
  absl::Duration first_wait_;
};

}  // namespace sabun
