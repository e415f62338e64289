#include "adapters/client/sync_session.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "adapters/client/commit_point.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"
#include "adapters/client/sync_stream.h"

namespace sabun::client {
namespace {

constexpr size_t kEntryBytes = 32;
constexpr absl::Duration kSleepSlice = absl::Milliseconds(50);

using Stage = SyncProgress::Stage;

class Session {
 public:
  Session(v1::IntakeService::StubInterface& stub, RowSource& source, SyncOptions options)
      : stub_(stub), source_(source), options_(std::move(options)) {}

  absl::StatusOr<SyncResult> Run();

 private:
  absl::Status Attempt();
  absl::Status Converse(SyncStream& stream);
  absl::StatusOr<v1::Begun> Begin(SyncStream& stream);
  absl::Status SendFingerprints(SyncStream& stream, uint64_t next_ordinal);
  absl::Status AnswerNeeded(SyncStream& stream);
  absl::Status SendRecords(SyncStream& stream, const v1::Needed& needed);
  absl::Status Seal(SyncStream& stream);

  bool MayGoOn(const absl::Status& status);
  void Advance(int phase, uint64_t position);
  bool Sleep(absl::Duration duration) const;
  bool Cancelled() const { return options_.cancelled != nullptr && *options_.cancelled; }
  void Report(Stage stage, double fraction, uint64_t rows) const;
  template <typename Errors>
  void Note(const Errors& errors);
  // Keeps the source's error apart from what the stream says afterwards.
  absl::Status SourceFailed(absl::Status status);

  v1::IntakeService::StubInterface& stub_;
  RowSource& source_;
  SyncOptions options_;
  SyncResult result_;
  std::shared_ptr<const KnownStretches> stretches_;  // null: they may not be used
  std::map<std::tuple<uint64_t, std::string, std::string>, v1::RowError> errors_;
  absl::Status source_error_;
  std::pair<int, uint64_t> furthest_ = {0, 0};
  int failures_in_a_row_ = 0;
  bool began_again_ = false;
};

absl::Status StreamBroke() { return absl::UnavailableError("the stream broke"); }

absl::Status OutOfTurn(const char* awaited) {
  return absl::InternalError(absl::StrFormat("the engine did not answer with %s", awaited));
}

uint64_t RowsWithContent(const v1::Fingerprints& message) {
  return message.entries().size() / kEntryBytes - message.unreadable_size() - message.errors_size() -
         message.deletes_size();
}

uint64_t RowsIn(const v1::Fingerprints& message) {
  if (message.claimed_ordinals().empty()) return message.entries().size() / kEntryBytes;
  return message.end_ordinal() - message.first_ordinal();
}

// The first of a message's stretches that does not lie before `ordinal`.
int FirstFrom(uint64_t ordinal, const google::protobuf::RepeatedField<uint64_t>& ordinals) {
  return static_cast<int>(std::lower_bound(ordinals.begin(), ordinals.end(), ordinal) - ordinals.begin());
}

// Takes the rows before `ordinal`, which is one of its own, out of the message.
void DropRowsBefore(uint64_t ordinal, const KnownStretches* stretches, v1::Fingerprints* message) {
  const int claims = FirstFrom(ordinal, message->claimed_ordinals());
  uint64_t dropped = ordinal - message->first_ordinal();
  for (int i = 0; i < claims; ++i) dropped -= stretches->Get(message->claimed(i)).rows;
  message->mutable_claimed_ordinals()->ExtractSubrange(0, claims, nullptr);
  message->mutable_claimed()->ExtractSubrange(0, claims, nullptr);
  const int formed = FirstFrom(ordinal, message->formed_ordinals());
  message->mutable_formed_ordinals()->ExtractSubrange(0, formed, nullptr);
  message->mutable_formed()->erase(0, formed * Stretch::kBytes);
  message->set_first_ordinal(ordinal);
  message->mutable_entries()->erase(0, dropped * kEntryBytes);
  for (auto* errors : {message->mutable_unreadable(), message->mutable_errors()}) {
    errors->erase(std::remove_if(errors->begin(), errors->end(),
                                 [&](const v1::RowError& error) { return error.ordinal() < ordinal; }),
                  errors->end());
  }
  auto* const deletes = message->mutable_deletes();
  deletes->erase(deletes->begin(), std::lower_bound(deletes->begin(), deletes->end(), ordinal));
  if (message->rows().empty()) return;
  absl::string_view rows = message->rows();
  for (uint64_t row = 0; row < dropped; ++row) {
    uint64_t size = 0;
    TakeVarint(&rows, &size);
    rows.remove_prefix(size);
  }
  message->mutable_rows()->erase(0, message->rows().size() - rows.size());
}

// The digest of End.claims_digest.
void AppendClaims(const v1::Fingerprints& message, EntryDigest* digest) {
  std::string told;
  for (int i = 0; i < message.claimed_size(); ++i) {
    for (int shift = 56; shift >= 0; shift -= 8)
      told.push_back(static_cast<char>(message.claimed_ordinals(i) >> shift));
    for (int shift = 24; shift >= 0; shift -= 8) told.push_back(static_cast<char>(message.claimed(i) >> shift));
  }
  digest->Append(told);
}

absl::StatusOr<SyncResult> Session::Run() {
  for (;;) {
    const absl::Status status = Attempt();
    if (status.ok()) break;
    if (!MayGoOn(status)) return status;
  }
  for (auto& [place, error] : errors_) result_.errors.push_back(std::move(error));
  return std::move(result_);
}

// One stream from Begin to its end. Prefers the source's own error, then the engine's word, to "the stream broke".
absl::Status Session::Attempt() {
  SyncStream stream(stub_, options_.cancelled);
  const absl::Status said = Converse(stream);
  const bool broke = !said.ok() && said == StreamBroke();
  if (!said.ok() && !broke) stream.Cancel();
  const absl::Status ended = stream.Finish();
  Note(stream.TakeErrors());
  result_.bytes_sent += stream.bytes_sent();
  if (!source_error_.ok()) return source_error_;
  if (Cancelled() && !said.ok()) return absl::CancelledError("stopped on request");
  if (said.ok()) return said;
  if (!broke) return said;
  // An engine that goes away ends its streams with either code.
  if (ended.ok() || absl::IsCancelled(ended)) return absl::UnavailableError("the engine ended the stream");
  return ended;
}

absl::Status Session::Converse(SyncStream& stream) {
  ASSIGN_OR_RETURN(const v1::Begun begun, Begin(stream));
  if (begun.has_committed()) {
    result_.committed = begun.committed();
    return absl::OkStatus();
  }
  Advance(1, begun.next_ordinal());
  stretches_ = begun.takes_stretches() ? std::make_shared<const KnownStretches>(stream.TakeStretches()) : nullptr;
  source_.SetStretches(stretches_);
  RETURN_IF_ERROR(SourceFailed(source_.Start(begun)));
  RETURN_IF_ERROR(SendFingerprints(stream, begun.next_ordinal()));
  RETURN_IF_ERROR(AnswerNeeded(stream));
  return Seal(stream);
}

absl::StatusOr<v1::Begun> Session::Begin(SyncStream& stream) {
  v1::SyncRequest request;
  v1::Begin* begin = request.mutable_begin();
  begin->set_dataset(options_.dataset);
  begin->set_kind(options_.kind);
  begin->set_scheme(options_.scheme);
  begin->set_layout(source_.Layout());
  begin->set_snapshot_id(options_.snapshot_id);
  begin->set_compare_only(options_.compare_only);
  begin->set_list_differences(options_.list_differences);
  begin->set_one_pass(options_.one_pass);
  begin->set_against_hub(options_.against_hub);
  begin->set_uses_stretches(source_.UsesStretches() && options_.kind == v1::SNAPSHOT_KIND_COMPLETE &&
                            !options_.compare_only && !options_.against_hub);
  if (!stream.Write(std::move(request))) return StreamBroke();
  std::optional<v1::SyncResponse> response = stream.Await();
  if (!response.has_value()) return StreamBroke();
  if (!response->has_begun()) return OutOfTurn("Begun");
  return std::move(*response->mutable_begun());
}

// Rows before `next_ordinal` are read again, for the digest and the source's own index, but not sent again.
absl::Status Session::SendFingerprints(SyncStream& stream, uint64_t next_ordinal) {
  EntryDigest digest, claims_digest;
  uint64_t count = 0;
  bool any_claims = false;
  result_.records_sent = result_.claimed = 0;
  for (;;) {
    v1::SyncRequest request;
    v1::Fingerprints* message = request.mutable_fingerprints();
    RETURN_IF_ERROR(SourceFailed(source_.ReadEntries(message)));
    if (IsEmpty(*message)) break;
    digest.Append(message->entries());
    AppendClaims(*message, &claims_digest);
    any_claims |= message->claimed_size() > 0;
    Note(message->unreadable());
    Note(message->errors());
    if (options_.one_pass) result_.records_sent += RowsWithContent(*message);
    const uint64_t first = count;
    count += RowsIn(*message);
    result_.claimed += RowsIn(*message) - message->entries().size() / kEntryBytes;
    Report(Stage::kFingerprints, source_.Progress(), count);
    if (Cancelled()) return StreamBroke();
    if (count <= next_ordinal) continue;
    if (first < next_ordinal) DropRowsBefore(next_ordinal, stretches_.get(), message);
    if (!stream.Write(std::move(request))) return StreamBroke();
    Advance(1, stream.acknowledged());
  }
  result_.rows = count;
  v1::SyncRequest request;
  request.mutable_end()->set_count(count);
  request.mutable_end()->set_digest(digest.Finish());
  if (any_claims) request.mutable_end()->set_claims_digest(claims_digest.Finish());
  Report(Stage::kComparing, 0, count);
  BeforeCommit("push_end");
  if (!stream.Write(std::move(request))) return StreamBroke();
  AfterCommit("push_end");
  return absl::OkStatus();
}

absl::Status Session::AnswerNeeded(SyncStream& stream) {
  if (!options_.one_pass) result_.records_sent = 0;
  for (;;) {
    const std::optional<v1::SyncResponse> response = stream.Await();
    if (!response.has_value()) return StreamBroke();
    if (!response->has_needed()) return OutOfTurn("Needed");
    if (options_.one_pass && !response->needed().ordinals().empty()) return OutOfTurn("an empty Needed");
    RETURN_IF_ERROR(SendRecords(stream, response->needed()));
    Advance(2, result_.records_sent);
    if (response->needed().last()) return absl::OkStatus();
  }
}

absl::Status Session::SendRecords(SyncStream& stream, const v1::Needed& needed) {
  absl::Span<const uint64_t> ordinals(needed.ordinals().data(), needed.ordinals().size());
  while (!ordinals.empty()) {
    v1::SyncRequest request;
    const absl::StatusOr<size_t> taken = source_.ReadRows(ordinals, request.mutable_records());
    RETURN_IF_ERROR(SourceFailed(taken.status()));
    Note(request.records().errors());
    BeforeCommit("push_records");
    if (Cancelled() || !stream.Write(std::move(request))) return StreamBroke();
    AfterCommit("push_records");
    ordinals.remove_prefix(*taken);
    result_.records_sent += *taken;
    Report(Stage::kRecords, 0, result_.records_sent);
  }
  return absl::OkStatus();
}

absl::Status Session::Seal(SyncStream& stream) {
  RETURN_IF_ERROR(SourceFailed(source_.CheckUnchanged()));
  Report(Stage::kSealing, 0, result_.rows);
  v1::SyncRequest request;
  request.mutable_commit();
  BeforeCommit("push_commit");
  if (Cancelled() || !stream.Write(std::move(request))) return StreamBroke();
  Advance(3, 0);
  source_.Rest();
  std::optional<v1::SyncResponse> response = stream.Await();
  if (!response.has_value()) return StreamBroke();
  if (!response->has_committed()) return OutOfTurn("Committed");
  AfterCommit("push_commit");
  result_.committed = std::move(*response->mutable_committed());
  return absl::OkStatus();
}

// Waits before the next attempt. False when there shall be none.
bool Session::MayGoOn(const absl::Status& status) {
  if (!source_error_.ok() || Cancelled()) return false;
  if (absl::IsAborted(status) && !began_again_) {
    began_again_ = true;
    options_.snapshot_id = NewSnapshotId();
    errors_.clear();
    return true;
  }
  if (!absl::IsUnavailable(status) || failures_in_a_row_ == options_.max_reconnects) return false;
  const absl::Duration wait = std::min(options_.max_backoff, options_.first_backoff * (1LL << failures_in_a_row_));
  ++failures_in_a_row_;
  ++result_.reconnects;
  Report(Stage::kReconnecting, 0, failures_in_a_row_);
  absl::BitGen random;
  return Sleep(wait * absl::Uniform(random, 0.75, 1.25));
}

// Attempts are counted from the last one that came further than any before it, so that a snapshot which always breaks
// at the same place is given up.
void Session::Advance(int phase, uint64_t position) {
  if (std::pair(phase, position) <= furthest_) return;
  furthest_ = {phase, position};
  failures_in_a_row_ = 0;
}

bool Session::Sleep(absl::Duration duration) const {
  for (; duration > absl::ZeroDuration() && !Cancelled(); duration -= kSleepSlice) {
    absl::SleepFor(std::min(duration, kSleepSlice));
  }
  return !Cancelled();
}

void Session::Report(Stage stage, double fraction, uint64_t rows) const {
  if (!options_.on_progress) return;
  SyncProgress progress;
  progress.stage = stage;
  progress.fraction = fraction;
  progress.rows = rows;
  options_.on_progress(progress);
}

// An engine that is asked again tells again, so each error is kept by its place.
template <typename Errors>
void Session::Note(const Errors& errors) {
  for (const v1::RowError& error : errors) {
    if (errors_.size() == kMaxListedErrors) return;
    errors_.emplace(std::tuple(error.ordinal(), error.code(), error.field()), error);
  }
}

absl::Status Session::SourceFailed(absl::Status status) {
  source_error_ = status;
  return status;
}

}  // namespace

std::string NewSnapshotId() {
  absl::BitGen random;
  return absl::StrFormat("%s-%016x", absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone()),
                         absl::Uniform<uint64_t>(random));
}

absl::StatusOr<SyncResult> RunSync(v1::IntakeService::StubInterface& stub, RowSource& source, SyncOptions options) {
  return Session(stub, source, std::move(options)).Run();
}

}  // namespace sabun::client
