#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/service/convert.h"
#include "engine/service/services.h"

namespace sabun {

grpc::Status DatasetService::CreateDataset(grpc::ServerContext*, const v1::CreateDatasetRequest* request,
                                           v1::CreateDatasetResponse* response) {
  bool created = false;
  const auto dataset = engine_->CreateDataset(request->name(), request->profile_toml(),
                                              WithLimits(GuardLimits(), request->guards()), &created);
  if (!dataset.ok()) return ToGrpc(dataset.status());
  response->set_created(created);
  FillDataset(**dataset, /*whole=*/true, response->mutable_dataset());
  return grpc::Status::OK;
}

grpc::Status DatasetService::UpdateDataset(grpc::ServerContext*, const v1::UpdateDatasetRequest* request,
                                           v1::UpdateDatasetResponse* response) {
  const auto dataset = engine_->Find(request->name());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  const GuardLimits guards = WithLimits((*dataset)->row().guards, request->guards());
  const absl::Status status = (*dataset)->Update(request->profile_toml(), guards);
  if (!status.ok()) return ToGrpc(status);
  FillDataset(**dataset, /*whole=*/true, response->mutable_dataset());
  return grpc::Status::OK;
}

grpc::Status DatasetService::GetDataset(grpc::ServerContext*, const v1::GetDatasetRequest* request,
                                        v1::GetDatasetResponse* response) {
  const auto dataset = engine_->Find(request->name());
  if (!dataset.ok()) return ToGrpc(dataset.status());
  FillDataset(**dataset, /*whole=*/true, response->mutable_dataset());
  return grpc::Status::OK;
}

grpc::Status DatasetService::ListDatasets(grpc::ServerContext*, const v1::ListDatasetsRequest* request,
                                          v1::ListDatasetsResponse* response) {
  const size_t limit = std::min<size_t>(request->page_size() == 0 ? 100 : request->page_size(), 1'000);
  for (const auto& dataset : engine_->List(request->page_token(), limit)) {
    FillDataset(*dataset, /*whole=*/false, response->add_datasets());
  }
  if (static_cast<size_t>(response->datasets_size()) == limit) {
    response->set_next_page_token(response->datasets(response->datasets_size() - 1).name());
  }
  return grpc::Status::OK;
}

}  // namespace sabun
