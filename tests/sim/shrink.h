// Finds the shortest history that still fails: delta debugging over the list of events.
#pragma once

#include <functional>
#include <vector>

#include "tests/sim/events.h"

namespace sabun::sim {

// `fails` says whether a history fails; `events` does. Takes away runs of events, long ones first, as long as what is
// left fails, then makes events calm. At most `limit` histories are run.
std::vector<Event> Shrink(std::vector<Event> events, const std::function<bool(const std::vector<Event>&)>& fails,
                          int limit);

}  // namespace sabun::sim
