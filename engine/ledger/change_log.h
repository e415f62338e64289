// The stored changes of change sets: bodies in sequence order, and the index delta of a change set that is held.
// Layout: engine/FORMATS.md, "Changes".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/record/change.h"
#include "engine/record/ids.h"
#include "engine/store/bucket_runs.h"
#include "engine/store/store.h"

namespace sabun {

// What one row of a snapshot, or one absence, does to the index and to the ledger.
struct Delta {
  enum class Kind : uint8_t {
    kRefresh = 1,  // same content, new fingerprint
    kWant,         // the content of change `sequence`
    kGone,         // deleted by change `sequence`
    kResend        // what the hub accepted, told once more as change `sequence`; the index stays as it is
  };
  Key128 key;
  Fingerprint128 fingerprint;
  uint32_t sequence = 0;
  uint32_t stretch = 0;  // the number of the one that has the row; 0: none; not stored with a held change set
  Kind kind = Kind::kRefresh;
  bool in_index : 1 = false;   // when it was planned
  bool had_entry : 1 = false;  // the record was unsettled when it was planned
  // How what is wanted compared when it was planned, of a record with an entry; not stored with a held change set.
  bool same_as_accepted : 1 = false, same_as_wanted : 1 = false;
};

struct DeltaByKey {
  static uint64_t Word(const Delta& delta) { return delta.key.FirstWord(); }
  bool operator()(const Delta& a, const Delta& b) const { return a.key < b.key; }
};
using DeltaRuns = BucketRuns<Delta, DeltaByKey>;
// More deltas are never applied as one atomic batch.
inline constexpr uint64_t kMostDeltasOfABatch = 1 << 20;

// Calls the visitor for every delta in key order; ends at its first error.
using DeltaVisitor = std::function<absl::Status(const Delta&)>;
using DeltaSource = std::function<absl::Status(const DeltaVisitor&)>;
// `runs` is finished and outlives the source.
DeltaSource DeltasOf(const DeltaRuns* runs);
DeltaSource StoredDeltas(Store* store, uint32_t dataset, uint64_t change_set);
absl::Status StoreDeltas(const DeltaSource& deltas, Store* store, uint32_t dataset, uint64_t change_set);

// The order's number of the change's content for comparison and for display.
std::string EncodeChangeBody(const Change& change);
// Errors: DATA_LOSS.
absl::StatusOr<Change> DecodeChangeBody(ChangeRef ref, absl::string_view bytes);

// Writes the bodies of a new change set ahead of its seal: nobody reads them before. Not thread safe.
class ChangeLogWriter {
 public:
  ChangeLogWriter(Store* store, uint32_t dataset, uint64_t change_set);
  // Gives the change its sequence; `change.ref` is not read.
  absl::StatusOr<uint64_t> Add(const Change& change);
  // After it, a synced commit makes the bodies durable.
  absl::Status Finish();
  uint64_t count() const { return count_; }
  // Whether Finish ingests files, which are durable by themselves.
  bool is_bulk() const { return bulk_ != nullptr; }
  // SHA-256 over the stored bodies. After Finish, once.
  std::string Digest() { return digest_.Finish(); }

 private:
  absl::Status CommitBatch();

  Store* store_;
  std::string store_key_;  // the prefix, and the last body's sequence
  size_t prefix_size_;
  uint64_t count_ = 0;
  Batch batch_;
  std::unique_ptr<BulkWriter> bulk_;
  Sha256 digest_;
  std::string body_;  // used again
};

// Reads bodies by reference; one element a reference, which must be distinct. Errors: DATA_LOSS when one is missing.
absl::StatusOr<std::vector<Change>> ReadChanges(Store* store, uint32_t dataset, const std::vector<ChangeRef>& refs);

// The stored changes after `after_sequence`, in order; ends at the visitor's first error.
absl::Status VisitChanges(Store* store, uint32_t dataset, ChangeRef after,
                          const std::function<absl::Status(const Change&)>& visit);

// The digest of a change set, of its changes in sequence order.
class ChangeSetDigest {
 public:
  void Add(const Change& change);
  std::string Finish() { return digest_.Finish(); }  // once

 private:
  Sha256 digest_;
  std::string body_;  // used again
};

// The digest of what is stored now. Errors: DATA_LOSS.
absl::StatusOr<std::string> StoredDigest(Store* store, uint32_t dataset, uint64_t change_set);

}  // namespace sabun
