#include "tests/fault/patient.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/verify.h"
#include "engine/snapshot.h"
#include "tests/fault/faulty_file_system.h"
#include "tests/model/model_adapter.h"

namespace sabun::fault {
namespace {

constexpr size_t kBatchItems = 40;
constexpr size_t kLittle = 512 << 10, kMuch = 16 << 20;

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

// The engine on one set of files, from opening to closing.
class Patient::Visit {
 public:
  Visit(const PatientFiles& files, const model::Records* source, model::ModelHub* hub)
      : files_(files), source_(source), hub_(hub) {}

  // In little memory many small files are written; in much, most stays in the log.
  absl::Status Open(size_t memory_bytes, const std::shared_ptr<FaultyFileSystem>& disk = nullptr) {
    RocksStoreOptions store;
    store.files = disk;
    store.directory = files_.data();
    store.witness = files_.witness();
    store.encryption_key = ReadWhole(files_.key());
    if (store.encryption_key.size() != 32) return absl::InvalidArgumentError("the key file must hold 32 bytes");
    store.cache_bytes = memory_bytes;
    ASSIGN_OR_RETURN(store_, OpenRocksStore(store));
    EngineOptions options;
    options.spool_directory = files_.directory;
    options.ledger.atomic_limit = 300;
    ASSIGN_OR_RETURN(engine_, Engine::Open(store_.get(), &clock_, options));
    bool created = false;
    ASSIGN_OR_RETURN(dataset_, engine_->CreateDataset("city/patient", model::kModelProfile, {}, &created));
    return absl::OkStatus();
  }

  // The adapter's side of a complete snapshot.
  absl::StatusOr<ChangeSetInfo> Push(const std::string& id) {
    SnapshotRequest request;
    request.kind = SnapshotKind::kComplete;
    request.snapshot_id = id;
    ASSIGN_OR_RETURN(const std::shared_ptr<Snapshot> snapshot, dataset_->Attach(request));
    auto info = Converse(snapshot.get());
    dataset_->Detach(snapshot, true);
    return info;
  }

  // Hands over so many new batches after all open ones; `answered` of the new ones get their receipts.
  absl::Status Submit(size_t batches, size_t answered) {
    ASSIGN_OR_RETURN(const uint64_t token, dataset_->submissions().Acquire("adapter", absl::ZeroDuration()));
    ASSIGN_OR_RETURN(const auto open, dataset_->submissions().Open(token, 0, 1'000));
    for (const BatchRow& row : open) {
      ASSIGN_OR_RETURN(const OutgoingBatch batch, dataset_->submissions().Read(token, row.id));
      RETURN_IF_ERROR(Deliver(token, batch, true, true));
    }
    for (size_t i = 0; i < batches; ++i) {
      ASSIGN_OR_RETURN(const OutgoingBatch batch, dataset_->submissions().Next(token, kBatchItems, 1 << 20));
      if (batch.items.empty()) break;
      RETURN_IF_ERROR(Deliver(token, batch, false, i < answered));
    }
    return dataset_->submissions().Release(token);
  }

  absl::Status Settle() {
    for (int round = 0; round < 100; ++round) {
      const LedgerHead head = dataset_->ledger().Head();
      if (head.pending + head.in_flight == 0) return absl::OkStatus();
      RETURN_IF_ERROR(Submit(1'000, 1'000));
    }
    return absl::InternalError("the hub never gets in step");
  }

  absl::StatusOr<std::set<std::string>> Changes(uint64_t number) {
    std::set<std::string> changes;
    RETURN_IF_ERROR(dataset_->change_sets().Visit({number, 0}, [&](const Change& change, ChangeState) {
      changes.insert(absl::StrCat(static_cast<int>(change.op), change.key, change.canonical));
      return absl::OkStatus();
    }));
    return changes;
  }

  // Reads whatever there is, and compares the hub with the source.
  absl::StatusOr<std::vector<std::string>> Examine() {
    std::vector<std::string> problems = hub_->violations;
    std::set<std::string> parked;
    RETURN_IF_ERROR(dataset_->rejects().Visit("", [&](const Entry&, const Change& change) {
      parked.insert(Dataset::KeyValues(*dataset_->rules(), change.canonical)[0]);
      return absl::OkStatus();
    }));
    for (const auto& [key, content] : *source_) {
      const auto held = hub_->held.find(key);
      const bool holds = held != hub_->held.end() && held->second == content;
      if (holds == parked.contains(key)) problems.push_back(absl::StrCat(key, " is wrong at the hub"));
    }
    for (const auto& [key, content] : hub_->held) {
      if (!source_->contains(key)) problems.push_back(absl::StrCat(key, " is still at the hub"));
    }
    ASSIGN_OR_RETURN(const auto change_sets, dataset_->change_sets().List(0, 1'000));
    for (const ChangeSetInfo& info : change_sets) {
      ASSIGN_OR_RETURN(const auto changes, Changes(info.number));
      if (changes.size() != info.books.planned) problems.push_back(absl::StrCat("change set ", info.number, " is cut"));
    }
    for (const VerifyFinding& finding : VerifyLedger(&dataset_->ledger())) {
      RETURN_IF_ERROR(store_->Health());
      if (!finding.problem.empty()) problems.push_back(absl::StrCat("verify ", finding.check, ": ", finding.problem));
    }
    return problems;
  }

 private:
  absl::StatusOr<ChangeSetInfo> Converse(Snapshot* snapshot) {
    const model::EntryMaker maker(dataset_.get(), *snapshot);
    StreamDigest digest;
    std::string entries;
    std::vector<std::string> rows;
    for (const auto& [key, content] : *source_) {
      rows.push_back(model::PackedContent(key, content));
      entries += maker.Make(key, rows.back());
    }
    digest.Update(entries);
    RETURN_IF_ERROR(snapshot->AddFingerprints({0, entries, {}, {}}));
    std::vector<RowFinding> findings;
    RETURN_IF_ERROR(snapshot->End(rows.size(), digest.Value(), &findings));
    while (true) {
      ASSIGN_OR_RETURN(const std::vector<uint64_t> needed, snapshot->NextNeeded(100));
      if (needed.empty()) return snapshot->Commit();
      std::string packed;
      for (const uint64_t ordinal : needed) {
        AppendVarint(ordinal, &packed);
        packed += rows[ordinal];
      }
      RETURN_IF_ERROR(snapshot->TakeRecords(packed, {}));
    }
  }

  absl::Status Deliver(uint64_t token, const OutgoingBatch& batch, bool is_repeat, bool is_answered) {
    const std::vector<ItemReceipt> receipts = model::HandToHub(batch, dataset_.get(), is_repeat, hub_);
    if (!is_answered) return dataset_->submissions().MarkUnknown(token, batch.id);
    return dataset_->submissions().Settle(token, batch.id, receipts).status();
  }

  const PatientFiles& files_;
  const model::Records* source_;
  model::ModelHub* hub_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
};

Patient::Patient(uint64_t records) : records_(records) {}

// About one record in twenty changes; every day other ones.
void Patient::ChangeSource(uint64_t day) {
  for (uint64_t i = 0; i < records_; ++i) {
    const std::string key = absl::StrCat("K", 100'000 + i);
    const uint64_t event = day == 0 ? 1 : (i * 7 + day * 13) % 100;
    if (event == 0) {
      source_.erase(key);
    } else if (event <= 4) {
      const bool is_rejected = day > 0 && i % 11 == 0;
      source_[key] = {absl::StrCat("N", event == 4 ? day : 0), absl::StrCat(is_rejected ? "R" : "A", day, "-", i)};
    }
  }
}

absl::Status Patient::Make(const PatientFiles& files, bool is_killed, const std::function<void()>& after_settled_day) {
  const auto disk = std::make_shared<FaultyFileSystem>(1);
  std::ofstream(files.key(), std::ios::binary) << std::string(32, 'k');
  for (day_ = 0; day_ < 5; ++day_) {
    ChangeSource(day_);
    const bool ends_by_kill = is_killed && day_ == 4;
    {
      Visit visit(files, &source_, &hub_);
      RETURN_IF_ERROR(visit.Open(day_ < 3 || ends_by_kill ? kLittle : kMuch, ends_by_kill ? disk : nullptr));
      ASSIGN_OR_RETURN(const ChangeSetInfo info, visit.Push(absl::StrCat("day", day_)));
      if (info.state != ChangeSetState::kReady) return absl::InternalError("the day's change set is not ready");
      // The last days leave batches without an answer, and records that wait.
      RETURN_IF_ERROR(day_ < 3 ? visit.Settle() : visit.Submit(2, 1));
      if (ends_by_kill) disk->CutPower();
    }
    if (day_ == 2) after_settled_day();
  }
  return absl::OkStatus();
}

absl::StatusOr<DayResult> Patient::NextDay(const PatientFiles& files) const {
  Patient next = *this;
  next.ChangeSource(next.day_);
  Visit visit(files, &next.source_, &next.hub_);
  RETURN_IF_ERROR(visit.Open(kLittle));
  ASSIGN_OR_RETURN(const ChangeSetInfo info, visit.Push(absl::StrCat("day", next.day_)));
  DayResult result;
  ASSIGN_OR_RETURN(result.changes, visit.Changes(info.number));
  absl::Status settled = visit.Settle();
  if (!next.hub_.violations.empty()) {  // whatever happens afterwards: something wrong has been sent
    result.problems = next.hub_.violations;
    return result;
  }
  RETURN_IF_ERROR(settled);
  ASSIGN_OR_RETURN(result.problems, visit.Examine());
  return result;
}

bool Patient::OpensOn(const PatientFiles& files) const {
  Patient same = *this;
  return Visit(files, &same.source_, &same.hub_).Open(kLittle).ok();
}

}  // namespace sabun::fault
