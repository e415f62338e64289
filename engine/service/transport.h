// How clients reach the server: mutual TLS 1.3, or without TLS where the machine itself keeps others out.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sabun {

struct TransportOptions {
  std::string listen;              // HOST:PORT (0: any) or unix:PATH
  bool insecure_loopback = false;  // for development: HOST may be 127.0.0.1 or [::1] without TLS
  std::string tls_cert;            // PEM files; the server's certificate with its chain, its key
  std::string tls_key;
  std::string tls_client_ca;     // the authorities that sign clients
  std::string tls_crl;           // their revocation lists; empty: none
  unsigned reload_seconds = 10;  // how often changed certificate files are looked for
  // Told, from any thread, why the certificate of a client that connects is refused. May be empty.
  std::function<void(const absl::Status&)> on_refused = nullptr;
};

enum class TransportKind { kTls, kUnixSocket, kInsecureLoopback };

struct Transport {
  TransportKind kind = TransportKind::kTls;
  std::shared_ptr<grpc::ServerCredentials> credentials;
};

// Chooses by the options. For TLS it must be called before anything else of the process uses gRPC with TLS, because it
// takes TLS 1.2 away for all of it. Certificate files that change are taken up by the next connections; open streams go
// on. Errors: INVALID_ARGUMENT (an address that others reach, without TLS; options that do not go together),
// FAILED_PRECONDITION (a file cannot be read; certificate and key do not fit; expired), each with what to do.
absl::StatusOr<Transport> MakeTransport(const TransportOptions& options);

// Who calls, exactly as the access rules name him: the one URI of the client's certificate, "uid:NUMBER" on a unix
// socket (whose file only the server's own user may open), "insecure-loopback". Empty when the certificate names no
// URI, more than one, or one of more than 2,048 bytes.
std::string PeerIdentity(const grpc::ServerContext& context, TransportKind kind);

}  // namespace sabun
