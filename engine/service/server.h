// The gRPC server around an engine: all services, health and reflection.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/access/access_file.h"
#include "engine/audit/recorder.h"
#include "engine/engine.h"
#include "engine/erasures.h"
#include "engine/service/transport.h"
#include "engine/verification.h"

namespace sabun {

struct ServerOptions {
  TransportOptions transport;
  int max_snapshots = 4;  // at a time
  int max_threads = 64;
  int max_calls_of_one = 16;  // open at a time by one certificate
  // How long a stream that was opened may say nothing.
  absl::Duration first_message = absl::Seconds(30);
  // How long a source may neither send nor take anything while the engine waits for it.
  absl::Duration source_silence = absl::Minutes(10);
  std::string version;
  std::shared_ptr<AccessFile> access;  // null: for development, everybody who connects may do everything
  Clock* clock = nullptr;              // must outlive the server, as the two below must
  AuditLog* audit_log = nullptr;
  AuditRecorder* audit = nullptr;
  Scrub* scrub = nullptr;        // whose results the status tells; may be null
  Erasures* erasures = nullptr;  // null: orders are refused
};

// Serves from Start to its destruction. Thread safe.
class Server {
 public:
  // Errors: those of MakeTransport, UNAVAILABLE (the address is taken).
  static absl::StatusOr<std::unique_ptr<Server>> Start(Engine* engine, const ServerOptions& options);
  ~Server();

  // Where it listens, with the port it was given.
  const std::string& address() const;
  // Refuses new calls, lets running ones finish until the deadline, then cancels them.
  void Stop(absl::Duration deadline);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sabun
