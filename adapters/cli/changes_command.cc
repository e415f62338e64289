#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/shapes.h"
#include "adapters/cli/text_layout.h"
#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

struct ChangesFlags {
  std::string dataset;
  uint64_t number = 0;
  std::string format = "ndjson";
};

absl::Status BadFields() { return absl::DataLossError("a change's fields cannot be taken apart"); }

std::vector<std::string> ChangedNames(const v1::Dataset& dataset, const v1::Change& change) {
  std::vector<std::string> names;
  for (const uint32_t field : change.changed_fields()) {
    if (field < static_cast<uint32_t>(dataset.fields_size()))
      names.push_back(dataset.fields(static_cast<int>(field)).name());
  }
  return names;
}

// Empty values are left out of the record, as the hub never gets them.
std::string AsJson(const v1::Dataset& dataset, const v1::Change& change, const std::vector<absl::string_view>& values) {
  Json record = Json::object();
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].empty()) record[dataset.fields(static_cast<int>(i)).name()] = std::string(values[i]);
  }
  const Json line = {{"op", OpName(change.op())},
                     {"key", std::vector<std::string>(change.key().begin(), change.key().end())},
                     {"record", std::move(record)},
                     {"changed_fields", ChangedNames(dataset, change)},
                     {"state", StateName(change.state())}};
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string AsCsv(const v1::Dataset& dataset, const v1::Change& change, const std::vector<absl::string_view>& values) {
  std::vector<std::string> fields = {OpName(change.op()), StateName(change.state()),
                                     absl::StrJoin(ChangedNames(dataset, change), ";")};
  for (const absl::string_view value : values) fields.emplace_back(value);
  return CsvLine(fields);
}

std::string CsvHeader(const v1::Dataset& dataset) {
  std::vector<std::string> names = {"op", "state", "changed_fields"};
  for (const v1::Field& field : dataset.fields()) names.push_back(field.name());
  return CsvLine(names);
}

absl::StatusOr<ExitStatus> Changes(const CommandContext& context, const ChangesFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::Dataset dataset, GetDataset(engine, flags.dataset));
  const bool csv = flags.format == "csv";
  v1::ReadChangesRequest request;
  request.set_dataset(flags.dataset);
  request.set_number(flags.number);
  grpc::ClientContext call;
  const auto reader = engine.change_sets->ReadChanges(&call, request);
  v1::ReadChangesResponse page;
  std::vector<absl::string_view> values;
  bool header_wanted = csv;
  while (reader->Read(&page)) {
    if (std::exchange(header_wanted, false)) std::cout << CsvHeader(dataset) << '\n';
    for (const v1::Change& change : page.changes()) {
      absl::string_view fields = change.fields();
      if (!client::TakePackedFields(&fields, dataset.fields_size(), &values)) {
        call.TryCancel();
        reader->Finish();
        return BadFields();
      }
      std::cout << (csv ? AsCsv(dataset, change, values) : AsJson(dataset, change, values)) << '\n';
    }
    if (!std::cout) break;
  }
  if (!std::cout) {
    call.TryCancel();
    reader->Finish();
    return ExitStatus::kFailed;
  }
  RETURN_IF_ERROR(client::FromGrpc(reader->Finish()));
  if (header_wanted) std::cout << CsvHeader(dataset) << '\n';
  std::cout.flush();
  return ExitStatus::kDone;
}

}  // namespace

void AddChangesCommand(CLI::App& app, CommandContext& context) {
  CLI::App* const command = app.add_subcommand("changes", "差分の中身を書き出す(個人情報を含む) / write out changes");
  auto flags = std::make_shared<ChangesFlags>();
  command->add_option("dataset", flags->dataset, "対象データ / the dataset")->required();
  command->add_option("number", flags->number, "差分の番号 / the change set")->required()->check(CLI::PositiveNumber);
  command->add_option("--format", flags->format, "ndjson | csv")
      ->check(CLI::IsMember({"ndjson", "csv"}))
      ->capture_default_str();
  command->callback([flags, &context] { context.action = [flags, &context] { return Changes(context, *flags); }; });
}

}  // namespace sabun::cli
