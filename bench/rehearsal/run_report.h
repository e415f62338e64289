// Parts of the reports about single runs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/rehearsal/report.h"
#include "bench/rehearsal/run_cost.h"

namespace sabun::bench {

// As it is written: members keep their order.
using Json = nlohmann::ordered_json;

// One run or submission, as both commands write them.
Json RunJson(const RunCost& run);
Json SubmissionJson(const SubmissionCost& submission);

// One stage of a run as a row of a table: time, records, rate, processor time of client and engine.
std::vector<Words> StageColumns(const Words& first);
std::vector<Words> StageRow(const Words& label, const StageCost& stage);

// The stages of a run that did something, with their names.
std::vector<std::pair<Words, StageCost>> StagesOf(const RunCost& run);

// Memory of both programs over time, as a figure.
ReportFigure MemoryFigure(const std::vector<ResourceSample>& samples);

// The name of a run for people: "first load", "day 1".
Words RunName(const std::string& id);

}  // namespace sabun::bench
