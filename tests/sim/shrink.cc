#include "tests/sim/shrink.h"

#include <algorithm>

namespace sabun::sim {

std::vector<Event> Shrink(std::vector<Event> events, const std::function<bool(const std::vector<Event>&)>& fails,
                          int limit) {
  for (size_t run = std::max<size_t>(1, events.size() / 2);; run = std::max<size_t>(1, run / 2)) {
    bool shorter = false;
    for (size_t at = 0; at < events.size() && limit > 0;) {
      std::vector<Event> rest = events;
      rest.erase(rest.begin() + at, rest.begin() + std::min(at + run, rest.size()));
      --limit;
      if (fails(rest)) {
        events = std::move(rest);
        shorter = true;
      } else {
        at += run;
      }
    }
    if (limit <= 0 || (run == 1 && !shorter)) break;
  }
  for (Event& event : events) {
    if (event.calm || limit-- <= 0) continue;
    event.calm = true;
    if (!fails(events)) event.calm = false;
  }
  return events;
}

}  // namespace sabun::sim
