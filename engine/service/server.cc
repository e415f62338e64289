#include "engine/service/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/service/audit_service.h"
#include "engine/service/handshake_watch.h"
#include "engine/service/intake_service.h"
#include "engine/service/reflection_guard.h"
#include "engine/service/services.h"

namespace sabun {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;

// A connection is asked to end after this long; its streams go on to their end, the next call makes a new one. So a
// certificate that ran out or was revoked, and the server's new one, count everywhere after this time at the latest.
constexpr int kMaxConnectionAgeMillis = 15 * 60 * 1'000;

// Nobody gets in who cannot be written down, either way: the connection is refused already.
void NoteRefusedPeer(AuditRecorder* audit, absl::string_view why) {
  AuditSubject subject;
  subject.who = "tls-peer";  // what an unproven certificate says of itself is not written down
  subject.method = "TLS/Handshake";
  subject.note = std::string(why);
  audit->Refuse(std::move(subject), "UNAUTHENTICATED").IgnoreError();
}

}  // namespace

struct Server::Parts {
  Parts(Engine* engine, const ServerOptions& options, TransportKind transport)
      : gate(engine, options.clock,
             {transport, options.access, options.audit, options.max_calls_of_one, options.first_message,
              options.source_silence}),
        datasets(engine, &gate),
        intake(&gate, options.max_snapshots),
        change_sets(&gate),
        submissions(&gate),
        rejects(&gate),
        admin(engine, &gate, {options.version, options.scrub, options.erasures}),
        audit(&gate, options.audit_log, options.access) {}

  Gate gate;
  DatasetService datasets;
  IntakeService intake;
  ChangeSetService change_sets;
  SubmissionService submissions;
  RejectService rejects;
  AdminService admin;
  AuditService audit;
  std::unique_ptr<HandshakeWatch> handshakes;  // over TLS
  std::string address;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Stop(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Engine* engine, const ServerOptions& options) {
  TransportOptions listening = options.transport;
  listening.on_refused = [audit = options.audit](const absl::Status& why) { NoteRefusedPeer(audit, why.message()); };
  ASSIGN_OR_RETURN(const Transport transport, MakeTransport(listening));
  const std::string& listen = options.transport.listen;
  if (transport.kind == TransportKind::kTls && options.access == nullptr) {
    return absl::InvalidArgumentError(
        "with TLS, --access FILE must say who may do what; nobody may do anything otherwise");
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto parts = std::make_unique<Parts>(engine, options, transport.kind);
  if (transport.kind == TransportKind::kTls) {
    parts->handshakes = std::make_unique<HandshakeWatch>(
        [audit = options.audit](absl::string_view reason) { NoteRefusedPeer(audit, reason); });
  }
  grpc::ResourceQuota quota("sabund");
  quota.SetMaxThreads(options.max_threads);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen, transport.credentials, &port);
  // Two engines must never answer on one port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(quota);
  // What one opens on a connection beyond its seats and their refusals waits at the caller, not in front of our
  // threads: without this a burst took them all for the moment of its refusal, and others were turned away by gRPC
  // itself.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 2 * options.max_calls_of_one);
  // Adapters may ping every 30 seconds; more often ends their connection.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  if (transport.kind == TransportKind::kTls) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kMaxConnectionAgeMillis);
  }
  for (grpc::Service* service :
       std::initializer_list<grpc::Service*>{&parts->datasets, &parts->intake, &parts->change_sets, &parts->submissions,
                                             &parts->rejects, &parts->admin, &parts->audit}) {
    builder.RegisterService(service);
  }
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<ReflectionGuard>(&parts->gate));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  parts->server = builder.BuildAndStart();
  const bool is_unix = absl::StartsWith(listen, "unix:");
  if (parts->server == nullptr || (port == 0 && !is_unix)) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", listen, "; is another sabund running?"));
  }
  if (is_unix && chmod(listen.substr(5).c_str(), 0600) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot keep others out of ", listen));
  }
  parts->address = listen;
  if (!is_unix) parts->address = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
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
