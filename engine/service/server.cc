#include "engine/service/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/service/intake_service.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;

// Without TLS, personal data may not leave this machine.
bool IsLocal(absl::string_view address) {
  for (const char* local : {"127.", "localhost:", "[::1]:", "unix:"}) {
    if (absl::StartsWith(address, local)) return true;
  }
  return false;
}

}  // namespace

struct Server::Parts {
  Parts(Engine* engine, const ServerOptions& options)
      : datasets(engine),
        intake(engine, options.max_snapshots),
        change_sets(engine),
        submissions(engine),
        rejects(engine),
        admin(engine, options.version, options.scrub) {}

  DatasetService datasets;
  IntakeService intake;
  ChangeSetService change_sets;
  SubmissionService submissions;
  RejectService rejects;
  AdminService admin;
  std::string address;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Stop(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Engine* engine, const ServerOptions& options) {
  if (!IsLocal(options.listen)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot listen on ", options.listen, ": without TLS only 127.0.0.1:PORT, [::1]:PORT or unix:PATH is allowed"));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto parts = std::make_unique<Parts>(engine, options);
  grpc::ResourceQuota quota("sabund");
  quota.SetMaxThreads(options.max_threads);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  // Two engines must never answer on one port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(quota);
  // Adapters may ping every 30 seconds; more often ends their connection.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  for (grpc::Service* service :
       std::initializer_list<grpc::Service*>{&parts->datasets, &parts->intake, &parts->change_sets, &parts->submissions,
                                             &parts->rejects, &parts->admin}) {
    builder.RegisterService(service);
  }
  parts->server = builder.BuildAndStart();
  const bool is_unix = absl::StartsWith(options.listen, "unix:");
  if (parts->server == nullptr || (port == 0 && !is_unix)) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen, "; is another sabund running?"));
  }
  parts->address = options.listen;
  if (!is_unix) parts->address = absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

const std::string& Server::address() const { return parts_->address; }

void Server::Stop(absl::Duration deadline) {
  if (parts_->server == nullptr) return;
  parts_->server->GetHealthCheckService()->SetServingStatus(false);
  parts_->server->Shutdown(absl::ToChronoTime(absl::Now() + deadline));
  parts_->server->Wait();
  parts_->server.reset();
}

}  // namespace sabun
