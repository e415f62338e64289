#include "adapters/cli/engine_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/client/channel.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {

absl::StatusOr<EngineClient> ConnectEngine(const CommandContext& context) {
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      client::OpenChannel(client::EngineAddress(context.engine_flag), client::ResolveTlsFiles(context.tls));
  if (!absl::IsInvalidArgument(channel.status())) RETURN_IF_ERROR(channel.status());
  if (!channel.ok()) {
    const std::string address = client::EngineAddress(context.engine_flag);
    return UsageError(absl::StrCat("エンジンの宛先が正しくありません: ", address, "(host:port または unix:/path)"),
                      std::string(channel.status().message()));
  }
  EngineClient engine;
  engine.admin = v1::AdminService::NewStub(*channel);
  engine.audit = v1::AuditService::NewStub(*channel);
  engine.change_sets = v1::ChangeSetService::NewStub(*channel);
  engine.datasets = v1::DatasetService::NewStub(*channel);
  engine.intake = v1::IntakeService::NewStub(*channel);
  engine.rejects = v1::RejectService::NewStub(*channel);
  engine.submission = v1::SubmissionService::NewStub(*channel);
  return engine;
}

absl::StatusOr<v1::Dataset> GetDataset(const EngineClient& engine, const std::string& name) {
  v1::GetDatasetRequest request;
  request.set_name(name);
  v1::GetDatasetResponse response;
  const absl::Status status = Call(*engine.datasets, &v1::DatasetService::Stub::GetDataset, request, &response);
  if (status.ok()) return std::move(*response.mutable_dataset());
  if (!absl::IsNotFound(status)) return status;
  ASSIGN_OR_RETURN(const std::vector<v1::Dataset> all, ListDatasets(engine));
  const std::string names =
      absl::StrJoin(all, ", ", [](std::string* out, const v1::Dataset& dataset) { out->append(dataset.name()); });
  return client::LocalizedError(absl::StatusCode::kNotFound,
                                {"DATASET-UNKNOWN",
                                 absl::StrCat("対象データ「", name, "」はありません。",
                                              all.empty() ? "まだ1つも登録されていません" : "登録済み: ", names,
                                              "。登録: sabun dataset create ", name, " --profile FILE"),
                                 absl::StrCat("there is no dataset \"", name, "\". ",
                                              all.empty() ? "None is registered yet" : "Registered: ", names,
                                              ". To register: sabun dataset create ", name, " --profile FILE")});
}

absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(const EngineClient& engine) {
  std::vector<v1::Dataset> all;
  v1::ListDatasetsRequest request;
  do {
    v1::ListDatasetsResponse response;
    RETURN_IF_ERROR(Call(*engine.datasets, &v1::DatasetService::Stub::ListDatasets, request, &response));
    for (v1::Dataset& dataset : *response.mutable_datasets()) all.push_back(std::move(dataset));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

}  // namespace sabun::cli
