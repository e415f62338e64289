#include <iostream>
#include <memory>

#include "absl/time/clock.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/markdown_page.h"
#include "adapters/cli/pia_report.h"
#include "adapters/cli/text_layout.h"
#include "adapters/client/channel.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

absl::StatusOr<PiaFacts> CollectFacts(const CommandContext& context, const std::string& name) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  PiaFacts facts;
  facts.engine_address = client::EngineAddress(context.engine_flag);
  facts.made_at = LocalTime(absl::ToUnixSeconds(absl::Now()));
  v1::GetStatusRequest request;
  request.set_dataset(name);
  std::vector<std::string> names = {name};
  if (name.empty()) {
    names.clear();
    ASSIGN_OR_RETURN(const std::vector<v1::Dataset> datasets, ListDatasets(engine));
    for (const v1::Dataset& dataset : datasets) names.push_back(dataset.name());
  }
  for (const std::string& dataset : names) {
    ASSIGN_OR_RETURN(v1::Dataset found, GetDataset(engine, dataset));
    facts.datasets.push_back(std::move(found));
  }
  RETURN_IF_ERROR(Call(*engine.admin, &v1::AdminService::Stub::GetStatus, request, &facts.status));
  return facts;
}

absl::StatusOr<ExitStatus> Report(const CommandContext& context, const std::string& name, const std::string& format) {
  ASSIGN_OR_RETURN(const PiaFacts facts, CollectFacts(context, name));
  const std::string markdown = PiaReport(facts);
  const std::string report = format == "html" ? MarkdownPage("特定個人情報保護評価のための報告", markdown) : markdown;
  if (context.json) {
    context.PrintJson({{"format", format}, {"report", report}});
  } else {
    std::cout << report;
  }
  return ExitStatus::kDone;
}

}  // namespace

void AddPiaReportCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command =
      app.add_subcommand("pia-report", "特定個人情報保護評価の資料を作る / papers for the privacy impact assessment");
  auto dataset = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("markdown");
  command->add_option("dataset", *dataset, "対象データ。なければすべて / the dataset; all without it");
  command->add_option("--format", *format, "markdown | html")
      ->capture_default_str()
      ->check(CLI::IsMember({"markdown", "html"}));
  command->callback([=, &context] { context.action = [=, &context] { return Report(context, *dataset, *format); }; });
}

}  // namespace sabun::cli
