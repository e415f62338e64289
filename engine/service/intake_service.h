// IntakeService: the conversation of intake.proto on top of Snapshot.
#pragma once

#include <atomic>

#include "engine/engine.h"
#include "sabun/v1/intake.grpc.pb.h"

namespace sabun {

// Thread safe.
class IntakeService : public v1::IntakeService::Service {
 public:
  // At most `max_streams` at a time: each may use the memory of one snapshot.
  IntakeService(Engine* engine, int max_streams) : engine_(engine), max_streams_(max_streams) {}

  grpc::Status Sync(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<v1::SyncResponse, v1::SyncRequest>* stream) override;

 private:
  Engine* engine_;
  const int max_streams_;
  std::atomic<int> streams_{0};
};

}  // namespace sabun
