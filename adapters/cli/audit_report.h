// What the audit log says about a period, for people: as text, as JSON, and as the sheet that is printed every month.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "adapters/cli/command_context.h"
#include "nlohmann/json.hpp"
#include "sabun/v1/audit.pb.h"

namespace sabun::cli {

// [from, to), in local time.
struct Period {
  absl::Time from, to;
};

Json AnalysisJson(const Period& period, const v1::AnalyzeAuditResponse& analysis);
void PrintAnalysis(const CommandContext& context, const Period& period, const v1::AnalyzeAuditResponse& analysis);

// The monthly check sheet (点検票), a page of HTML in Japanese that needs nothing else: every question with what was
// found, the state of the chain, and places to sign.
std::string CheckSheetHtml(const Period& period, const v1::AnalyzeAuditResponse& analysis,
                           const v1::VerifyAuditResponse& verdict);

Json IncidentJson(const Period& period, const v1::ReportIncidentResponse& report);
void PrintIncident(const CommandContext& context, const Period& period, const v1::ReportIncidentResponse& report);

}  // namespace sabun::cli
