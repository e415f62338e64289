#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/file_snapshot.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

using Json = nlohmann::ordered_json;

Json FindingsJson(const std::string& dataset, const v1::VerifyDatasetResponse& response) {
  Json findings = Json::array();
  for (const v1::VerifyFinding& finding : response.findings()) {
    findings.push_back({{"check", finding.check()}, {"examined", finding.examined()}, {"problem", finding.problem()}});
  }
  return {{"dataset", dataset}, {"sound", response.sound()}, {"findings", std::move(findings)}};
}

void PrintFindings(const CommandContext& context, const std::string& dataset,
                   const v1::VerifyDatasetResponse& response) {
  context.Print(context.Say(response.sound() ? text::kVerifySound : text::kVerifyUnsound, {dataset}));
  std::vector<std::vector<std::string>> rows = {absl::StrSplit(context.Say(text::kVerifyColumns), '\t')};
  for (const v1::VerifyFinding& finding : response.findings()) {
    rows.push_back({finding.check(), GroupDigits(finding.examined()),
                    finding.problem().empty() ? context.Say(text::kVerifyGood) : finding.problem()});
  }
  for (const std::string& line : AlignColumns(rows)) context.Print(absl::StrCat("  ", line));
}

absl::StatusOr<ExitStatus> VerifyStore(const CommandContext& context, const std::string& name) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  std::vector<std::string> names = {name};
  if (name.empty()) {
    names.clear();
    ASSIGN_OR_RETURN(const std::vector<v1::Dataset> datasets, ListDatasets(engine));
    for (const v1::Dataset& dataset : datasets) names.push_back(dataset.name());
  } else {
    RETURN_IF_ERROR(GetDataset(engine, name).status());
  }
  bool sound = true;
  Json json = Json::array();
  for (const std::string& dataset : names) {
    v1::VerifyDatasetRequest request;
    request.set_dataset(dataset);
    v1::VerifyDatasetResponse response;
    RETURN_IF_ERROR(
        Call(*engine.admin, &v1::AdminService::Stub::VerifyDataset, request, &response, absl::InfiniteDuration()));
    sound = sound && response.sound();
    json.push_back(FindingsJson(dataset, response));
    PrintFindings(context, dataset, response);
  }
  if (names.empty()) context.Print(context.Say(text::kNoDatasets));
  if (context.json) context.PrintJson({{"sound", sound}, {"datasets", std::move(json)}});
  return sound ? ExitStatus::kDone : ExitStatus::kFailed;
}

// The file is compared as a complete snapshot would be, and nothing is stored.
absl::StatusOr<ExitStatus> VerifyAgainst(const CommandContext& context, SnapshotJob job) {
  const absl::Time start = absl::Now();
  job.compare_only = true;
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const client::SyncResult result, TakeFileIn(context, engine, job));
  const v1::SnapshotCounts& counts = result.committed.counts();
  const bool same = counts.added() + counts.updated() + counts.deleted() + counts.invalid() + counts.duplicate() +
                        counts.suspended_deletes() ==
                    0;
  if (context.json) {
    context.PrintJson({{"dataset", job.dataset},
                       {"same", same},
                       {"received", counts.received()},
                       {"unchanged", counts.unchanged()},
                       {"added", counts.added()},
                       {"updated", counts.updated()},
                       {"deleted", counts.deleted()},
                       {"cosmetic", counts.cosmetic()},
                       {"invalid", counts.invalid()},
                       {"duplicate", counts.duplicate()},
                       {"suspended_deletes", counts.suspended_deletes()},
                       {"elapsed_seconds", absl::ToDoubleSeconds(absl::Now() - start)}});
  } else if (same) {
    context.Print(context.Say(text::kAgainstSame, {GroupDigits(counts.received())}));
  } else {
    context.Print(context.Say(text::kAgainstDiffers));
    for (const std::string& line : CountLines(context, counts)) context.Print(line);
  }
  return same ? ExitStatus::kDone : ExitStatus::kFailed;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command = app.add_subcommand("verify", "保存データの検査 / check the engine's books");
  auto job = std::make_shared<SnapshotJob>();
  command->add_option("dataset", job->dataset, "対象データ。なければすべて / the dataset; all without it");
  CLI::Option* const against = command->add_option(
      "--against", job->csv.path, "このCSVと比べる(何も変えない) / compare with this CSV, changing nothing");
  AddCsvFlags(*command, job->csv);
  command->callback([=, &context] {
    if (against->count() > 0 && job->dataset.empty()) throw CLI::RequiredError("dataset");
    context.action = [=, &context]() -> absl::StatusOr<ExitStatus> {
      return against->count() > 0 ? VerifyAgainst(context, *job) : VerifyStore(context, job->dataset);
    };
  });
}

}  // namespace sabun::cli
