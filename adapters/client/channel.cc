#include "adapters/client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/status_macros.h"

namespace sabun::client {
namespace {

constexpr int kMaxMessageBytes = 4 << 20;
// A server ends a connection that is pinged more often than every five minutes unless it was told otherwise.
constexpr int kKeepaliveTimeMillis = 330'000;
constexpr int kKeepaliveTimeoutMillis = 20'000;
// The session has a back-off of its own; the channel's would only be added to it.
constexpr int kFirstReconnectBackoffMillis = 100;
constexpr int kMaxReconnectBackoffMillis = 1'000;

bool IsHostAndPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  return colon != absl::string_view::npos && colon > 0 && absl::SimpleAtoi(address.substr(colon + 1), &port) &&
         port > 0 && port < 65536;
}

bool IsThisMachine(absl::string_view address) {
  for (const char* local : {"unix:", "127.0.0.1:", "[::1]:", "localhost:"}) {
    if (absl::StartsWith(address, local)) return true;
  }
  return false;
}

constexpr unsigned kReloadSeconds = 10;

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials(const TlsFiles& tls) {
  // gRPC 1.51 offers no smallest version. Its list of cipher suites is that of TLS 1.2; the only suite left in it needs
  // a shared secret that nobody has. Those of TLS 1.3 are another list.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", /*overwrite=*/1);
  namespace experimental = grpc::experimental;
  experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<experimental::FileWatcherCertificateProvider>(tls.key, tls.cert, tls.ca, kReloadSeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(std::make_shared<experimental::HostNameCertificateVerifier>());
  return experimental::TlsCredentials(options);
}

}  // namespace

std::string EngineAddress(absl::string_view flag) {
  if (!flag.empty()) return std::string(flag);
  const char* variable = std::getenv("SABUN_ENGINE");
  return variable != nullptr && *variable != '\0' ? variable : "127.0.0.1:7400";
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& address, const TlsFiles& tls) {
  if (!absl::StartsWith(address, "unix:") && !IsHostAndPort(address)) {
    return absl::InvalidArgumentError(absl::StrCat("not an engine address (host:port or unix:/path): ", address));
  }
  // A call that fails at once leaves a new connection to gRPC's backup poller, which looks every five seconds: so long
  // a caller with a back-off of its own would not see that the engine is back. Read when gRPC starts, so before any
  // channel.
  ::setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "100", 0);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMillis);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMillis);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectBackoffMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectBackoffMillis);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The socket's file keeps others out; there is no TLS on it, whatever the environment says for other addresses.
  if (absl::StartsWith(address, "unix:") || (tls.None() && IsThisMachine(address))) {
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  RETURN_IF_ERROR(CheckTlsFiles(tls, absl::Now()));
  if (!tls.server_name.empty()) arguments.SetSslTargetNameOverride(tls.server_name);
  return grpc::CreateCustomChannel(address, TlsCredentials(tls), arguments);
}

}  // namespace sabun::client
