// Random histories of days against a model of a few lines: std::map says what the source wants and what the hub holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/snapshot.h"
#include "tests/model/model_hub.h"

namespace sabun::model {

// One row of a snapshot.
struct Row {
  std::string key;
  Content content;
  bool is_delete = false;
  bool is_unreadable = false;
  int padding = 0;  // cosmetic
};

// One dataset in one store, its source, its hub, and a random operator. Every step is a function of the seed.
class History {
 public:
  // `crash` is called between the end of an engine and the start of the next one, with a random number, and says
  // whether commits were lost. May be empty.
  History(uint64_t seed, std::function<std::unique_ptr<Store>()> new_store, std::string spool_directory,
          std::function<bool(Store*, int)> crash = nullptr);
  // Lets the operator make backups, and restore them, at random. `clone` copies a store. To be called before Run.
  void UseBackups(std::string journal_directory, std::function<std::unique_ptr<Store>(Store*)> clone);
  // Says whether the disk refused anything since the last crash. A step that then fails is no violation: the engine is
  // started again, and the step repeated where its caller would.
  void SetDiskTrouble(std::function<bool()> disk_trouble) { disk_trouble_ = std::move(disk_trouble); }
  // Does the engine's work in one thread, so that the store's calls come in the same order every time.
  void UseOneThread() {
    options_.threads = 0;
    options_.ledger.one_thread = true;
  }
  // A random history; "" or the first violation.
  std::string Run(int days);
  int restores() const { return restores_; }
  // Stretches that were claimed, and snapshots whose claims were not borne out.
  int claims() const { return claims_; }
  int refused_claims() const { return refused_claims_; }

 private:
  void Fail(const std::string& what);
  // True when the step failed: a violation, or (then the engine is down) the disk's fault.
  bool Failed(const absl::Status& status, const std::string& what);
  bool Down();  // and starts it again
  int Dice(int sides) { return static_cast<int>(random_() % static_cast<uint64_t>(sides)); }
  void Restart();
  void NextSourceDay();
  std::vector<Row> CompleteRows(int* unreadable);
  void PushComplete();
  void PushPartial();
  // Pushes the rows, with breaks and restarts on the way; the change set, or nothing when it was refused.
  std::optional<ChangeSetInfo> Push(SnapshotKind kind, const std::vector<Row>& rows);
  absl::StatusOr<ChangeSetInfo> PushOnce(const SnapshotRequest& request, const std::vector<Row>& rows, bool may_break);
  void Decide(const ChangeSetInfo& info, const Records& wanted_if_applied);
  void SubmitSome(int batches);
  void Deliver(const OutgoingBatch& batch, bool is_repeat);
  void BackUp();
  void RestoreSome();
  void TearJournal();
  void OpenRestored(const RestoreNote& note);
  // A complete snapshot without a flaw, applied.
  void Reconcile();
  void OpenJournal();
  void OpenDataset();
  void Settle();
  void CheckSettled();
  void CompareWithHub();
  void CheckCounts(const SnapshotCounts& counts, const Records& next, bool partial);

  std::mt19937_64 random_;
  std::function<std::unique_ptr<Store>()> new_store_;
  std::function<bool(Store*, int)> crash_;
  std::function<bool()> disk_trouble_;
  bool down_ = false;
  std::unique_ptr<Store> store_;
  struct Backup {
    std::unique_ptr<Store> store;
    uint64_t journal_segment = 0;
  };
  std::function<std::unique_ptr<Store>(Store*)> clone_;
  JournalOptions journal_options_;
  std::unique_ptr<Journal> journal_;
  std::vector<Backup> backups_;
  int restores_ = 0;
  bool in_stretches_ = false;  // the adapter uses them
  bool in_order_ = false;      // the source mostly gives its rows in the same order
  int claims_ = 0, refused_claims_ = 0;
  bool awaits_complete_ = false;  // restored, and no complete snapshot was applied since
  ManualClock clock_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
  ModelHub hub_;
  Records source_;  // what the source system holds today
  Records wanted_;  // what the last applied snapshot wants: the model of D
  std::map<std::string, int> padding_;
  std::set<uint64_t> handed_out_;  // batches that reached the hub and whose answer was lost
  uint64_t next_snapshot_ = 1;
  bool settled_ = true;  // hub and wanted are equal and nothing is parked
  std::string failure_;
};

}  // namespace sabun::model
