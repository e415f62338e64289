// A whole engine in this process: RocksDB in a directory of its own, and a gRPC server on a free port.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/engine.h"
#include "engine/erasures.h"
#include "engine/service/server.h"
#include "sabun/v1/admin.grpc.pb.h"
#include "sabun/v1/change_set.grpc.pb.h"
#include "sabun/v1/dataset.grpc.pb.h"
#include "sabun/v1/intake.grpc.pb.h"
#include "sabun/v1/reject.grpc.pb.h"
#include "sabun/v1/submission.grpc.pb.h"
#include "tests/support/temp_directory.h"

namespace sabun {

// A client of every service of one engine.
struct EngineStubs {
  explicit EngineStubs(const std::shared_ptr<grpc::Channel>& channel);

  std::unique_ptr<v1::DatasetService::Stub> datasets;
  std::unique_ptr<v1::IntakeService::Stub> intake;
  std::unique_ptr<v1::ChangeSetService::Stub> change_sets;
  std::unique_ptr<v1::SubmissionService::Stub> submission;
  std::unique_ptr<v1::RejectService::Stub> rejects;
  std::unique_ptr<v1::AdminService::Stub> admin;
};

// Used by one thread at a time; the stubs by any number. Its time stands still until it is told to go on.
class EngineHost {
 public:
  // `options` without the spool directory. Errors: those of the store, the engine and the server.
  static absl::StatusOr<std::unique_ptr<EngineHost>> Start(EngineOptions options);
  ~EngineHost();

  // Stops the server in order and opens the same store again. The stubs are new ones afterwards.
  absl::Status Restart();
  // Goes on from a copy of the store's files as they are at this moment, as after kill -9: whatever the engine would
  // have written when stopping is not there.
  absl::Status Crash();

  // Puts a backup into a folder beside the data.
  absl::Status BackUp();
  // Stops the engine, and goes on with the newest backup in a new directory, and with the journal of what was sent.
  absl::Status Restore();

  EngineStubs& stubs() { return *stubs_; }
  ManualClock& clock() { return clock_; }
  Engine& engine() { return *engine_; }
  KeyRing& keys() { return *keys_; }
  // Where everything is: the engine's data, the journal, the backups.
  const std::string& root() const { return directory_.path(); }
  // Where the engine keeps everything.
  const std::string& data_directory() const { return data_; }

 private:
  explicit EngineHost(EngineOptions options) : options_(std::move(options)) {}
  absl::Status Open();
  void Close();

  const EngineOptions options_;
  TempDirectory directory_;
  std::string data_;
  int copies_ = 0;
  std::optional<RestoreNote> restored_;
  std::shared_ptr<KeyRing> keys_;
  std::unique_ptr<Journal> journal_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<AuditLog> audit_log_;
  std::unique_ptr<AuditRecorder> recorder_;
  std::unique_ptr<Erasures> erasures_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<EngineStubs> stubs_;
};

}  // namespace sabun
