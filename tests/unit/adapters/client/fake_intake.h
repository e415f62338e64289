// An intake service that keeps to the letter of intake.proto, remembers what it was sent and fails when it is told to.
#pragma once

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sabun/v1/intake.grpc.pb.h"

namespace sabun::client {

class FakeIntake : public v1::IntakeService::Service {
 public:
  FakeIntake();
  ~FakeIntake() override;

  std::unique_ptr<v1::IntakeService::Stub> Connect();

  // What to do.
  std::vector<std::vector<uint64_t>> needed = {{}};  // one Needed each
  std::vector<std::pair<std::string, grpc::Status>>
      failures;                  // the stream ends so at "begin", "fingerprints", ... once each
  bool loses_snapshots = false;  // a broken snapshot starts at row 0 again
  std::string stretches;         // may be claimed; told in two parts

  // What arrived.
  std::vector<std::string> snapshot_ids;
  std::string entries;
  std::vector<std::pair<uint64_t, uint32_t>> claims;  // first ordinals and numbers
  std::vector<uint64_t> formed;                       // first ordinals
  std::vector<uint64_t> first_ordinals;
  std::vector<v1::Records> records;
  std::vector<v1::RowError> unreadable;
  std::vector<uint64_t> deletes;
  std::string rows;                  // of one pass
  std::vector<v1::RowError> errors;  // of one pass
  bool one_pass = false;             // as the last Begin said
  v1::End end;
  int commits = 0;

 private:
  using Stream = grpc::ServerReaderWriter<v1::SyncResponse, v1::SyncRequest>;
  grpc::Status Sync(grpc::ServerContext* context, Stream* stream) override;
  grpc::Status Begin(Stream* stream, const v1::Begin& begin);
  grpc::Status TakeFingerprints(Stream* stream);
  grpc::Status TakeRecords(Stream* stream);
  grpc::Status Seal(Stream* stream);
  // The next failure when it is meant for `stage`.
  grpc::Status FailureAt(const std::string& stage);

  std::string current_id_;
  uint64_t next_ordinal_ = 0;
  std::optional<v1::Committed> committed_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace sabun::client
