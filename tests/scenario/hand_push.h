// A push that does what the sync session never does: stops on the way, waits with the stream open, or ends with another
// count or digest than what it sent.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "adapters/client/row_source.h"
#include "sabun/v1/intake.grpc.pb.h"

namespace sabun::scenario {

// The stations of the conversation, in order.
enum class Station { kBegin, kFingerprints, kEnd, kRecords };

// Used once.
class HandPush {
 public:
  // What the end says beside what was sent.
  struct End {
    std::int64_t count_more = 0;
    bool wrong_digest = false;
  };

  // `source` begins a first pass. `stub` must outlive it.
  HandPush(v1::IntakeService::Stub& stub, std::unique_ptr<client::RowSource> source);
  ~HandPush();

  // Opens the stream with `begin` (its layout is set here) and goes as far as `last`. Errors: the engine's.
  absl::Status GoTo(Station last, v1::Begin begin, const End& end);
  // What the engine answered to Begin.
  const v1::Begun& begun() const { return begun_; }
  // Breaks the stream where it is, and waits until the engine has noticed.
  void Break();

 private:
  absl::Status SendFingerprints(const End& end, bool with_end);
  absl::Status Await(v1::SyncResponse* response);
  absl::Status Ended();

  v1::IntakeService::Stub& stub_;
  std::unique_ptr<client::RowSource> source_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SyncRequest, v1::SyncResponse>> stream_;
  v1::Begun begun_;
  bool ended_ = false;
};

}  // namespace sabun::scenario
