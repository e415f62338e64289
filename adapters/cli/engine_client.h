// The engine's services as the commands call them.
#pragma once

#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "adapters/cli/command_context.h"
#include "adapters/client/localized_status.h"
#include "sabun/v1/admin.grpc.pb.h"
#include "sabun/v1/audit.grpc.pb.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "sabun/v1/dataset.grpc.pb.h"
#include "sabun/v1/intake.grpc.pb.h"
#include "sabun/v1/reject.grpc.pb.h"
#include "sabun/v1/submission.grpc.pb.h"

namespace sabun::cli {

// A connection with a stub for each service. Thread-safe.
struct EngineClient {
  std::unique_ptr<v1::AdminService::Stub> admin;
  std::unique_ptr<v1::AuditService::Stub> audit;
  std::unique_ptr<v1::ChangeSetService::Stub> change_sets;
  std::unique_ptr<v1::DatasetService::Stub> datasets;
  std::unique_ptr<v1::IntakeService::Stub> intake;
  std::unique_ptr<v1::RejectService::Stub> rejects;
  std::unique_ptr<v1::SubmissionService::Stub> submission;
};

// INVALID_ARGUMENT for an address that is none. Does not connect yet.
absl::StatusOr<EngineClient> ConnectEngine(const CommandContext& context);

// The dataset, or NOT_FOUND (DATASET-UNKNOWN) with the names of those that exist.
absl::StatusOr<v1::Dataset> GetDataset(const EngineClient& engine, const std::string& name);

// All datasets, by name.
absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(const EngineClient& engine);

constexpr absl::Duration kCallDeadline = absl::Seconds(60);

// One call that answers once: `Call(*engine.admin, &v1::AdminService::Stub::GetStatus, request, &response)`.
template <typename Stub, typename Request, typename Response>
absl::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response, absl::Duration deadline = kCallDeadline) {
  grpc::ClientContext context;
  if (deadline != absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline));
  }
  return client::FromGrpc((stub.*method)(&context, request, response));
}

}  // namespace sabun::cli
