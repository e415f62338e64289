// What must be true when everything is settled.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/kills/crew.h"
#include "tests/crash/kills/source.h"

namespace sabun::kills {

// What the hub was sent without need since its start.
struct NeedlessSends {
  uint64_t unchanged = 0;  // an equal record again
  uint64_t absent = 0;     // a deletion of what it does not hold
  uint64_t total() const { return unchanged + absent; }
};
absl::StatusOr<NeedlessSends> ReadNeedlessSends(Crew* crew);

// Pushes, approves and submits without faults until nothing is open. Errors: INTERNAL when that does not come.
absl::Status Settle(Crew* crew);

// Hub and source are the same but for what the hub refuses; the engine's checks are sound; the books of every change
// set balance; the rejects are those that the source has. Errors: INTERNAL with what is wrong.
absl::Status CheckSettled(Crew* crew, const Source& source);

// The same extract once more sends nothing and changes nothing.
absl::Status CheckNothingMore(Crew* crew);

}  // namespace sabun::kills
