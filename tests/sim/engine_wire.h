// The engine's submission service without a wire: the adapter's stub over the ledger in the same process, with calls
// that are lost on the way there or back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/dataset.h"
#include "sabun/v1/submission.grpc.pb.h"

namespace sabun::sim {

enum class CallFate { kDone, kLostRequest, kLostAnswer };

// What a wire leads to and what it tells. `fate` is asked at every call and may throw. `survive` runs a call: when the
// engine ends in it, it is started again, and the call has no answer.
struct WireEnds {
  std::function<std::shared_ptr<Dataset>()> dataset;
  std::function<CallFate(const char* call)> fate;
  std::function<absl::Status(const std::function<absl::Status()>&)> survive;
  // The engine has the hub's word on this record; a doubtful one says nothing of an earlier post.
  std::function<void(const std::string& key, bool accepted, bool doubtful)> confirmed;
  // It may have a doubtful word on this record: it ended while it took it.
  std::function<void(const std::string& key)> perhaps_doubtful;
};

class EngineWire final : public v1::SubmissionService::StubInterface {
 public:
  explicit EngineWire(WireEnds ends) : ends_(std::move(ends)) {}

#define SABUN_SIM_CALL(Name)                                                                                         \
  grpc::Status Name(grpc::ClientContext*, const v1::Name##Request& request, v1::Name##Response* response) override { \
    return Call(#Name, [&](Dataset& dataset) { return Do(dataset, request, response); });                            \
  }                                                                                                                  \
                                                                                                                     \
 private:                                                                                                            \
  grpc::ClientAsyncResponseReaderInterface<v1::Name##Response>* Async##Name##Raw(                                    \
      grpc::ClientContext*, const v1::Name##Request&, grpc::CompletionQueue*) override {                             \
    return nullptr;                                                                                                  \
  }                                                                                                                  \
  grpc::ClientAsyncResponseReaderInterface<v1::Name##Response>* PrepareAsync##Name##Raw(                             \
      grpc::ClientContext*, const v1::Name##Request&, grpc::CompletionQueue*) override {                             \
    return nullptr;                                                                                                  \
  }                                                                                                                  \
  absl::Status Do(Dataset& dataset, const v1::Name##Request& request, v1::Name##Response* response);                 \
                                                                                                                     \
 public:

  SABUN_SIM_CALL(AcquireLease)
  SABUN_SIM_CALL(ReleaseLease)
  SABUN_SIM_CALL(NextBatch)
  SABUN_SIM_CALL(ListOpenBatches)
  SABUN_SIM_CALL(ReadBatch)
  SABUN_SIM_CALL(SplitBatch)
  SABUN_SIM_CALL(RecordTask)
  SABUN_SIM_CALL(MarkUnknown)
  SABUN_SIM_CALL(RecordReceipts)
#undef SABUN_SIM_CALL

 private:
  grpc::Status Call(const char* name, const std::function<absl::Status(Dataset&)>& work);
  void Fill(Dataset& dataset, const OutgoingBatch& batch, v1::Batch* out);

  const WireEnds ends_;
  std::map<std::pair<uint64_t, uint32_t>, std::string> keys_;  // of the items that were handed out
};

}  // namespace sabun::sim
