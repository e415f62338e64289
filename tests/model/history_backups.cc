// Backups and restores in a random history.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/model/history.h"

namespace sabun::model {
namespace {

// Passes everything on until so many commits were made; then it fails, as if the process had been killed there.
class StoppingStore : public Store {
 public:
  StoppingStore(Store* store, int commits) : store_(store), commits_left_(commits) {}
  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return store_->Get(family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return store_->MultiGet(family, keys);
  }
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return store_->NewScan(family, std::move(begin), std::move(end), use);
  }
  absl::Status Commit(const Batch& batch, Durability durability) override {
    if (commits_left_-- <= 0) return absl::UnavailableError("killed");
    return store_->Commit(batch, durability);
  }
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override {
    return store_->NewBulkWriter(family);
  }
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return store_->Freeze(); }

 private:
  Store* store_;
  int commits_left_;
};

}  // namespace

void History::UseBackups(std::string journal_directory, std::function<std::unique_ptr<Store>(Store*)> clone) {
  std::filesystem::remove_all(journal_directory);
  journal_options_ = {std::move(journal_directory), KeyRing::OfOneKey(std::string(32, 'j'))};
  clone_ = std::move(clone);
  options_.ledger.replay_records = 1 + static_cast<size_t>(Dice(4));
}

void History::OpenJournal() {
  if (!clone_) return;
  journal_.reset();
  auto journal = Journal::Open(journal_options_);
  if (!journal.ok()) return Fail("the journal cannot be opened");
  journal_ = *std::move(journal);
  options_.ledger.journal = journal_.get();
}

void History::BackUp() {
  const auto segment = journal_->BeginSegment();
  if (!segment.ok()) return Fail("the journal cannot be begun");
  if (Dice(2) == 0) SubmitSome(2);  // what is in the journal and in the backup
  backups_.push_back({clone_(store_.get()), *segment});
  if (Dice(3) != 0) return;
  // The oldest one expires.
  backups_.erase(backups_.begin());
  if (!backups_.empty() && !journal_->DropBefore(backups_.front().journal_segment).ok()) Fail("drop");
}

// A power loss takes receipts that were noted last, and leaves part of one of them.
void History::TearJournal() {
  JournalReader reader(journal_options_, JournalSegments(journal_options_.directory)->front());
  JournalPlace last_sent;
  const absl::Status read = reader.Visit([&](absl::string_view record, const JournalPlace& place) {
    if (record[0] == 'S') last_sent = place;
    return absl::OkStatus();
  });
  if (!read.ok()) return Fail(absl::StrCat("journal: ", std::string(read.message())));
  const uint64_t newest = JournalSegments(journal_options_.directory)->back();
  const std::string path = absl::StrCat(journal_options_.directory, "/", JournalSegmentName(newest));
  const uint64_t kept = last_sent.segment == newest ? last_sent.offset + last_sent.size : 56;
  const uint64_t size = std::filesystem::file_size(path);
  if (kept < size)
    std::filesystem::resize_file(path, kept + static_cast<uint64_t>(Dice(static_cast<int>(size - kept))));
}

void History::RestoreSome() {
  if (backups_.empty()) return;
  ++restores_;
  awaits_complete_ = true;
  settled_ = false;
  dataset_.reset();
  engine_.reset();
  if (Dice(2) == 0) TearJournal();
  const Backup& backup = backups_[static_cast<size_t>(Dice(static_cast<int>(backups_.size())))];
  store_ = clone_(backup.store.get());
  OpenJournal();
  OpenRestored({absl::StrCat("restore ", restores_), "000001", journal_options_, backup.journal_segment});
  if (!failure_.empty()) return;
  OpenDataset();
  for (int steps = Dice(4); steps > 0 && failure_.empty(); --steps) {
    if (Dice(2) == 0) SubmitSome(1);
    if (Dice(4) == 0) Restart();
    if (Dice(4) == 0) PushPartial();
    if (Dice(6) == 0) BackUp();
  }
  if (failure_.empty()) Reconcile();
}

void History::OpenRestored(const RestoreNote& note) {
  EngineOptions options = options_;
  options.restored = note;
  while (Dice(3) != 0) {
    StoppingStore stopping(store_.get(), 1 + Dice(4));
    if (Engine::Open(&stopping, &clock_, options).ok()) break;
  }
  auto engine = Engine::Open(store_.get(), &clock_, options);
  if (!engine.ok()) return Fail(absl::StrCat("restored: ", std::string(engine.status().message())));
  if ((*engine)->replayed().doubtful > 0 && !hub_.may_change_rules) Fail("the journal and the backup disagree");
  engine_ = *std::move(engine);
}

void History::Reconcile() {
  NextSourceDay();
  std::vector<Row> rows;
  for (const auto& [key, content] : source_) rows.push_back({key, content, false, false, padding_[key]});
  auto info = Push(SnapshotKind::kComplete, rows);
  if (!info) return Fail("a complete snapshot was refused after a restore");
  if (info->state == ChangeSetState::kHeld && !dataset_->Approve(info->number, info->digest, "operator").ok()) {
    return Fail("approve after a restore");
  }
  awaits_complete_ = false;
  if (dataset_->ledger().Head().unreconciled) return Fail("still unreconciled after a complete snapshot");
  wanted_ = source_;
}

}  // namespace sabun::model
