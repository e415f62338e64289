#include "adapters/pmh/engine_session.h"

#include <chrono>
#include <type_traits>
#include <utility>

#include <grpcpp/client_context.h>

#include "absl/strings/str_cat.h"
#include "adapters/client/commit_point.h"
#include "adapters/client/localized_status.h"

namespace sabun {
namespace {

// A call between the two points of its step.
template <typename Ask>
auto Named(client::CommitStep step, const Ask& ask) {
  client::BeforeCommit(step);
  auto answer = ask();
  client::AfterCommit(step);
  return answer;
}

v1::HubReport ReportOf(const CircuitView& view) {
  v1::HubReport report;
  report.set_circuit(view.state == CircuitState::kClosed ? v1::HUB_CIRCUIT_CLOSED
                     : view.state == CircuitState::kOpen ? v1::HUB_CIRCUIT_OPEN
                                                         : v1::HUB_CIRCUIT_TRYING);
  report.set_failures_in_a_row(view.failures_in_a_row);
  report.set_last_code(view.last_code);
  report.set_next_attempt_ms(static_cast<std::uint64_t>(absl::ToInt64Milliseconds(view.next_attempt)));
  return report;
}

}  // namespace

EngineSession::EngineSession(Stub& stub, Options options, std::stop_token stop)
    : stub_(stub), options_(std::move(options)), stop_(std::move(stop)) {}

template <typename Request, typename Response>
absl::StatusOr<Response> EngineSession::Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                                          Response*),
                                             Request request) {
  request.set_dataset(options_.dataset);
  if constexpr (!std::is_same_v<Request, v1::AcquireLeaseRequest>) {
    const std::lock_guard<std::mutex> lock(mutex_);
    request.set_token(token_);
  }
  Backoff backoff(absl::Milliseconds(50), 2, absl::Seconds(5), options_.jitter);
  const absl::Time deadline = options_.time->Now() + options_.patience;
  for (;;) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(options_.call_timeout));
    Response response;
    const grpc::Status status = (stub_.*method)(&context, request, &response);
    if (status.ok()) return response;
    const bool passing = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
                         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    if (!passing) return client::FromGrpc(status);
    if (options_.time->Now() >= deadline || !options_.time->Wait(backoff.Next(), stop_)) {
      return absl::UnavailableError(absl::StrCat("the engine does not answer: ", status.error_message()));
    }
  }
}

absl::StatusOr<v1::AcquireLeaseResponse> EngineSession::AskForLease(const std::string& profile_toml) {
  v1::AcquireLeaseRequest request;
  request.set_holder(options_.holder);
  request.set_seconds(options_.lease_seconds);
  request.set_profile_toml(profile_toml);
  if (options_.hub) *request.mutable_hub() = ReportOf(options_.hub());
  return Call(&Stub::AcquireLease, std::move(request));
}

absl::StatusOr<std::uint64_t> EngineSession::Acquire() {
  // The engine starts to count when it gets the request, which is not before now. A repeat only makes the real lease
  // longer than what is believed here.
  const absl::Time asked = options_.time->Now();
  client::BeforeCommit("lease");
  const auto response = AskForLease(options_.profile_toml);
  if (!response.ok()) return response.status();
  client::AfterCommit("lease");
  const std::lock_guard<std::mutex> lock(mutex_);
  token_ = response->token();
  valid_until_ = asked + absl::Seconds(options_.lease_seconds);
  return response->pending();
}

absl::StatusOr<std::uint64_t> EngineSession::Renew() {
  const absl::Time asked = options_.time->Now();
  const auto response = AskForLease("");  // a new profile ends the lease
  if (!response.ok()) return response.status();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (response->token() != token_) {
    valid_until_ = absl::InfinitePast();
    return absl::AbortedError("the submission lease was lost");
  }
  valid_until_ = asked + absl::Seconds(options_.lease_seconds);
  return response->pending();
}

void EngineSession::KeepLease(std::stop_token until) {
  while (options_.time->Wait(options_.renew_every, until)) {
    const absl::Status renewed = Renew().status();
    if (absl::IsFailedPrecondition(renewed) || absl::IsAborted(renewed)) return;
  }
}

void EngineSession::Release() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  v1::ReleaseLeaseRequest request;
  request.set_dataset(options_.dataset);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    request.set_token(token_);
    valid_until_ = absl::InfinitePast();
  }
  v1::ReleaseLeaseResponse response;
  client::BeforeCommit("release");
  stub_.ReleaseLease(&context, request, &response);
  client::AfterCommit("release");
}

bool EngineSession::CoversFor(absl::Duration duration) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return options_.time->Now() + duration <= valid_until_;
}

absl::StatusOr<v1::NextBatchResponse> EngineSession::NextBatch(std::uint32_t max_records, std::uint32_t max_bytes) {
  v1::NextBatchRequest request;
  request.set_max_records(max_records);
  request.set_max_bytes(max_bytes);
  return Named("next_batch", [&] { return Call(&Stub::NextBatch, std::move(request)); });
}

absl::StatusOr<std::vector<v1::OpenBatch>> EngineSession::OpenBatches(std::uint64_t after_batch_id) {
  v1::ListOpenBatchesRequest request;
  request.set_after_batch_id(after_batch_id);
  const auto response = Call(&Stub::ListOpenBatches, std::move(request));
  if (!response.ok()) return response.status();
  return std::vector<v1::OpenBatch>(response->batches().begin(), response->batches().end());
}

absl::StatusOr<v1::Batch> EngineSession::ReadBatch(std::uint64_t batch_id) {
  v1::ReadBatchRequest request;
  request.set_batch_id(batch_id);
  auto response = Call(&Stub::ReadBatch, std::move(request));
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_batch());
}

absl::StatusOr<std::vector<v1::OpenBatch>> EngineSession::Split(std::uint64_t batch_id) {
  v1::SplitBatchRequest request;
  request.set_batch_id(batch_id);
  const auto response = Named("split", [&] { return Call(&Stub::SplitBatch, std::move(request)); });
  if (!response.ok()) return response.status();
  return std::vector<v1::OpenBatch>(response->batches().begin(), response->batches().end());
}

absl::Status EngineSession::RecordTask(std::uint64_t batch_id, const std::string& task_id, bool doubtful) {
  v1::RecordTaskRequest request;
  request.set_batch_id(batch_id);
  request.set_task_id(task_id);
  request.set_doubtful(doubtful);
  return Named("task", [&] { return Call(&Stub::RecordTask, std::move(request)); }).status();
}

absl::Status EngineSession::MarkUnknown(std::uint64_t batch_id) {
  v1::MarkUnknownRequest request;
  request.set_batch_id(batch_id);
  return Named("unknown", [&] { return Call(&Stub::MarkUnknown, std::move(request)); }).status();
}

absl::StatusOr<v1::RecordReceiptsResponse> EngineSession::RecordReceipts(std::uint64_t batch_id,
                                                                         const std::vector<v1::Receipt>& receipts) {
  v1::RecordReceiptsRequest request;
  request.set_batch_id(batch_id);
  for (const v1::Receipt& receipt : receipts) *request.add_receipts() = receipt;
  return Named("receipts", [&] { return Call(&Stub::RecordReceipts, std::move(request)); });
}

}  // namespace sabun
