// Takes one open batch from its post to its receipts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/pmh/circuit.h"
#include "adapters/pmh/engine_session.h"
#include "adapters/pmh/hub_client.h"
#include "adapters/pmh/hub_profile.h"
#include "adapters/pmh/pacing.h"
#include "adapters/pmh/registration.h"
#include "adapters/pmh/task_pace.h"
#include "sabun/v1/submission.pb.h"

namespace sabun {

// What all deliveries of a run share. Everything in it is thread-safe and outlives the deliveries.
struct DeliveryContext {
  const HubProfile& profile;
  const RegistrationWriter& writer;
  HubClient& hub;
  EngineSession& engine;
  Timeline& time;
  RateLimit& rate;
  TaskPace& pace;
  Circuit& circuit;
  std::stop_token no_posts;  // Stopped: nothing more is posted.
  std::stop_token no_waits;  // Stopped: nothing more is waited for either.
  std::function<void(std::uint64_t accepted, std::uint64_t rejected)> on_receipts;
  std::function<void(absl::string_view)> on_notice;
  // Follows each call that `circuit` let pass.
  std::function<void(Circuit::Pass, const HubAnswer&)> on_answer;
  // Single records in a row that the hub refused as whole calls, over all deliveries.
  std::atomic<int>& refusals_in_a_row;
};

// How a delivery ended.
enum class DeliveryEnd {
  kSettled,  // Every record has its receipt.
  kSplit,    // The batch is replaced by `halves`.
  kLeftOpen  // The batch stays open for a later run; marked unknown when it may have been applied.
};

// See BatchDelivery::Run.
struct DeliveryResult {
  DeliveryEnd end = DeliveryEnd::kLeftOpen;
  std::vector<v1::OpenBatch> halves;
};

// One delivery. Not thread-safe.
//
// A task id is on record at the engine only while the open records of the batch are exactly those that were posted
// under it, so that after a crash the places in the task's results are the places of the open records.
class BatchDelivery {
 public:
  // `open` says what the engine knows of the batch; `batch` holds its records without a receipt.
  BatchDelivery(const DeliveryContext& context, const v1::OpenBatch& open, v1::Batch batch);

  // Errors: UNAUTHENTICATED and FAILED_PRECONDITION when the hub lets nothing in, INTERNAL for an engine that hands out
  // what it must not, and errors of EngineSession. After an error the batch is open.
  absl::StatusOr<DeliveryResult> Run();

 private:
  enum class Step { kGoOn, kSettled, kSplit, kLeaveOpen };

  absl::StatusOr<Step> Post();
  absl::StatusOr<Step> Encode(std::string& array);
  absl::StatusOr<Step> AwaitTask();
  // For a task that is not being worked on any more.
  absl::StatusOr<Step> TakeOutcome(const TaskAnswer& answer);
  absl::StatusOr<Step> Finish(const std::vector<ElementResult>& results);
  absl::StatusOr<Step> Refuse(const HubAnswer& answer);
  absl::StatusOr<Step> TryLater(const HubAnswer& answer);
  absl::StatusOr<Step> ForgetTask(absl::string_view why);
  absl::StatusOr<Step> Settle(const std::vector<v1::Receipt>& receipts);
  absl::Status Stop(const HubAnswer& answer);
  absl::Status MarkIfUnknown();
  v1::Receipt ReceiptFor(const v1::BatchItem& item, const ElementResult& result) const;
  // `doubtful`: the hub may have taken an earlier post of it.
  v1::Receipt Rejection(const v1::BatchItem& item, absl::string_view code, absl::string_view message,
                        bool doubtful) const;
  void Notice(absl::string_view text) const;

  const DeliveryContext& context_;
  const std::uint64_t batch_id_;
  std::vector<v1::BatchItem> items_;  // Without a receipt, in the order in which they are posted.
  std::string task_id_;
  bool maybe_applied_;  // the last post
  bool doubtful_;       // a post before it
  int attempts_ = 0;
  Backoff backoff_;
  DeliveryResult result_;
};

}  // namespace sabun
