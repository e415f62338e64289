#include "engine/ledger/verify.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
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
  LedgerVerifier(Store* store, uint32_t dataset, LedgerHead head, Pace* pace)
      : store_(store), dataset_(dataset), head_(std::move(head)), pace_(pace) {}

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
        ASSIGN_OR_RETURN(const Capsule capsule, DecodeCapsule(capsules->value()));
        NoteHeld(capsule.ref);
        RETURN_IF_ERROR(pace_->Spend(capsules->value().size()));
        ++capsule_finding->examined;
        capsules->Next();
      }
      if (take_index) {
        RETURN_IF_ERROR(pace_->Spend(sizeof(IndexEntry)));
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
      RETURN_IF_ERROR(pace_->Spend(scan->key().size() + scan->value().size()));
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

  // After CountUnsettled: what is neither named by an entry nor final is superseded. Every stored change set has the
  // digest it was sealed with.
  absl::Status RecountChangeSets(VerifyFinding* books_finding, VerifyFinding* changes_finding) {
    const std::string begin = layout::Tagged(dataset_, 'c');
    const auto scan = store_->NewScan(Family::kCatalog, begin, layout::After(begin));
    for (; scan->Valid(); scan->Next()) {
      ASSIGN_OR_RETURN(const ChangeSetInfo info, DecodeChangeSetInfo(std::string(scan->value())));
      if (info.erased > 0) {
        RETURN_IF_ERROR(CountRest(info, changes_finding));
        continue;
      }
      Books counted = books_[info.number];
      std::string digest;
      RETURN_IF_ERROR(CountFinals(info.number, &counted, &digest));
      changes_finding->examined += counted.planned;
      // While a restore goes on, its change set grows.
      const bool growing = head_.replaying && info.number == head_.replay_change_set;
      if (digest != info.digest && !growing && changes_finding->problem.empty()) {
        changes_finding->problem = absl::StrCat("the changes of change set ", info.number, " are not what was sealed");
      }
      if (info.state == ChangeSetState::kHeld) held_bodies_[info.number] = counted.planned;
      if (info.state != ChangeSetState::kReady && info.state != ChangeSetState::kEmpty) continue;
      books_finding->examined += counted.planned;
      uint64_t placed = 0;
      for (const uint64_t count : counted.by_state) placed += count;
      counted[ChangeState::kSuperseded] = counted.planned - placed;
      if ((counted.planned != info.books.planned || counted.by_state != info.books.by_state) &&
          books_finding->problem.empty()) {
        books_finding->problem = absl::StrCat("the books of change set ", info.number, " are not what its changes say");
      }
    }
    return scan->status();
  }

  // After RecountChangeSets: at most one change set is held, and what approving it would do is all there.
  absl::Status ReadHeld(VerifyFinding* finding) {
    const bool expected = head_.held != 0;
    if (held_bodies_.size() != (expected ? 1 : 0) || (expected && !held_bodies_.contains(head_.held))) {
      finding->problem = absl::StrCat(held_bodies_.size(), " change sets are held, the catalog names ", head_.held);
      return absl::OkStatus();
    }
    if (!expected) return absl::OkStatus();
    const uint64_t bodies = held_bodies_.begin()->second;
    uint64_t with_body = 0;
    bool sound = true;
    std::optional<Key128> last;
    RETURN_IF_ERROR(StoredDeltas(store_, dataset_, head_.held)([&](const Delta& delta) -> absl::Status {
      ++finding->examined;
      sound = sound && (!last || *last < delta.key);
      last = delta.key;
      if (delta.kind == Delta::Kind::kRefresh) return absl::OkStatus();
      ++with_body;
      sound = sound && delta.sequence >= 1 && delta.sequence <= bodies;
      return pace_->Spend(sizeof(Delta));
    }));
    if (!sound || with_body != bodies) {
      finding->problem = absl::StrCat("what approving change set ", head_.held, " would do is not all there");
    }
    return absl::OkStatus();
  }

  absl::Status CompareBatches(VerifyFinding* finding) {
    const std::string prefix = layout::Dataset(dataset_);
    const auto scan = store_->NewScan(Family::kSubmissions, prefix, layout::After(prefix));
    for (; scan->Valid(); scan->Next(), ++finding->examined) {
      RETURN_IF_ERROR(pace_->Spend(scan->value().size()));
      const uint64_t id = LoadBig64(scan->key().data() + prefix.size());
      ASSIGN_OR_RETURN(const BatchRow batch, ReadBatchRow(store_, dataset_, id));
      if (batch.OpenItems() != flights_[id])
        finding->problem = absl::StrCat("batch ", id, " and the ledger disagree on what is in flight");
    }
    return scan->status();
  }

  // After RecountChangeSets.
  void ReportOlder(VerifyFinding* finding) const {
    if (older_capsules_ == 0 || !finding->problem.empty()) return;
    finding->problem = absl::StrCat(older_capsules_, " capsules are older than what the hub accepted last");
  }

 private:
  // Without all contents neither digest nor books can be found again; what is left and what was erased is the whole.
  absl::Status CountRest(const ChangeSetInfo& info, VerifyFinding* finding) {
    uint64_t left = 0;
    RETURN_IF_ERROR(VisitChanges(store_, dataset_, {info.number, 0}, [&](const Change& change) -> absl::Status {
      ++left;
      return pace_->Spend(change.canonical.size());
    }));
    finding->examined += left;
    const bool whole = info.state != ChangeSetState::kReady || left + info.erased == info.books.planned;
    if (!whole && finding->problem.empty()) {
      finding->problem =
          absl::StrCat("change set ", info.number, " has other contents than were left when it was erased");
    }
    return absl::OkStatus();
  }

  // Counts changes, and final states where no entry names the change: an entry's word comes first.
  absl::Status CountFinals(uint64_t number, Books* counted, std::string* digest) {
    ChangeSetDigest bodies;
    std::vector<Key128> keys;
    std::vector<ChangeRef> refs;
    std::vector<size_t> superseded;
    uint64_t finals_seen = 0, finals_stored = 0;
    const auto flush = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const auto entries, ReadEntries(store_, dataset_, head_, keys));
      ASSIGN_OR_RETURN(const auto finals, ReadFinalStates(store_, dataset_, refs));
      for (size_t i = 0; i < keys.size(); ++i) {
        if (!finals[i]) continue;
        ++finals_seen;
        if (!entries[i] || !StateIn(*entries[i], refs[i])) ++(*counted)[*finals[i]];
        if (*finals[i] == ChangeState::kAccepted && !IsHeld(refs[i])) superseded.push_back(i);
      }
      RETURN_IF_ERROR(CheckNewer(keys, refs, superseded));
      superseded.clear();
      keys.clear();
      refs.clear();
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(VisitChanges(store_, dataset_, {number, 0}, [&](const Change& change) -> absl::Status {
      ++counted->planned;
      bodies.Add(change);
      RETURN_IF_ERROR(pace_->Spend(change.canonical.size()));
      keys.push_back(Key128::From(change.key.data()));
      refs.push_back(change.ref);
      return keys.size() == kEntriesAtOnce ? flush() : absl::OkStatus();
    }));
    RETURN_IF_ERROR(flush());
    *digest = bodies.Finish();
    RETURN_IF_ERROR(VisitFinalStates(store_, dataset_, number, [&](const FinalState&) {
      ++finals_stored;
      return absl::OkStatus();
    }));
    if (finals_stored != finals_seen) return absl::DataLossError("changes: a final state has no change");
    return absl::OkStatus();
  }

  // One bit a change: whether a capsule is of it.
  void NoteHeld(ChangeRef ref) {
    std::vector<bool>& held = held_by_capsules_[ref.change_set];
    if (held.size() <= ref.sequence) held.resize(std::max<size_t>(2 * held.size(), ref.sequence + 1));
    held[ref.sequence] = true;
  }
  bool IsHeld(ChangeRef ref) const {
    const auto held = held_by_capsules_.find(ref.change_set);
    return held != held_by_capsules_.end() && ref.sequence < held->second.size() && held->second[ref.sequence];
  }

  // A change that was accepted and is not the one of its record's capsule was followed by another: an older capsule was
  // put back otherwise.
  absl::Status CheckNewer(const std::vector<Key128>& keys, const std::vector<ChangeRef>& refs,
                          const std::vector<size_t>& superseded) {
    if (superseded.empty()) return absl::OkStatus();
    std::set<Key128> asked;
    for (const size_t i : superseded) asked.insert(keys[i]);
    const std::vector<Key128> distinct(asked.begin(), asked.end());
    ASSIGN_OR_RETURN(const auto capsules, ReadCapsules(store_, dataset_, head_, distinct));
    for (const size_t i : superseded) {
      const auto& capsule = capsules[std::lower_bound(distinct.begin(), distinct.end(), keys[i]) - distinct.begin()];
      older_capsules_ += capsule && capsule->ref < refs[i];
    }
    return absl::OkStatus();
  }

  Store* store_;
  uint32_t dataset_;
  LedgerHead head_;
  Pace* pace_;
  std::map<uint64_t, std::vector<bool>> held_by_capsules_;  // by change set
  uint64_t older_capsules_ = 0;
  std::map<uint64_t, uint64_t> held_bodies_;  // changes of held change sets
  std::map<uint64_t, Books> books_;
  std::map<uint64_t, uint64_t> flights_;
};

}  // namespace

absl::StatusOr<std::vector<VerifyFinding>> VerifyLedger(Store* frozen, uint32_t dataset, Pace* pace) {
  std::vector<VerifyFinding> findings;
  for (const char* check : {"index", "capsules", "unsettled", "books", "batches", "changes", "held"}) {
    findings.push_back({check, "", 0});
  }
  LedgerHead head;
  const auto read_head = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const auto row, frozen->Get(Family::kCatalog, layout::HeadRow(dataset)));
    if (!row) return absl::OkStatus();
    ASSIGN_OR_RETURN(head, DecodeHead(*row));
    return absl::OkStatus();
  };
  absl::Status ended = read_head();
  LedgerVerifier verifier(frozen, dataset, head, pace);
  // A check that cannot be made to its end has found something; those that build on it are made all the same.
  const auto note = [&](size_t check, const absl::Status& status) {
    if (absl::IsCancelled(status)) ended = status;
    if (!status.ok()) findings[check].problem = std::string(status.message());
  };
  note(0, ended);
  if (ended.ok()) note(0, verifier.CompareIndexWithCapsules(&findings[0], &findings[1]));
  if (ended.ok()) note(2, verifier.CountUnsettled(&findings[2]));
  if (ended.ok()) note(5, verifier.RecountChangeSets(&findings[3], &findings[5]));
  if (ended.ok()) verifier.ReportOlder(&findings[1]);
  if (ended.ok()) note(4, verifier.CompareBatches(&findings[4]));
  if (ended.ok()) note(6, verifier.ReadHeld(&findings[6]));
  if (absl::IsCancelled(ended)) return ended;
  return findings;
}

std::vector<VerifyFinding> VerifyLedger(LedgerState* state) {
  Pace pace;
  const auto frozen = state->store->Freeze();
  if (!frozen.ok()) return {{"index", std::string(frozen.status().message()), 0}};
  const auto findings = VerifyLedger(frozen->get(), state->dataset, &pace);
  SABUN_CHECK(findings.ok());
  return *findings;
}

}  // namespace sabun
