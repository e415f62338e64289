#include <algorithm>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/file_snapshot.h"
#include "adapters/cli/hub_comparison.h"
#include "adapters/cli/long_call.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/cli/texts.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct VerifyFlags {
  SnapshotJob job;
  uint64_t mib_per_second = 0;
  bool against_hub = false;
  std::string hub_url;
  VerifyFlags() { job.list_differences = 20; }
};

Json FindingJson(const v1::VerifyFinding& finding) {
  return {{"check", finding.check()}, {"examined", finding.examined()}, {"problem", finding.problem()}};
}

// What VerifyStore said, by dataset; the whole store's checks under "".
struct Findings {
  std::map<std::string, std::vector<v1::VerifyFinding>> by_dataset;
  uint64_t bytes = 0;

  bool Sound(const std::string& dataset) const {
    const auto found = by_dataset.find(dataset);
    return found == by_dataset.end() ||
           std::all_of(found->second.begin(), found->second.end(),
                       [](const v1::VerifyFinding& finding) { return finding.problem().empty(); });
  }
};

void PrintFindings(const CommandContext& context, const std::string& title,
                   const std::vector<v1::VerifyFinding>& findings, bool sound) {
  context.Print(context.Say(sound ? text::kVerifySound : text::kVerifyUnsound, {title}));
  std::vector<std::vector<std::string>> rows = {absl::StrSplit(context.Say(text::kVerifyColumns), '\t')};
  for (const v1::VerifyFinding& finding : findings) {
    rows.push_back({finding.check(), GroupDigits(finding.examined()),
                    finding.problem().empty() ? context.Say(text::kVerifyGood) : finding.problem()});
  }
  for (const std::string& line : AlignColumns(rows)) context.Print(absl::StrCat("  ", line));
}

absl::StatusOr<ExitStatus> VerifyStore(const CommandContext& context, const VerifyFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  const std::string& name = flags.job.dataset;
  if (!name.empty()) RETURN_IF_ERROR(GetDataset(engine, name).status());
  v1::VerifyStoreRequest request;
  request.set_dataset(name);
  request.set_bytes_per_second(flags.mib_per_second << 20);
  Findings findings;
  RETURN_IF_ERROR(LongCall<v1::VerifyStoreResponse>(
      context, text::kVerifyReading,
      [&](grpc::ClientContext* call) { return engine.admin->VerifyStore(call, request); },
      [&](const v1::VerifyStoreResponse& response) {
        findings.bytes = response.bytes();
        if (response.has_finding()) findings.by_dataset[response.dataset()].push_back(response.finding());
      }));
  bool sound = true;
  Json datasets = Json::array(), store = Json::array();
  for (const auto& [dataset, list] : findings.by_dataset) {
    const bool one_sound = findings.Sound(dataset);
    sound = sound && one_sound;
    Json json = Json::array();
    for (const v1::VerifyFinding& finding : list) json.push_back(FindingJson(finding));
    if (dataset.empty()) {
      store = std::move(json);
    } else {
      datasets.push_back({{"dataset", dataset}, {"sound", one_sound}, {"findings", std::move(json)}});
    }
    PrintFindings(context, dataset.empty() ? context.Say(text::kVerifyStore) : dataset, list, one_sound);
  }
  if (datasets.empty()) context.Print(context.Say(text::kNoDatasets));
  if (context.json) {
    context.PrintJson(
        {{"sound", sound}, {"datasets", std::move(datasets)}, {"store", std::move(store)}, {"bytes", findings.bytes}});
  }
  return sound ? ExitStatus::kDone : ExitStatus::kFailed;
}

const Text& KindText(v1::DifferenceKind kind) {
  switch (kind) {
    case v1::DIFFERENCE_KIND_ONLY_IN_EXTRACT:
      return text::kOnlyInFile;
    case v1::DIFFERENCE_KIND_ONLY_IN_ENGINE:
      return text::kOnlyInEngine;
    default:
      return text::kOtherContent;
  }
}

std::string KindWord(v1::DifferenceKind kind) {
  switch (kind) {
    case v1::DIFFERENCE_KIND_ONLY_IN_EXTRACT:
      return "only_in_file";
    case v1::DIFFERENCE_KIND_ONLY_IN_ENGINE:
      return "only_in_engine";
    default:
      return "different";
  }
}

Json AgainstJson(const SnapshotJob& job, const v1::Committed& committed, bool same) {
  const v1::SnapshotCounts& counts = committed.counts();
  Json listed = Json::array();
  for (const v1::Difference& difference : committed.differences()) {
    listed.push_back({{"kind", KindWord(difference.kind())},
                      {"key", std::vector<std::string>(difference.key().begin(), difference.key().end())}});
  }
  return {{"dataset", job.dataset},
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
          {"equal", counts.unchanged() + counts.cosmetic()},
          {"only_in_file", counts.added()},
          {"only_in_engine", counts.deleted() + counts.suspended_deletes()},
          {"different", counts.updated()},
          {"differences", std::move(listed)}};
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
    Json json = AgainstJson(job, result.committed, same);
    json["elapsed_seconds"] = absl::ToDoubleSeconds(absl::Now() - start);
    context.PrintJson(json);
  } else if (same) {
    context.Print(context.Say(text::kAgainstSame, {GroupDigits(counts.received())}));
  } else {
    context.Print(context.Say(text::kAgainstDiffers));
    context.Print(context.Say(text::kAgainstCounts,
                              {GroupDigits(counts.unchanged() + counts.cosmetic()), GroupDigits(counts.added()),
                               GroupDigits(counts.deleted() + counts.suspended_deletes()),
                               GroupDigits(counts.updated()), GroupDigits(counts.invalid() + counts.duplicate())}));
    ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, job.dataset));
    for (const v1::Difference& difference : result.committed.differences()) {
      context.Print(absl::StrCat("  ", KeyText(context, dataset, difference.key()), "  ",
                                 context.Say(KindText(difference.kind()))));
    }
  }
  return same ? ExitStatus::kDone : ExitStatus::kDoneWithRejects;
}

struct HubDifference {
  const char* word;
  const Text& text;
};

HubDifference AtHub(v1::DifferenceKind kind) {
  if (kind == v1::DIFFERENCE_KIND_ONLY_IN_EXTRACT) return {"only_at_hub", text::kOnlyAtHub};
  if (kind == v1::DIFFERENCE_KIND_ONLY_IN_ENGINE) return {"missing", text::kMissingAtHub};
  return {"different", text::kOtherAtHub};
}

Json HubJson(const std::string& dataset, const v1::Committed& committed, bool same) {
  const v1::SnapshotCounts& counts = committed.counts();
  Json listed = Json::array();
  for (const v1::Difference& difference : committed.differences()) {
    listed.push_back({{"kind", AtHub(difference.kind()).word},
                      {"key", std::vector<std::string>(difference.key().begin(), difference.key().end())}});
  }
  return {{"dataset", dataset},
          {"same", same},
          {"listed", counts.received()},
          {"equal", counts.unchanged() + counts.cosmetic()},
          {"missing", counts.deleted()},
          {"different", counts.updated()},
          {"only_at_hub", counts.added()},
          {"unreadable", counts.invalid() + counts.duplicate()},
          {"suspended", counts.suspended_deletes()},
          {"differences", std::move(listed)}};
}

// What the hub lists is compared with what it accepted, and nothing is stored.
absl::StatusOr<ExitStatus> VerifyAgainstHub(const CommandContext& context, const VerifyFlags& flags) {
  const std::string& name = flags.job.dataset;
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const client::SyncResult result,
                   CompareWithHub(context, engine, {name, flags.hub_url, false, flags.job.list_differences}));
  const v1::SnapshotCounts& counts = result.committed.counts();
  const uint64_t unreadable = counts.invalid() + counts.duplicate();
  const bool same = counts.added() + counts.updated() + counts.deleted() + unreadable == 0;
  if (context.json) context.PrintJson(HubJson(name, result.committed, same));
  if (same) {
    context.Print(context.Say(text::kHubSame, {GroupDigits(counts.received())}));
    return ExitStatus::kDone;
  }
  context.Print(context.Say(text::kHubDiffers));
  context.Print(context.Say(
      text::kHubCounts,
      {GroupDigits(counts.cosmetic() + counts.unchanged()), GroupDigits(counts.deleted() + counts.suspended_deletes()),
       GroupDigits(counts.updated()), GroupDigits(counts.added()), GroupDigits(unreadable)}));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, name));
  for (const v1::Difference& difference : result.committed.differences()) {
    context.Print(absl::StrCat("  ", KeyText(context, dataset, difference.key()), "  ",
                               context.Say(AtHub(difference.kind()).text)));
  }
  if (!context.json) PrintNextSteps(context, {{text::kNextResend, absl::StrCat("resend ", name, " --missing-at-hub")}});
  return ExitStatus::kFailed;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command = app.add_subcommand("verify", "保存データの検査 / check the engine's books");
  auto flags = std::make_shared<VerifyFlags>();
  command->add_option("dataset", flags->job.dataset, "対象データ。なければすべて / the dataset; all without it");
  CLI::Option* const against = command->add_option(
      "--against", flags->job.csv.path, "このCSVと比べる(何も変えない) / compare with this CSV, changing nothing");
  CLI::Option* const hub = command->add_flag(
      "--against-hub", flags->against_hub,
      "登録先の一覧と比べる(何も変えない) / compare with the hub's list, changing nothing ([hub.listing])");
  hub->excludes(against);
  command->add_option("--hub", flags->hub_url, "登録先の宛先 / the hub's address; the profile's without it")
      ->needs(hub);
  AddCsvFlags(*command, flags->job.csv);
  command->add_option("--list", flags->job.list_differences, "違う記録をいくつ示すか / how many that differ to name")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000));
  command->add_option("--mib-per-second", flags->mib_per_second, "読む速さの上限 / read at most so fast")
      ->check(CLI::Range(0, 1 << 20));
  command->callback([=, &context] {
    if (against->count() + hub->count() > 0 && flags->job.dataset.empty()) throw CLI::RequiredError("dataset");
    context.action = [=, &context]() -> absl::StatusOr<ExitStatus> {
      if (flags->against_hub) return VerifyAgainstHub(context, *flags);
      return against->count() > 0 ? VerifyAgainst(context, flags->job) : VerifyStore(context, *flags);
    };
  });
}

}  // namespace sabun::cli
