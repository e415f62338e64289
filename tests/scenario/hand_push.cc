#include "tests/scenario/hand_push.h"

#include <vector>

#include "adapters/client/key_scheme.h"
#include "adapters/client/localized_status.h"
#include "engine/base/status_macros.h"

namespace sabun::scenario {
namespace {

constexpr size_t kEntryBytes = 32;

}  // namespace

HandPush::HandPush(v1::IntakeService::Stub& stub, std::unique_ptr<client::RowSource> source)
    : stub_(stub), source_(std::move(source)) {}

HandPush::~HandPush() { Break(); }

absl::Status HandPush::Ended() {
  ended_ = true;
  const absl::Status status = client::FromGrpc(stream_->Finish());
  return status.ok() ? absl::InternalError("the engine ended the stream too early") : status;
}

absl::Status HandPush::Await(v1::SyncResponse* response) {
  do {
    if (!stream_->Read(response)) return Ended();
  } while (response->has_ack() || response->has_record_errors());
  return absl::OkStatus();
}

absl::Status HandPush::GoTo(Station last, v1::Begin begin, const End& end) {
  stream_ = stub_.Sync(&context_);
  v1::SyncRequest request;
  begin.set_layout(source_->Layout());
  *request.mutable_begin() = std::move(begin);
  v1::SyncResponse response;
  stream_->Write(request);
  RETURN_IF_ERROR(Await(&response));
  begun_ = response.begun();
  if (last == Station::kBegin) return absl::OkStatus();
  RETURN_IF_ERROR(SendFingerprints(end, last >= Station::kEnd));
  if (last < Station::kEnd) return absl::OkStatus();
  RETURN_IF_ERROR(Await(&response));
  if (last < Station::kRecords) return absl::OkStatus();
  v1::SyncRequest records;
  const std::vector<std::uint64_t> needed(response.needed().ordinals().begin(), response.needed().ordinals().end());
  for (absl::Span<const std::uint64_t> rest(needed); !rest.empty();) {
    records.Clear();
    ASSIGN_OR_RETURN(const size_t taken, source_->ReadRows(rest, records.mutable_records()));
    rest.remove_prefix(taken);
    stream_->Write(records);
  }
  return absl::OkStatus();
}

absl::Status HandPush::SendFingerprints(const End& end, bool with_end) {
  RETURN_IF_ERROR(source_->Start(begun_));
  client::EntryDigest digest;
  std::int64_t count = 0;
  while (true) {
    v1::SyncRequest request;
    RETURN_IF_ERROR(source_->ReadEntries(request.mutable_fingerprints()));
    const std::string& entries = request.fingerprints().entries();
    if (entries.empty()) break;
    digest.Append(entries);
    count += static_cast<std::int64_t>(entries.size() / kEntryBytes);
    stream_->Write(request);
  }
  if (!with_end) return absl::OkStatus();
  v1::SyncRequest request;
  request.mutable_end()->set_count(static_cast<std::uint64_t>(count + end.count_more));
  request.mutable_end()->set_digest(end.wrong_digest ? std::string(16, '\0') : digest.Finish());
  stream_->Write(request);
  return absl::OkStatus();
}

void HandPush::Break() {
  if (stream_ == nullptr || ended_) return;
  ended_ = true;
  // A half-closed stream is read to its end before the engine lets go of it, so that what arrived is always the same.
  stream_->WritesDone();
  v1::SyncResponse ignored;
  while (stream_->Read(&ignored)) {
  }
  stream_->Finish();
}

}  // namespace sabun::scenario
