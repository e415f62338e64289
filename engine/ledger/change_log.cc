#include "engine/ledger/change_log.h"

#include "engine/base/bytes.h"
#include "engine/base/commit_point.h"
#include "engine/base/status_macros.h"
#include "engine/store/bucket_reader.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kDeltaBytes = 16 + 16 + 8 + 1 + 1;
constexpr size_t kDeltasInPage = 512;
// Up to here bodies are ordinary writes; a larger change set is written as sorted files beside the log.
constexpr uint64_t kBulkFrom = 20'000;
constexpr size_t kBatchBytes = 1 << 20;

std::string BodyKey(uint32_t dataset, ChangeRef ref) {
  return layout::Numbered(layout::ChangePart(dataset, ref.change_set, 'b'), ref.sequence);
}

void AppendDelta(const Delta& delta, std::string* out) {
  out->append(delta.key.view().data(), 16);
  out->append(delta.fingerprint.view().data(), 16);
  AppendBig64(delta.sequence, out);
  out->push_back(static_cast<char>(delta.kind));
  out->push_back(static_cast<char>((delta.in_index ? 1 : 0) | (delta.had_entry ? 2 : 0)));
}

Delta LoadDelta(const char* bytes) {
  Delta delta;
  delta.key = Key128::From(bytes);
  delta.fingerprint = Fingerprint128::From(bytes + 16);
  delta.sequence = static_cast<uint32_t>(LoadBig64(bytes + 32));
  delta.kind = static_cast<Delta::Kind>(bytes[40]);
  delta.in_index = (bytes[41] & 1) != 0;
  delta.had_entry = (bytes[41] & 2) != 0;
  return delta;
}

void SetChangeBody(const Change& change, std::string* out) {
  out->assign(1, static_cast<char>(change.op));
  out->append(change.key);
  AppendVarint(change.changed_ids.size(), out);
  for (const uint32_t id : change.changed_ids) AppendVarint(id, out);
  out->append(change.canonical);
}

void DigestBody(absl::string_view body, Sha256* digest) {
  std::string size;
  AppendVarint(body.size(), &size);
  digest->Update(size);
  digest->Update(body);
}

}  // namespace

DeltaSource DeltasOf(const DeltaRuns* runs) {
  return [runs](const DeltaVisitor& visit) -> absl::Status {
    BucketReader reader(*runs);
    RETURN_IF_ERROR(reader.Next());
    while (reader.Valid()) {
      RETURN_IF_ERROR(visit(reader.Get()));
      RETURN_IF_ERROR(reader.Next());
    }
    return absl::OkStatus();
  };
}

DeltaSource StoredDeltas(Store* store, uint32_t dataset, uint64_t change_set) {
  return [=](const DeltaVisitor& visit) -> absl::Status {
    const std::string prefix = layout::ChangePart(dataset, change_set, 'i');
    const std::unique_ptr<Scan> scan = store->NewScan(Family::kChanges, prefix, layout::After(prefix));
    for (; scan->Valid(); scan->Next()) {
      const std::string page(scan->value());
      if (page.size() % kDeltaBytes != 0) return absl::DataLossError("changes: an index delta is damaged");
      for (size_t at = 0; at < page.size(); at += kDeltaBytes) RETURN_IF_ERROR(visit(LoadDelta(page.data() + at)));
    }
    return scan->status();
  };
}

absl::Status StoreDeltas(const DeltaSource& deltas, Store* store, uint32_t dataset, uint64_t change_set) {
  ASSIGN_OR_RETURN(const std::unique_ptr<BulkWriter> out, store->NewBulkWriter(Family::kChanges));
  const std::string prefix = layout::ChangePart(dataset, change_set, 'i');
  std::string page;
  uint64_t pages = 0;
  const auto flush = [&]() -> absl::Status {
    if (page.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(out->Add(layout::Numbered(prefix, pages++), page));
    page.clear();
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(deltas([&](const Delta& delta) -> absl::Status {
    AppendDelta(delta, &page);
    return page.size() == kDeltasInPage * kDeltaBytes ? flush() : absl::OkStatus();
  }));
  RETURN_IF_ERROR(flush());
  BeforeCommit("held_deltas");
  RETURN_IF_ERROR(out->Finish());
  AfterCommit("held_deltas");
  return absl::OkStatus();
}

std::string EncodeChangeBody(const Change& change) {
  std::string out;
  SetChangeBody(change, &out);
  return out;
}

absl::StatusOr<Change> DecodeChangeBody(ChangeRef ref, absl::string_view bytes) {
  const absl::Status damaged = absl::DataLossError("changes: a stored change is damaged");
  Change change;
  change.ref = ref;
  if (bytes.size() < 18 || bytes[0] < 1 || bytes[0] > 3) return damaged;
  change.op = static_cast<ChangeOp>(bytes[0]);
  change.key = std::string(bytes.substr(1, 16));
  bytes.remove_prefix(17);
  uint64_t count = 0;
  if (!TakeVarint(&bytes, &count) || count > bytes.size()) return damaged;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t id = 0;
    if (!TakeVarint(&bytes, &id)) return damaged;
    change.changed_ids.push_back(static_cast<uint32_t>(id));
  }
  change.canonical = std::string(bytes);
  return change;
}

ChangeLogWriter::ChangeLogWriter(Store* store, uint32_t dataset, uint64_t change_set)
    : store_(store), store_key_(layout::ChangePart(dataset, change_set, 'b')), prefix_size_(store_key_.size()) {}

absl::StatusOr<uint64_t> ChangeLogWriter::Add(const Change& change) {
  SetChangeBody(change, &body_);
  DigestBody(body_, &digest_);
  store_key_.resize(prefix_size_);
  AppendBig64(++count_, &store_key_);
  if (count_ > kBulkFrom) {
    if (bulk_ == nullptr) {
      ASSIGN_OR_RETURN(bulk_, store_->NewBulkWriter(Family::kChanges));
    }
    RETURN_IF_ERROR(bulk_->Add(store_key_, body_));
    return count_;
  }
  batch_.Put(Family::kChanges, store_key_, body_);
  if (batch_.bytes() > kBatchBytes) RETURN_IF_ERROR(CommitBatch());
  return count_;
}

absl::Status ChangeLogWriter::CommitBatch() {
  BeforeCommit("bodies");
  RETURN_IF_ERROR(store_->Commit(batch_, Durability::kLater));
  AfterCommit("bodies");
  batch_.Clear();
  return absl::OkStatus();
}

absl::Status ChangeLogWriter::Finish() {
  if (!batch_.writes().empty()) RETURN_IF_ERROR(CommitBatch());
  if (bulk_ == nullptr) return absl::OkStatus();
  BeforeCommit("bodies_ingested");
  RETURN_IF_ERROR(bulk_->Finish());
  AfterCommit("bodies_ingested");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Change>> ReadChanges(Store* store, uint32_t dataset, const std::vector<ChangeRef>& refs) {
  if (refs.empty()) return std::vector<Change>();
  std::vector<std::string> keys;
  keys.reserve(refs.size());
  for (const ChangeRef& ref : refs) keys.push_back(BodyKey(dataset, ref));
  ASSIGN_OR_RETURN(const auto bodies, store->MultiGet(Family::kChanges, keys));
  std::vector<Change> changes;
  changes.reserve(refs.size());
  for (size_t i = 0; i < refs.size(); ++i) {
    if (!bodies[i]) return absl::DataLossError("changes: a stored change is missing");
    ASSIGN_OR_RETURN(changes.emplace_back(), DecodeChangeBody(refs[i], *bodies[i]));
  }
  return changes;
}

absl::Status VisitChanges(Store* store, uint32_t dataset, ChangeRef after,
                          const std::function<absl::Status(const Change&)>& visit) {
  const std::string prefix = layout::ChangePart(dataset, after.change_set, 'b');
  const std::unique_ptr<Scan> scan =
      store->NewScan(Family::kChanges, layout::Numbered(prefix, after.sequence + 1), layout::After(prefix));
  for (; scan->Valid(); scan->Next()) {
    const uint64_t sequence = LoadBig64(scan->key().data() + prefix.size());
    ASSIGN_OR_RETURN(const Change change, DecodeChangeBody({after.change_set, sequence}, scan->value()));
    RETURN_IF_ERROR(visit(change));
  }
  return scan->status();
}

void ChangeSetDigest::Add(const Change& change) {
  SetChangeBody(change, &body_);
  DigestBody(body_, &digest_);
}

absl::StatusOr<std::string> StoredDigest(Store* store, uint32_t dataset, uint64_t change_set) {
  ChangeSetDigest digest;
  RETURN_IF_ERROR(VisitChanges(store, dataset, {change_set, 0}, [&](const Change& change) {
    digest.Add(change);
    return absl::OkStatus();
  }));
  return digest.Finish();
}

}  // namespace sabun
