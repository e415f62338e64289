// What a nation run found, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/rehearsal/nation.h"
#include "bench/rehearsal/report.h"

namespace sabun::bench {

// How much more a record costs in a step than in the smallest one: 1 is exactly linear. The first is of time, the
// second of the engine's processor time.
struct CostRatio {
  double time = 1;
  double engine_cpu = 1;
};
CostRatio RatioOf(const NationStep& smallest, const NationStep& step);

// The report with its figures.
Report NationReport(const NationFindings& findings);

// Every figure, with units in the names.
nlohmann::ordered_json NationJson(const NationFindings& findings);

}  // namespace sabun::bench
