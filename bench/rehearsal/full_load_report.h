// What a full load found, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/rehearsal/full_load.h"
#include "bench/rehearsal/report.h"

namespace sabun::bench {

// The report with its figures.
Report FullLoadReport(const FullLoadFindings& findings);

// Every figure of the report, with units in the names: seconds, bytes, records. A limit that is not reached is null.
nlohmann::ordered_json FullLoadJson(const FullLoadFindings& findings);

}  // namespace sabun::bench
