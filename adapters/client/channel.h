// The connection to the engine.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/client/tls_files.h"

namespace sabun::client {

// `flag` when it is not empty, else $SABUN_ENGINE, else "127.0.0.1:7400".
std::string EngineAddress(absl::string_view flag);

// A channel to `address`: "host:port" or "unix:/path". It connects when it is first used. Messages of up to 4 MiB pass
// in both directions. With `tls`: mutual TLS, and files that change are taken up by the next connection; without, only
// unix sockets and this machine. INVALID_ARGUMENT when the address has neither form; TLS-... as for CheckTlsFiles. The
// channel is thread-safe.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& address, const TlsFiles& tls = {});

}  // namespace sabun::client
