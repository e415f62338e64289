#include "engine/ledger/verify.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kEntriesAtOnce = 1'000;

Key128 KeyAtEnd(absl::string_view store_key) { return Key128::From(store_key.data() + store_key.size() - 16); }

class LedgerVerifier {
 public:
  LedgerVerifier(LedgerState* state, LedgerHead head) : store_(state->store), dataset_(state->dataset), head_(head) {}

  // Index and capsules against each other and the ledger: without an entry, a record is in the index exactly when the
  // hub holds it.
  absl::Status CompareIndexWithCapsules(VerifyFinding* index_finding, VerifyFinding* capsule_finding) {
    IndexScan index(store_, dataset_, head_.index);
    const std::string prefix = layout::Dataset(dataset_);
    const auto capsules = store_->NewScan(Family::kCapsules, prefix, layout::After(prefix));
    const std::string unsettled = layout::UnsettledGeneration(dataset_, head_.unsettled_generation);
    const auto entries = store_->NewScan(Family::kUnsettled, unsettled, layout::After(unsettled));
    // All three are in key order, so that nothing is looked up.
    const auto has_entry = [&](const Key128& key) {
      while (entries->Valid() && KeyAtEnd(entries->key()) < key) entries->Next();
      return entries->Valid() && KeyAtEnd(entries->key()) == key;
    };
    uint64_t lost = 0, orphans = 0;
    while (index.Valid() || capsules->Valid()) {
      const bool take_index = index.Valid() && (!capsules->Valid() || index.entry().key <= KeyAtEnd(capsules->key()));
      const Key128 key = take_index ? index.entry().key : KeyAtEnd(capsules->key());
      const bool has_capsule = capsules->Valid() && KeyAtEnd(capsules->key()) == key;
      if (take_index != has_capsule && !has_entry(key)) ++(take_index ? lost : orphans);
      if (has_capsule) {
        RETURN_IF_ERROR(DecodeCapsule(capsules->value()).status());
        ++capsule_finding->examined;
        capsules->Next();
      }
      if (take_index) {
        ++index_finding->examined;
        index.Next();
      }
    }
    RETURN_IF_ERROR(capsules->status());
    RETURN_IF_ERROR(entries->status());
    RETURN_IF_ERROR(index.Proof());
    if (index_finding->examined != head_.records) {
      index_finding->problem =
          absl::StrCat("the catalog counts ", head_.records, " records, the index has ", index_finding->examined);
    } else if (lost > 0) {
      index_finding->problem = absl::StrCat(lost, " records are neither accepted nor unsettled");
    }
    if (capsule_finding->examined != head_.capsules) {
      capsule_finding->problem =
          absl::StrCat("the catalog counts ", head_.capsules, " capsules, there are ", capsule_finding->examined);
    } else if (orphans > 0) {
      capsule_finding->problem = absl::StrCat(orphans, " capsules are of records that nobody wants and nobody deletes");
    }
    return absl::OkStatus();
  }

  absl::Status CountUnsettled(VerifyFinding* finding) {
    const std::string prefix = layout::UnsettledGeneration(dataset_, head_.unsettled_generation);
    const auto scan = store_->NewScan(Family::kUnsettled, prefix, layout::After(prefix));
    uint64_t pending = 0, in_flight = 0, parked = 0, astray = 0;
    for (; scan->Valid(); scan->Next(), ++finding->examined) {
      const std::optional<Entry> entry = DecodeEntry(scan->value());
      if (!entry) return absl::DataLossError("unsettled: an entry is damaged");
      ++(entry->flight ? in_flight : entry->parked() ? parked : pending);
      if (!entry->flight) {
        ++books_[entry->wanted.change_set][entry->parked() ? ChangeState::kRejected : ChangeState::kPending];
        continue;
      }
      const absl::StatusOr<BatchRow> batch = ReadBatchRow(store_, dataset_, entry->flight->batch);
      if (!batch.ok()) {
        ++astray;
        continue;
      }
      ++flights_[entry->flight->batch];
      ++books_[entry->flight->ref.change_set][batch->unknown ? ChangeState::kUnknown : ChangeState::kInFlight];
      if (entry->wanted != entry->flight->ref) ++books_[entry->wanted.change_set][ChangeState::kPending];
    }
    RETURN_IF_ERROR(scan->status());
    if (pending != head_.pending || in_flight != head_.in_flight || parked != head_.parked) {
      finding->problem = absl::StrCat("pending/in flight/parked are ", pending, "/", in_flight, "/", parked,
                                      ", the catalog counts ", head_.pending, "/", head_.in_flight, "/", head_.parked);
    } else if (astray > 0) {
      finding->problem = absl::StrCat(astray, " records are in flight in batches that do not exist");
    }
    return absl::OkStatus();
  }

  // After CountUnsettled: what is neither named by an entry nor final is superseded.
  absl::Status RecountBooks(VerifyFinding* finding) {
    const std::string begin = layout::Tagged(dataset_, 'c');
    const auto scan = store_->NewScan(Family::kCatalog, begin, layout::After(begin));
    for (; scan->Valid(); scan->Next()) {
      ASSIGN_OR_RETURN(const ChangeSetInfo info, DecodeChangeSetInfo(std::string(scan->value())));
      if (info.state != ChangeSetState::kReady && info.state != ChangeSetState::kEmpty) continue;
      Books counted = books_[info.number];
      RETURN_IF_ERROR(CountFinals(info.number, &counted));
      finding->examined += counted.planned;
      uint64_t placed = 0;
      for (const uint64_t count : counted.by_state) placed += count;
      counted[ChangeState::kSuperseded] = counted.planned - placed;
      if ((counted.planned != info.books.planned || counted.by_state != info.books.by_state) &&
          finding->problem.empty()) {
        finding->problem = absl::StrCat("the books of change set ", info.number, " are not what its changes say");
      }
    }
    return scan->status();
  }

  absl::Status CompareBatches(VerifyFinding* finding) {
    const std::string prefix = layout::Dataset(dataset_);
    const auto scan = store_->NewScan(Family::kSubmissions, prefix, layout::After(prefix));
    for (; scan->Valid(); scan->Next(), ++finding->examined) {
      const uint64_t id = LoadBig64(scan->key().data() + prefix.size());
      ASSIGN_OR_RETURN(const BatchRow batch, ReadBatchRow(store_, dataset_, id));
      if (batch.OpenItems() != flights_[id])
        finding->problem = absl::StrCat("batch ", id, " and the ledger disagree on what is in flight");
    }
    return scan->status();
  }

 private:
  // Counts changes, and final states where no entry names the change: an entry's word comes first.
  absl::Status CountFinals(uint64_t number, Books* counted) {
    std::vector<Key128> keys;
    std::vector<ChangeRef> refs;
    uint64_t finals_seen = 0, finals_stored = 0;
    const auto flush = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const auto entries, ReadEntries(store_, dataset_, head_, keys));
      ASSIGN_OR_RETURN(const auto finals, ReadFinalStates(store_, dataset_, refs));
      for (size_t i = 0; i < keys.size(); ++i) {
        if (!finals[i]) continue;
        ++finals_seen;
        if (!entries[i] || !StateIn(*entries[i], refs[i])) ++(*counted)[*finals[i]];
      }
      keys.clear();
      refs.clear();
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(VisitChanges(store_, dataset_, {number, 0}, [&](const Change& change) -> absl::Status {
      ++counted->planned;
      keys.push_back(Key128::From(change.key.data()));
      refs.push_back(change.ref);
      return keys.size() == kEntriesAtOnce ? flush() : absl::OkStatus();
    }));
    RETURN_IF_ERROR(flush());
    RETURN_IF_ERROR(VisitFinalStates(store_, dataset_, number, [&](const FinalState&) {
      ++finals_stored;
      return absl::OkStatus();
    }));
    if (finals_stored != finals_seen) return absl::DataLossError("changes: a final state has no change");
    return absl::OkStatus();
  }

  Store* store_;
  uint32_t dataset_;
  LedgerHead head_;
  std::map<uint64_t, Books> books_;
  std::map<uint64_t, uint64_t> flights_;
};

}  // namespace

std::vector<VerifyFinding> VerifyLedger(LedgerState* state) {
  MutexLock lock(&state->mutex);
  LedgerVerifier verifier(state, state->head);
  std::vector<VerifyFinding> findings;
  for (const char* check : {"index", "capsules", "unsettled", "books", "batches"}) findings.push_back({check, "", 0});
  const auto note = [&](size_t check, const absl::Status& status) {
    if (!status.ok()) findings[check].problem = std::string(status.message());
  };
  note(0, verifier.CompareIndexWithCapsules(&findings[0], &findings[1]));
  note(2, verifier.CountUnsettled(&findings[2]));
  note(3, verifier.RecountBooks(&findings[3]));
  note(4, verifier.CompareBatches(&findings[4]));
  return findings;
}

}  // namespace sabun
