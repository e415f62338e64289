#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/channel.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

std::string CircuitName(v1::HubCircuit circuit) {
  switch (circuit) {
    case v1::HUB_CIRCUIT_CLOSED:
      return "closed";
    case v1::HUB_CIRCUIT_OPEN:
      return "open";
    case v1::HUB_CIRCUIT_TRYING:
      return "trying";
    default:
      return "unspecified";
  }
}

Json HubJson(const v1::HubReport& hub) {
  return {{"circuit", CircuitName(hub.circuit())},
          {"failures_in_a_row", hub.failures_in_a_row()},
          {"last_code", hub.last_code()},
          {"next_attempt_seconds", static_cast<double>(hub.next_attempt_ms()) / 1000}};
}

Json StatusJson(const v1::DatasetStatus& status) {
  Json json = {{"dataset", status.dataset()},
               {"records", status.records()},
               {"accepted_records", status.accepted_records()},
               {"pending", status.pending()},
               {"in_flight", status.in_flight()},
               {"unknown", status.unknown()},
               {"rejected", status.rejected()},
               {"open_batches", status.open_batches()},
               {"lease_holder", status.lease_holder()},
               {"intake_in_progress", status.intake_in_progress()},
               {"unreconciled", status.unreconciled()},
               {"newest_change_set", nullptr},
               {"held_change_set", nullptr},
               {"hub", nullptr}};
  if (status.has_newest_change_set()) json["newest_change_set"] = ChangeSetJson(status.newest_change_set());
  if (status.has_held_change_set()) json["held_change_set"] = ChangeSetJson(status.held_change_set());
  if (status.has_hub()) json["hub"] = HubJson(status.hub());
  return json;
}

void PrintNewest(const CommandContext& context, const v1::ChangeSet& newest) {
  const v1::SnapshotCounts& counts = newest.counts();
  context.Print(context.Say(text::kStatusNewest, {absl::StrCat(newest.number()), StateLabel(context, newest.state()),
                                                  GroupDigits(counts.added()), GroupDigits(counts.updated()),
                                                  GroupDigits(counts.deleted()), LocalTime(newest.created_at())}));
}

void PrintStatus(const CommandContext& context, const v1::DatasetStatus& status) {
  context.Print(status.dataset());
  context.Print(
      context.Say(text::kStatusRecords, {GroupDigits(status.records()), GroupDigits(status.accepted_records())}));
  if (status.pending() + status.in_flight() + status.unknown() + status.rejected() > 0) {
    context.Print(context.Say(text::kStatusUnsettled, {GroupDigits(status.pending()), GroupDigits(status.in_flight()),
                                                       GroupDigits(status.unknown()), GroupDigits(status.rejected())}));
  } else {
    context.Print(context.Say(text::kSettled));
  }
  if (status.has_newest_change_set()) PrintNewest(context, status.newest_change_set());
  if (status.intake_in_progress()) context.Print(context.Say(text::kStatusIntake));
  if (status.unreconciled()) context.Print(context.Say(text::kStatusUnreconciled));
  if (!status.lease_holder().empty()) {
    context.Print(context.Say(text::kStatusLease, {status.lease_holder(), GroupDigits(status.open_batches())}));
  }
  if (status.hub().circuit() == v1::HUB_CIRCUIT_OPEN || status.hub().circuit() == v1::HUB_CIRCUIT_TRYING) {
    const uint64_t waits = status.pending() + status.in_flight() + status.unknown();
    context.Print(context.Say(text::kStatusHubPaused,
                              {absl::StrCat(status.hub().failures_in_a_row()), status.hub().last_code(),
                               absl::StrCat((status.hub().next_attempt_ms() + 999) / 1000), GroupDigits(waits)}));
  }
  if (!status.has_held_change_set()) return;
  const v1::ChangeSet& held = status.held_change_set();
  context.Print(context.Say(text::kStatusHeld, {absl::StrCat(held.number())}));
  for (const v1::Hold& hold : held.holds()) context.Print(absl::StrCat("  ! ", HoldText(context, hold)));
}

// Only what waits for a person, or for nobody in particular, is worth a hint.
void PrintHints(const CommandContext& context, const v1::GetStatusResponse& response) {
  std::vector<NextStep> steps;
  for (const v1::DatasetStatus& status : response.datasets()) {
    const std::string& name = status.dataset();
    if (status.has_held_change_set()) {
      steps.push_back(
          {text::kNextLook, absl::StrCat("change-set show ", name, " ", status.held_change_set().number())});
    }
    const bool waits = status.pending() + status.unknown() + status.in_flight() > 0 && status.lease_holder().empty();
    if (waits) steps.push_back({text::kNextSubmit, absl::StrCat("submit --dataset ", name)});
    if (status.rejected() > 0) steps.push_back({text::kNextRejects, absl::StrCat("rejects list ", name)});
  }
  if (response.datasets().empty()) {
    context.Print(context.Say(text::kNoDatasets));
    steps.push_back({text::kNextCreate, "dataset create NAME --profile FILE"});
  }
  if (!steps.empty()) PrintNextSteps(context, steps);
}

Json ScrubJson(const v1::Scrub& scrub) {
  return {{"finished_at", UtcTime(scrub.finished_at())},
          {"sound", scrub.sound()},
          {"bytes", scrub.bytes()},
          {"problem", scrub.problem()},
          {"running", scrub.running()}};
}

void PrintScrub(const CommandContext& context, const v1::Scrub& scrub) {
  const std::string when = LocalTime(scrub.finished_at());
  context.Print(scrub.sound() ? context.Say(text::kStatusScrub, {when, GroupDigits(scrub.bytes() >> 20)})
                              : context.Say(text::kStatusScrubUnsound, {when, scrub.problem()}));
}

absl::StatusOr<ExitStatus> Status(const CommandContext& context, const std::string& dataset) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  if (!dataset.empty()) RETURN_IF_ERROR(GetDataset(engine, dataset).status());
  v1::GetStatusRequest request;
  request.set_dataset(dataset);
  v1::GetStatusResponse response;
  RETURN_IF_ERROR(Call(*engine.admin, &v1::AdminService::Stub::GetStatus, request, &response));
  if (context.json) {
    Json datasets = Json::array();
    for (const v1::DatasetStatus& status : response.datasets()) datasets.push_back(StatusJson(status));
    context.PrintJson({{"engine_version", response.engine_version()},
                       {"uptime_seconds", response.uptime_seconds()},
                       {"datasets", std::move(datasets)},
                       {"scrub", ScrubJson(response.scrub())}});
    return ExitStatus::kDone;
  }
  context.Print(context.Say(
      text::kEngineLine, {client::EngineAddress(context.engine_flag), response.engine_version(),
                          absl::StrCat(response.uptime_seconds() / 3600, "h", response.uptime_seconds() / 60 % 60, "m",
                                       response.uptime_seconds() % 60, "s")}));
  if (response.scrub().finished_at() != 0) PrintScrub(context, response.scrub());
  for (const v1::DatasetStatus& status : response.datasets()) PrintStatus(context, status);
  PrintHints(context, response);
  return ExitStatus::kDone;
}

}  // namespace

void AddStatusCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command = app.add_subcommand("status", "状態を見る / where everything stands");
  auto dataset = std::make_shared<std::string>();
  command->add_option("dataset", *dataset, "対象データ。なければすべて / the dataset; all without it");
  command->callback(
      [dataset, &context] { context.action = [dataset, &context] { return Status(context, *dataset); }; });
}

}  // namespace sabun::cli
