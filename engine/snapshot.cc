#include "engine/snapshot.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/commit_point.h"
#include "engine/base/status_macros.h"
#include "engine/guard/guard.h"
#include "engine/record/packed_fields.h"
#include "engine/resend.h"

namespace sabun {
namespace {

constexpr size_t kDeletesAtOnce = 1'000;
constexpr size_t kKeptBytesAtOnce = 1 << 20;

RunsOptions Memory(const EngineOptions& options, size_t bytes) { return {options.spool_directory, bytes}; }

size_t JobsWaiting(const EngineOptions& options) { return options.threads == 0 ? 0 : 2; }

// The first one is of before secrets were counted.
std::string FingerprintSecret(const DatasetRow& row, std::vector<absl::string_view> parts) {
  const std::string number = absl::StrCat(row.fingerprint_secret);
  if (row.fingerprint_secret > 0) parts.push_back(number);
  return DeriveSecret(row.secret, parts);
}

}  // namespace

Snapshot::Snapshot(Dataset* dataset, SnapshotRequest request)
    : dataset_(dataset),
      request_(std::move(request)),
      rules_(dataset->rules()),
      scheme_(request_.scheme.value_or(dataset->key_scheme())),
      key_secret_(DeriveSecret(dataset->row().secret, {"key"})),
      // Other rules or another layout give another secret: then no fingerprint is equal, and every row is compared
      // once.
      fingerprint_secret_(FingerprintSecret(
          dataset->row(), {"fingerprint", scheme_ == HashScheme::kXxh3 ? "x" : "h", rules_->digest, request_.layout})),
      canonical_(rules_, KeyedHash(dataset->key_scheme(), key_secret_)),
      begun_(dataset->ledger().Head()),
      inbox_(request_.kind,
             {dataset->options().spool_directory, dataset->options().row_memory_bytes, dataset->options().row_reserve}),
      plan_(&dataset->ledger(), {Memory(dataset->options(), dataset->options().delta_memory_bytes),
                                 request_.compare_only, request_.list_differences, request_.against_hub}),
      planning_(JobsWaiting(dataset->options())),
      canonicalizing_(JobsWaiting(dataset->options())) {}

Snapshot::~Snapshot() = default;

absl::StatusOr<const SnapshotStretches*> Snapshot::Stretches() {
  if (!request_.uses_stretches || stretches_ != nullptr) return stretches_.get();
  const std::string mark = DeriveSecret(fingerprint_secret_, {"stretches"}).substr(0, 16);
  const EngineOptions& options = dataset_->options();
  const StretchOptions limits{options.row_memory_bytes, dataset_->forget_stretches, options.fewest_rows_of_stretch};
  LedgerState& ledger = dataset_->ledger();
  ASSIGN_OR_RETURN(stretches_, SnapshotStretches::Begin(ledger.store, ledger.dataset, begun_.index, mark, limits));
  canonical_.SetStretches(stretches_.get());
  return stretches_.get();
}

absl::Status Snapshot::AddFingerprints(FingerprintBlock block, const StretchBlock& stretches) {
  const bool uses_stretches = !stretches.claimed_ordinals.empty() || !stretches.formed_ordinals.empty() ||
                              !stretches.claimed.empty() || !stretches.formed.empty();
  claimed_.clear();
  if (uses_stretches) {
    if (stretches_ == nullptr)
      return absl::InvalidArgumentError("stretches may not be used: see Begun.takes_stretches");
    auto claimed = stretches_->Claim(stretches);
    if (absl::IsAborted(claimed.status())) dataset_->forget_stretches = true;
    ASSIGN_OR_RETURN(claimed_, std::move(claimed));
  }
  block.claimed = claimed_;
  message_begin_ = block.first_ordinal;
  RETURN_IF_ERROR(inbox_.Add(block));
  return uses_stretches ? stretches_->Form(stretches, block.first_ordinal, claimed_, block.entries) : absl::OkStatus();
}

absl::Status Snapshot::Compare() {
  baseline_ = dataset_->ledger().Head();
  const EngineOptions& options = dataset_->options();
  auto difference = std::make_unique<Difference>(Memory(options, options.delta_memory_bytes), inbox_.next_ordinal());
  const IndexSource index{dataset_->ledger().store, dataset_->ledger().dataset, baseline_.index};
  if (request_.kind == SnapshotKind::kComplete) {
    if (stretches_ != nullptr) stretches_->EndIntake(inbox_.next_ordinal());
    const absl::Status compared =
        DiffComplete(inbox_.rows(), index, options.threads, stretches_.get(), difference.get());
    if (absl::IsAborted(compared)) dataset_->forget_stretches = true;
    RETURN_IF_ERROR(compared);
  } else {
    RETURN_IF_ERROR(DiffPartial(inbox_.rows(), index, options.threads, difference.get()));
  }
  inbox_.rows().Clear();
  candidates_.emplace(difference->candidates);
  RETURN_IF_ERROR(candidates_->Next());
  difference_ = std::move(difference);
  return absl::OkStatus();
}

absl::Status Snapshot::End(uint64_t count, absl::string_view digest, std::vector<RowFinding>* findings,
                           absl::string_view claims_digest) {
  if (claims_digest != (stretches_ == nullptr ? std::string() : stretches_->ClaimsDigest())) {
    return absl::AbortedError("the digest of claims that the adapter states is not that of what arrived");
  }
  RETURN_IF_ERROR(inbox_.End(count, digest));
  if (difference_ == nullptr) {
    RETURN_IF_ERROR(Compare());
    // Ahead of the rows that are asked for, while these are on their way.
    RETURN_IF_ERROR(planning_.Add([this] { return PlanDeletes(); }));
  }
  asked_ = 0;
  for (const uint64_t ordinal : difference_->duplicate_ordinals)
    findings->push_back({ordinal, &row_code::kKeyDuplicate, ""});
  return absl::OkStatus();
}

absl::Status Snapshot::ReadKnownFingerprints() {
  const LedgerHead head = dataset_->ledger().Head();
  const uint64_t memory = KnownFingerprints::MemoryFor(head.index.page_entries + head.index.overlay_entries);
  if (head.records == 0 || memory > dataset_->options().row_memory_bytes || dataset_->keep_all_rows) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(known_, KnownFingerprints::Read(dataset_->ledger().store, dataset_->ledger().dataset, head.index));
  return absl::OkStatus();
}

absl::Status Snapshot::AddContents(absl::string_view entries, absl::string_view rows) {
  if (kept_rows_ == nullptr) {
    RETURN_IF_ERROR(ReadKnownFingerprints());
    kept_rows_ = std::make_unique<RowSpool>(dataset_->options().spool_directory);
  }
  EntryOrdinals ordinals(message_begin_, claimed_);
  for (; !entries.empty(); entries.remove_prefix(Inbox::kEntryBytes)) {
    const uint64_t ordinal = ordinals.Next();
    absl::string_view row;
    if (!TakeSized(&rows, &row)) return absl::InvalidArgumentError("Fingerprints.rows ends before the last entry");
    const char* const entry = entries.data();
    if (known_ && known_->Contains(Key128::From(entry), Fingerprint128::From(entry + 16))) continue;
    RETURN_IF_ERROR(kept_rows_->Add(ordinal, row));
  }
  if (!rows.empty()) return absl::InvalidArgumentError("Fingerprints.rows has more rows than there are entries");
  return absl::OkStatus();
}

absl::Status Snapshot::TakeKeptRows() {
  known_.reset();
  if (kept_rows_ == nullptr) return absl::OkStatus();
  BeforeCommit("spool");
  RETURN_IF_ERROR(kept_rows_->FinishAdding());
  AfterCommit("spool");
  RowBatch batch;
  while (candidates_->Valid()) {
    const Candidate needed = candidates_->Get();
    RETURN_IF_ERROR(candidates_->Next());
    absl::StatusOr<absl::string_view> row = kept_rows_->Find(needed.ordinal);
    if (absl::IsNotFound(row.status())) {
      dataset_->keep_all_rows = true;
      return absl::AbortedError("a row that is needed was taken for unchanged; send the snapshot again");
    }
    RETURN_IF_ERROR(row.status());
    if (row->empty()) {
      Fail(needed.ordinal);
    } else {
      AppendVarint(needed.ordinal, &batch.rows);
      batch.rows.append(row->data(), row->size());
      batch.asked.push_back(needed);
    }
    if (batch.rows.size() < kKeptBytesAtOnce && candidates_->Valid()) continue;
    RETURN_IF_ERROR(Work(std::exchange(batch, {})));
  }
  return absl::OkStatus();
}

void Snapshot::Fail(uint64_t ordinal) {
  ++failed_;
  if (stretches_ != nullptr) stretches_->Spoil(ordinal);
}

absl::Status Snapshot::Work(RowBatch batch) {
  if (batch.asked.empty()) return absl::OkStatus();
  return canonicalizing_.Add([this, shared = std::make_shared<const RowBatch>(std::move(batch))] {
    auto wanted = std::make_shared<const WantedBatch>(canonical_.Run(*shared));
    // Looked up here, so that it goes on while the message before is staged.
    std::vector<Key128> keys;
    keys.reserve(wanted->records.size());
    for (const WantedRecord& record : wanted->records) keys.push_back(record.key);
    ASSIGN_OR_RETURN(auto known, plan_.Look(keys));
    return planning_.Add([this, wanted, known = std::make_shared<decltype(known)>(std::move(known))] {
      return plan_.Want(wanted->records, *known);
    });
  });
}

void Snapshot::Stop() {
  canonicalizing_.Stop();  // first: its job may be waiting for room among the planning ones
  planning_.Stop();
}

absl::Status Snapshot::FinishWork() {
  RETURN_IF_ERROR(canonicalizing_.Drain());
  return planning_.Drain();
}

absl::StatusOr<std::vector<uint64_t>> Snapshot::NextNeeded(size_t limit) {
  if (!candidates_) return absl::FailedPreconditionError("nothing is asked for before the end of the fingerprints");
  std::vector<uint64_t> ordinals;
  while (ordinals.size() < limit) {
    if (asked_ == outstanding_.size()) {
      if (!candidates_->Valid()) break;
      outstanding_.push_back(candidates_->Get());
      RETURN_IF_ERROR(candidates_->Next());
    }
    ordinals.push_back(outstanding_[asked_++].ordinal);
  }
  return ordinals;
}

absl::Status Snapshot::TakeRecords(std::string rows, const std::vector<uint64_t>& failed) {
  RowBatch batch;
  batch.rows = std::move(rows);
  absl::string_view rest = batch.rows;
  auto next_failed = failed.begin();
  while (!rest.empty() || next_failed != failed.end()) {
    if (outstanding_.empty() || asked_ == 0) return absl::InvalidArgumentError("a row came that was not asked for");
    const Candidate asked = outstanding_.front();
    if (next_failed != failed.end() && *next_failed == asked.ordinal) {
      ++next_failed;
      Fail(asked.ordinal);
    } else {
      uint64_t ordinal = 0;
      if (!TakeVarint(&rest, &ordinal) || ordinal != asked.ordinal) {
        return absl::InvalidArgumentError(absl::StrCat("the row asked for next is ", asked.ordinal));
      }
      if (!TakePackedFields(&rest, rules_->profile.fields.size(), &fields_)) {
        return absl::InvalidArgumentError("Records.rows cannot be taken apart as packed fields");
      }
      batch.asked.push_back(asked);
    }
    outstanding_.pop_front();
    --asked_;
  }
  return Work(std::move(batch));
}

absl::Status Snapshot::PlanDeletes() {
  auto& gone = difference_->gone;
  // An unreadable row may be any record: none is taken for absent. Explicit deletes name their record and stay.
  if (request_.kind == SnapshotKind::kComplete && inbox_.unreadable() > 0) {
    plan_.counts().suspended_deletes = gone.count();
    return absl::OkStatus();
  }
  BucketReader reader(gone);
  RETURN_IF_ERROR(reader.Next());
  std::vector<Key128> keys;
  while (reader.Valid()) {
    keys.push_back(reader.Get());
    RETURN_IF_ERROR(reader.Next());
    if (keys.size() < kDeletesAtOnce && reader.Valid()) continue;
    RETURN_IF_ERROR(plan_.Gone(keys));
    keys.clear();
  }
  return absl::OkStatus();
}

void Snapshot::AddSamples(std::vector<Hold>* holds) const {
  const uint32_t shown = rules_->profile.key_fields.back();
  if (rules_->profile.fields[shown].personal) return;
  for (Hold& hold : *holds) {
    const auto& samples = hold.rule == "deletes" ? plan_.sample_deletes() : plan_.sample_updates();
    if (hold.rule != "deletes" && hold.rule != "updates") continue;
    for (const std::string& canonical : samples) hold.samples.push_back(Dataset::Values(*rules_, canonical)[shown]);
  }
}

// What differs is what is told again; the rows themselves are the hub's, and nothing of them is stored.
absl::StatusOr<ChangeSetInfo> Snapshot::CommitResend(ChangeSetInfo info) {
  const uint64_t unreadable = info.counts.unreadable;
  if (unreadable + info.counts.invalid + info.counts.duplicate > 0) {
    return absl::FailedPreconditionError("some of what the hub lists cannot be read: see the row errors");
  }
  return SealResend(dataset_, &plan_, std::move(info));
}

// A batch that is handed out takes a number, and one that is settled leaves fewer in flight.
bool Snapshot::ReceiptsCameSince() const {
  const LedgerHead now = dataset_->ledger().Head();
  return now.next_batch != begun_.next_batch || now.in_flight != begun_.in_flight;
}

absl::StatusOr<ChangeSetInfo> Snapshot::Commit() {
  if (difference_ == nullptr || !outstanding_.empty() || candidates_->Valid()) {
    return absl::InvalidArgumentError("Commit came before every row that was asked for");
  }
  RETURN_IF_ERROR(FinishWork());
  RETURN_IF_ERROR(plan_.Finish());
  SealRequest seal;
  ChangeSetInfo& info = seal.info;
  info.number = plan_.number();
  info.snapshot_id = request_.snapshot_id;
  info.kind = request_.kind;
  info.pushed_by = request_.pushed_by;
  info.counts = plan_.counts();
  info.counts.received = inbox_.next_ordinal();
  info.counts.unchanged = difference_->unchanged;
  info.counts.duplicate = difference_->duplicate;
  info.counts.delete_rows = difference_->delete_rows;
  info.counts.unreadable = inbox_.unreadable();
  info.counts.invalid = failed_ + canonical_.invalid() + inbox_.unreadable();
  if (request_.against_hub && ReceiptsCameSince()) {
    return absl::AbortedError("something was submitted while the hub's list was read; compare again");
  }
  if (request_.against_hub && !request_.compare_only) return CommitResend(std::move(info));
  if (!info.counts.Balance()) return absl::InternalError("the books of the snapshot do not balance");
  info.digest = plan_.Digest();
  info.holds = JudgeChangeSet(request_.kind, info.counts, {baseline_.records, baseline_.last_complete_rows},
                              dataset_->row().guards);
  AddSamples(&info.holds);
  seal.held = !info.holds.empty();
  if (info.counts.suspended_deletes > 0) {
    Hold& hold = info.holds.emplace_back();
    hold.rule = "unreadable_key";
    hold.actual = static_cast<double>(inbox_.unreadable());
  }
  if (request_.compare_only) return info;
  seal.deltas = DeltasOf(plan_.deltas());
  seal.delta_count = plan_.deltas()->count();
  seal.planned_as_of = plan_.as_of();
  seal.entries = &plan_.entries();
  seal.stretches = stretches_.get();
  const bool held = seal.held;
  auto sealed = dataset_->change_sets().Seal(std::move(seal));
  if (sealed.ok() && !held && stretches_ != nullptr) dataset_->forget_stretches = false;
  return sealed;
}

}  // namespace sabun
