#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

constexpr uint32_t kMostRetentionDays = 36'500;

absl::Status SetRetention(Dataset& dataset, uint32_t days) {
  if (days > kMostRetentionDays) return absl::InvalidArgumentError("retention_days is at most 36500");
  return dataset.SetRetention(days);
}

}  // namespace

DatasetService::DatasetService(Engine* engine, Gate* gate) : GuardedService(gate), engine_(engine) {
  Unary("/sabun.v1.DatasetService/CreateDataset", &DatasetService::CreateDataset);
  Unary("/sabun.v1.DatasetService/UpdateDataset", &DatasetService::UpdateDataset);
  Unary("/sabun.v1.DatasetService/RotateFingerprintSecret", &DatasetService::RotateFingerprintSecret);
  Unary("/sabun.v1.DatasetService/GetDataset", &DatasetService::GetDataset);
  Unary("/sabun.v1.DatasetService/ListDatasets", &DatasetService::ListDatasets);
}

grpc::Status DatasetService::CreateDataset(Call&, const v1::CreateDatasetRequest* request,
                                           v1::CreateDatasetResponse* response) {
  bool created = false;
  const auto dataset = engine_->CreateDataset(request->name(), request->profile_toml(),
                                              WithLimits(GuardLimits(), request->guards()), &created);
  if (!dataset.ok()) return ToGrpc(dataset.status());
  if (created && request->has_retention_days()) {
    const absl::Status status = SetRetention(**dataset, request->retention_days());
    if (!status.ok()) return ToGrpc(status);
  }
  response->set_created(created);
  FillDataset(**dataset, /*whole=*/true, response->mutable_dataset());
  return grpc::Status::OK;
}

grpc::Status DatasetService::UpdateDataset(Call& call, const v1::UpdateDatasetRequest* request,
                                           v1::UpdateDatasetResponse* response) {
  Dataset* const dataset = call.dataset().get();
  const GuardLimits guards = WithLimits(dataset->row().guards, request->guards());
  absl::Status status = dataset->Update(request->profile_toml(), guards);
  if (status.ok() && request->has_retention_days()) status = SetRetention(*dataset, request->retention_days());
  if (!status.ok()) return ToGrpc(status);
  FillDataset(*dataset, /*whole=*/true, response->mutable_dataset());
  return grpc::Status::OK;
}

grpc::Status DatasetService::RotateFingerprintSecret(Call& call, const v1::RotateFingerprintSecretRequest*,
                                                     v1::RotateFingerprintSecretResponse*) {
  return ToGrpc(call.dataset()->RotateFingerprintSecret());
}

grpc::Status DatasetService::GetDataset(Call& call, const v1::GetDatasetRequest*, v1::GetDatasetResponse* response) {
  Dataset* const dataset = call.dataset().get();
  FillDataset(*dataset, /*whole=*/true, response->mutable_dataset());
  return grpc::Status::OK;
}

grpc::Status DatasetService::ListDatasets(Call& call, const v1::ListDatasetsRequest* request,
                                          v1::ListDatasetsResponse* response) {
  const size_t limit = std::min<size_t>(request->page_size() == 0 ? 100 : request->page_size(), 1'000);
  std::string after = request->page_token();
  while (static_cast<size_t>(response->datasets_size()) < limit) {
    const std::vector<std::shared_ptr<Dataset>> page = engine_->List(after, limit);
    for (const auto& dataset : page) {
      after = dataset->row().name;
      if (call.Sees(after)) FillDataset(*dataset, /*whole=*/false, response->add_datasets());
      if (static_cast<size_t>(response->datasets_size()) == limit) break;
    }
    if (page.size() < limit) break;
  }
  if (static_cast<size_t>(response->datasets_size()) == limit) response->set_next_page_token(after);
  return grpc::Status::OK;
}

}  // namespace sabun
