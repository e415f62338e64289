// IntakeService: the conversation of intake.proto on top of Snapshot.
#pragma once

#include <atomic>

#include "engine/service/guarded_service.h"
#include "sabun/v1/intake.pb.h"

namespace sabun {

// Thread safe.
class IntakeService : public GuardedService {
 public:
  // At most `max_streams` at a time: each may use the memory of one snapshot.
  IntakeService(Gate* gate, int max_streams);

  grpc::Status Sync(Call& call, v1::SyncRequest first,
                    grpc::ServerReaderWriter<v1::SyncResponse, v1::SyncRequest>* stream);

 private:
  const int max_streams_;
  std::atomic<int> streams_{0};
};

}  // namespace sabun
