#include "engine/service/intake_service.h"

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/service/convert.h"
#include "engine/snapshot.h"
#include "spdlog/spdlog.h"

namespace sabun {
namespace {

constexpr uint64_t kAckEvery = 1 << 20;   // rows
constexpr size_t kNeededWindow = 16'384;  // ordinals in one Needed
constexpr size_t kListedErrors = 10'000;  // a snapshot
constexpr size_t kErrorsInMessage = 1'000;
constexpr uint32_t kMostDifferences = 1'000;
constexpr size_t kMaxLayoutBytes = 64 << 10;
constexpr uint32_t kStretchesInMessage = 100'000;

using Stream = grpc::ServerReaderWriter<v1::SyncResponse, v1::SyncRequest>;

absl::Status Broken() { return absl::CancelledError("the stream was closed by the adapter"); }

// The stream, with a limit on each time that the engine waits for the source: for a message, or for room for one.
class PatientStream {
 public:
  PatientStream(Call* call, Stream* stream) : call_(call), stream_(stream) {}
  // False when the stream broke.
  bool Read(v1::SyncRequest* request) {
    return Wait([&] { return stream_->Read(request); });
  }
  bool Write(const v1::SyncResponse& response) {
    return Wait([&] { return stream_->Write(response); });
  }
  // It was ended because the source was silent.
  bool silent() const { return silent_; }

 private:
  template <typename Step>
  bool Wait(const Step& step) {
    const auto waiting = call_->BeginToWait();
    const bool done = step();
    silent_ = silent_ || waiting->ended();
    return done && !silent_;
  }

  Call* const call_;
  Stream* const stream_;
  bool silent_ = false;
};

// One stream: reads the adapter's messages in their order and answers them.
class SyncConversation {
 public:
  SyncConversation(Call* call, v1::SyncRequest first, Stream* stream)
      : call_(call), stream_(call, stream), request_(std::move(first)), dataset_(call->dataset()) {}

  // CANCELLED when the stream broke, UNAVAILABLE when the source was silent: then the snapshot can be resumed.
  absl::Status Run() {
    const absl::Status status = OpenAndConverse();
    return absl::IsCancelled(status) && stream_.silent() ? absl::UnavailableError("SOURCE-SILENT") : status;
  }

 private:
  absl::Status OpenAndConverse() {
    RETURN_IF_ERROR(Open());
    if (snapshot_ == nullptr) return absl::OkStatus();  // it was committed before
    absl::Status status = Converse();
    // A broken stream may come back; anything else would only repeat itself.
    dataset_->Detach(snapshot_, !absl::IsCancelled(status));
    return status;
  }

  absl::Status Converse() {
    RETURN_IF_ERROR(TakeFingerprints());
    RETURN_IF_ERROR(TakeRecords());
    EndStage("records");
    ASSIGN_OR_RETURN(const ChangeSetInfo info, snapshot_->Commit());
    EndStage("seal");
    v1::SyncResponse response;
    FillCommitted(info, response.mutable_committed());
    for (const RecordDifference& difference : snapshot_->differences()) {
      v1::Difference* const out = response.mutable_committed()->add_differences();
      out->set_kind(static_cast<v1::DifferenceKind>(difference.kind));
      for (std::string& value : Dataset::KeyValues(snapshot_->rules(), difference.canonical)) {
        out->add_key(std::move(value));
      }
    }
    Log(info);
    CountForAudit(info);
    // Before the answer: whoever reads it may begin the next snapshot at once.
    dataset_->Detach(snapshot_, /*done=*/true);
    stream_.Write(response);  // lost: the adapter asks again with the same snapshot id
    return absl::OkStatus();
  }

  absl::Status Open() {
    if (!request_.has_begin()) return absl::InvalidArgumentError("the first message must be Begin");
    const v1::Begin& begin = request_.begin();
    if (begin.kind() != v1::SNAPSHOT_KIND_COMPLETE && begin.kind() != v1::SNAPSHOT_KIND_PARTIAL) {
      return absl::InvalidArgumentError("Begin.kind must be complete or partial");
    }
    if (begin.snapshot_id().empty() || begin.snapshot_id().size() > 64) {
      return absl::InvalidArgumentError("Begin.snapshot_id must have 1 to 64 characters");
    }
    if (begin.layout().size() > kMaxLayoutBytes) return absl::InvalidArgumentError("Begin.layout has more than 64 KiB");
    if (!begin.compare_only()) {
      ASSIGN_OR_RETURN(const auto done, dataset_->change_sets().FindSnapshot(begin.snapshot_id()));
      if (done) {
        v1::SyncResponse response;
        FillCommitted(*done, response.mutable_begun()->mutable_committed());
        return stream_.Write(response) ? absl::OkStatus() : Broken();
      }
    }
    SnapshotRequest request;
    request.kind = static_cast<SnapshotKind>(begin.kind());
    if (begin.scheme() != v1::FINGERPRINT_SCHEME_UNSPECIFIED) request.scheme = static_cast<HashScheme>(begin.scheme());
    request.layout = begin.layout();
    request.snapshot_id = begin.snapshot_id();
    request.compare_only = begin.compare_only();
    request.one_pass = begin.one_pass();
    request.against_hub = begin.against_hub();
    request.uses_stretches = begin.uses_stretches();
    if (request.uses_stretches &&
        (begin.kind() != v1::SNAPSHOT_KIND_COMPLETE || request.compare_only || request.against_hub)) {
      return absl::InvalidArgumentError("Begin.uses_stretches goes with a complete snapshot that is stored");
    }
    if (request.against_hub && begin.kind() != v1::SNAPSHOT_KIND_COMPLETE) {
      return absl::InvalidArgumentError("Begin.against_hub goes with a complete snapshot");
    }
    if (request.against_hub && !request.compare_only && !call_->MayAlso("/sabun.v1.ChangeSetService/PlanResend")) {
      return absl::PermissionDeniedError("a resend needs the right to plan one; the access file gives no such right");
    }
    request.pushed_by = call_->identity();
    if (begin.list_differences() > kMostDifferences) {
      return absl::InvalidArgumentError("Begin.list_differences is at most 1,000");
    }
    request.list_differences = begin.list_differences();
    ASSIGN_OR_RETURN(snapshot_, dataset_->Attach(request));
    acked_ = snapshot_->next_ordinal();
    const absl::Status begun = SendBegun();
    if (!begun.ok()) dataset_->Detach(snapshot_, !absl::IsCancelled(begun));
    return begun;
  }

  absl::Status SendBegun() {
    v1::SyncResponse response;
    ASSIGN_OR_RETURN(const SnapshotStretches* const stretches, snapshot_->Stretches());
    const uint32_t offered = stretches == nullptr ? 0 : stretches->offered();
    for (uint32_t first = 0; first < offered; first += kStretchesInMessage) {
      response.mutable_stretches()->set_stretches(
          stretches->Offer(first, std::min(first + kStretchesInMessage, offered)));
      if (!stream_.Write(response)) return Broken();
    }
    v1::Begun* begun = response.mutable_begun();
    begun->set_takes_stretches(stretches != nullptr);
    begun->set_next_ordinal(snapshot_->next_ordinal());
    begun->set_key_secret(snapshot_->key_secret());
    begun->set_fingerprint_secret(snapshot_->fingerprint_secret());
    begun->set_fingerprint_scheme(ToProto(snapshot_->fingerprint_scheme()));
    begun->set_key_scheme(ToProto(dataset_->key_scheme()));
    FillFields(snapshot_->rules(), begun->mutable_fields(), begun->mutable_key_fields());
    return stream_.Write(response) ? absl::OkStatus() : Broken();
  }

  absl::Status TakeFingerprints() {
    while (stream_.Read(&request_)) {
      if (request_.has_end()) {
        std::vector<RowFinding> findings;
        EndStage("fingerprints");
        const v1::End& end = request_.end();
        RETURN_IF_ERROR(snapshot_->End(end.count(), end.digest(), &findings, end.claims_digest()));
        if (snapshot_->request().one_pass) {
          RETURN_IF_ERROR(snapshot_->TakeKeptRows());
          RETURN_IF_ERROR(snapshot_->FinishWork());
          const std::vector<RowFinding> found = snapshot_->TakeFindings();
          findings.insert(findings.end(), found.begin(), found.end());
        }
        EndStage("compare");
        return SendErrors(findings);
      }
      if (!request_.has_fingerprints()) return absl::InvalidArgumentError("expected Fingerprints or End");
      const v1::Fingerprints& message = request_.fingerprints();
      std::vector<uint64_t> unreadable;
      for (const v1::RowError& error : message.unreadable()) unreadable.push_back(error.ordinal());
      const StretchBlock stretches{message.claimed_ordinals(), message.claimed(), message.formed_ordinals(),
                                   message.formed()};
      RETURN_IF_ERROR(snapshot_->AddFingerprints(
          {message.first_ordinal(), message.entries(), unreadable, message.deletes(), {}, message.end_ordinal()},
          stretches));
      if (snapshot_->request().one_pass) {
        RETURN_IF_ERROR(snapshot_->AddContents(message.entries(), message.rows()));
      } else if (!message.rows().empty()) {
        return absl::InvalidArgumentError("Fingerprints.rows without Begin.one_pass");
      }
      if (snapshot_->next_ordinal() - acked_ < kAckEvery) continue;
      acked_ = snapshot_->next_ordinal();
      v1::SyncResponse response;
      response.mutable_ack()->set_next_ordinal(acked_);
      if (!stream_.Write(response)) return Broken();
    }
    return Broken();
  }

  // Keeps two Needed messages ahead of the records, so that the adapter reads while the engine works; no more, so that
  // neither side has to hold a list as long as the file.
  absl::Status TakeRecords() {
    size_t answered_below = 0;  // outstanding rows at which the older of two Needed is answered
    RETURN_IF_ERROR(SendNeeded());
    answered_below = snapshot_->outstanding();
    if (!last_sent_) RETURN_IF_ERROR(SendNeeded());
    answered_below = snapshot_->outstanding() - answered_below;
    while (stream_.Read(&request_)) {
      if (request_.has_commit()) {
        RETURN_IF_ERROR(snapshot_->FinishWork());
        return SendErrors(snapshot_->TakeFindings());  // of rows that came on a stream that broke
      }
      if (!request_.has_records()) return absl::InvalidArgumentError("expected Records or Commit");
      v1::Records& records = *request_.mutable_records();
      std::vector<uint64_t> failed;
      for (const v1::RowError& error : records.errors()) failed.push_back(error.ordinal());
      RETURN_IF_ERROR(snapshot_->TakeRecords(std::move(*records.mutable_rows()), failed));
      // After the last row everything is told, so that an adapter may look at the errors before it commits.
      if (last_sent_ && snapshot_->outstanding() == 0) RETURN_IF_ERROR(snapshot_->FinishWork());
      RETURN_IF_ERROR(SendErrors(snapshot_->TakeFindings()));
      while (!last_sent_ && snapshot_->outstanding() <= answered_below) {
        const size_t before = snapshot_->outstanding();
        RETURN_IF_ERROR(SendNeeded());
        answered_below = snapshot_->outstanding() - before;
      }
    }
    return Broken();
  }

  absl::Status SendNeeded() {
    ASSIGN_OR_RETURN(const std::vector<uint64_t> ordinals, snapshot_->NextNeeded(kNeededWindow));
    last_sent_ = ordinals.size() < kNeededWindow;
    v1::SyncResponse response;
    response.mutable_needed()->mutable_ordinals()->Add(ordinals.begin(), ordinals.end());
    response.mutable_needed()->set_last(last_sent_);
    return stream_.Write(response) ? absl::OkStatus() : Broken();
  }

  absl::Status SendErrors(const std::vector<RowFinding>& findings) {
    for (size_t at = 0; at < findings.size() && listed_ < kListedErrors; at += kErrorsInMessage) {
      v1::SyncResponse response;
      for (size_t i = at; i < std::min(at + kErrorsInMessage, findings.size()) && listed_ < kListedErrors;
           ++i, ++listed_) {
        FillRowError(findings[i], response.mutable_record_errors()->add_errors());
      }
      if (!stream_.Write(response)) return Broken();
    }
    return absl::OkStatus();
  }

  void FillCommitted(const ChangeSetInfo& info, v1::Committed* committed) {
    FillCounts(info.counts, committed->mutable_counts());
    if (info.number != 0) FillChangeSet(dataset_->row().name, info, committed->mutable_change_set());
  }

  void CountForAudit(const ChangeSetInfo& info) {
    call_->Count("change_set", info.number);
    call_->Count("received", info.counts.received);
    call_->Count("added", info.counts.added);
    call_->Count("updated", info.counts.updated);
    call_->Count("deleted", info.counts.deleted);
  }

  void Log(const ChangeSetInfo& info) {
    spdlog::info(
        "dataset={} snapshot={} change_set={} state={} received={} unchanged={} added={} updated={} deleted={} "
        "invalid={}{}",
        dataset_->row().name, info.snapshot_id, info.number, std::string(ToString(info.state)), info.counts.received,
        info.counts.unchanged, info.counts.added, info.counts.updated, info.counts.deleted, info.counts.invalid,
        stages_);
  }
  // Notes how long a stage took on this stream.
  void EndStage(absl::string_view name) {
    const absl::Time now = absl::Now();
    absl::StrAppendFormat(&stages_, " %s=%.3fs", name, absl::ToDoubleSeconds(now - stage_began_));
    stage_began_ = now;
  }

  Call* call_;
  PatientStream stream_;
  v1::SyncRequest request_;
  std::shared_ptr<Dataset> dataset_;
  std::shared_ptr<Snapshot> snapshot_;
  absl::Time stage_began_ = absl::Now();
  std::string stages_;
  uint64_t acked_ = 0;
  size_t listed_ = 0;
  bool last_sent_ = false;
};

}  // namespace

IntakeService::IntakeService(Gate* gate, int max_streams) : GuardedService(gate), max_streams_(max_streams) {
  Conversation("/sabun.v1.IntakeService/Sync", &IntakeService::Sync);
}

grpc::Status IntakeService::Sync(Call& call, v1::SyncRequest first, Stream* stream) {
  struct Seat {
    std::atomic<int>* taken;
    explicit Seat(std::atomic<int>* count) : taken(count) {}
    ~Seat() { --*taken; }
  };
  const bool full = ++streams_ > max_streams_;
  const Seat seat(&streams_);
  if (full) return ToGrpc(absl::ResourceExhaustedError("too many snapshots at once; try again later"));
  return ToGrpc(SyncConversation(&call, std::move(first), stream).Run());
}

}  // namespace sabun
