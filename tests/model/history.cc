#include "tests/model/history.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/ledger/verify.h"
#include "tests/model/model_adapter.h"

namespace sabun::model {
namespace {

constexpr int kKeys = 12;

std::string Padded(const std::string& value, int padding) { return value + std::string(padding, ' '); }

// The row's own bytes, as a source file would have them.
std::string RawRow(const Row& row) {
  return absl::StrCat(row.key, "|", row.content.my_number, "|", Padded(row.content.name, row.padding));
}

std::string PackedRow(const Row& row) { return PackedContent(row.key, row.content, row.padding); }

}  // namespace

History::History(uint64_t seed, std::function<std::unique_ptr<Store>()> new_store, std::string spool_directory,
                 std::function<bool(Store*, int)> crash)
    : random_(seed), new_store_(std::move(new_store)), crash_(std::move(crash)), store_(new_store_()) {
  options_.spool_directory = std::move(spool_directory);
  // Small limits, so that a dozen records take every path: spilled runs, and new generations beside overlays.
  options_.row_memory_bytes = Dice(2) == 0 ? 1 : 1 << 20;
  options_.delta_memory_bytes = Dice(2) == 0 ? 1 : 1 << 20;
  options_.ledger.atomic_limit = Dice(2) == 0 ? 2 : 1'000;
  options_.fewest_rows_of_stretch = 1;
  in_stretches_ = Dice(3) != 0;
  in_order_ = Dice(3) != 0;
}

void History::Fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

bool History::Failed(const absl::Status& status, const std::string& what) {
  if (status.ok()) return false;
  down_ = disk_trouble_ && disk_trouble_();
  if (down_) settled_ = false;  // unknown
  if (!down_) Fail(absl::StrCat(what, ": ", std::string(status.message())));
  return true;
}

bool History::Down() {
  if (!down_) return false;
  if (failure_.empty()) Restart();
  return true;
}

// A crash as the ledger sees it: everything that was not committed is gone.
void History::Restart() {
  down_ = false;
  dataset_.reset();
  engine_.reset();
  // Records whose receipts were lost are in flight again.
  if (crash_ && crash_(store_.get(), Dice(8))) settled_ = false;
  // The store keeps what the journal loses.
  if (journal_ != nullptr && journal_->IsOn() && Dice(3) == 0) TearJournal();
  OpenJournal();
  auto engine = Engine::Open(store_.get(), &clock_, options_);
  if (Failed(engine.status(), "open")) return static_cast<void>(Down());
  engine_ = *std::move(engine);
  OpenDataset();
}

void History::OpenDataset() {
  bool created = false;
  GuardLimits guards;
  guards.max_deletes = 4;
  guards.max_delete_percent = 40;
  guards.max_update_percent = 60;
  guards.max_shrink_rows = 6;
  auto dataset = engine_->CreateDataset("city/child", kModelProfile, guards, &created);
  if (Failed(dataset.status(), "dataset")) return static_cast<void>(Down());
  dataset_ = *dataset;
}

void History::NextSourceDay() {
  for (int key = 0; key < kKeys; ++key) {
    const std::string name = absl::StrCat("K", key);
    const int event = Dice(10);
    if (event == 0) {
      source_.erase(name);
    } else if (event <= 2) {
      source_[name] = {absl::StrCat("N", Dice(2)), absl::StrCat(Dice(8) == 0 ? "R" : "A", Dice(3))};
    } else if (event == 3) {
      padding_[name] = Dice(3);
    }
  }
}

std::vector<Row> History::CompleteRows(int* unreadable) {
  std::vector<Row> rows;
  for (const auto& [key, content] : source_) rows.push_back({key, content, false, false, padding_[key]});
  if (!rows.empty() && Dice(5) == 0) rows.push_back(rows[Dice(static_cast<int>(rows.size()))]);    // a duplicate
  if (!rows.empty() && Dice(5) == 0) rows[Dice(static_cast<int>(rows.size()))].content.name = "";  // an invalid row
  *unreadable = Dice(8) == 0 ? 1 : 0;
  if (*unreadable) rows.push_back({"", {}, false, true, 0});
  if (!in_order_ || Dice(8) == 0) std::shuffle(rows.begin(), rows.end(), random_);
  return rows;
}

// The adapter's side of intake.proto, in memory.
absl::StatusOr<ChangeSetInfo> History::PushOnce(const SnapshotRequest& request, const std::vector<Row>& rows,
                                                bool may_break) {
  auto done = dataset_->change_sets().FindSnapshot(request.snapshot_id);
  if (!done.ok()) return done.status();
  if (done->has_value()) return **done;  // the answer was lost, the change set was not
  auto attached = dataset_->Attach(request);
  if (!attached.ok()) return attached.status();
  const std::shared_ptr<Snapshot> snapshot = *attached;
  const auto broken = [&] {
    dataset_->Detach(snapshot, false);
    return absl::CancelledError("broken");
  };
  const EntryMaker entries(dataset_.get(), *snapshot);
  std::vector<std::string> raw_rows;
  for (const Row& row : rows) raw_rows.push_back(RawRow(row));
  auto stretches = snapshot->Stretches();
  if (!stretches.ok()) return stretches.status();
  const std::vector<RowMessage> messages = MessagesOf(raw_rows, *stretches, *snapshot);
  StreamDigest digest;
  for (const RowMessage& message : messages) {
    std::string message_entries, contents;
    std::vector<uint64_t> unreadable, deletes;
    for (uint64_t ordinal = message.first; ordinal < message.end && message.claimed == 0; ++ordinal) {
      const Row& row = rows[ordinal];
      if (row.is_unreadable) unreadable.push_back(ordinal);
      if (row.is_delete) deletes.push_back(ordinal);
      message_entries += row.is_unreadable ? std::string(32, '\0') : entries.Make(row.key, raw_rows[ordinal]);
      AppendSized(row.is_unreadable || row.is_delete ? std::string() : PackedRow(row), &contents);
    }
    digest.Update(message_entries);
    if (message.first < snapshot->next_ordinal()) continue;
    if (may_break && Dice(20) == 0) return broken();
    const absl::Status added = Send(message, message_entries, unreadable, deletes, snapshot.get());
    if (absl::IsAborted(added)) dataset_->Detach(snapshot, true);
    if (!added.ok()) return added;
    claims_ += message.claimed != 0;
    if (!request.one_pass) continue;
    const absl::Status kept = snapshot->AddContents(message_entries, contents);
    if (!kept.ok()) return kept;
  }
  std::vector<RowFinding> findings;
  const absl::Status ended = snapshot->End(rows.size(), digest.Value(), &findings, ClaimsDigest(messages));
  if (absl::IsAborted(ended)) dataset_->Detach(snapshot, true);
  if (!ended.ok()) return ended;
  if (request.one_pass) {
    const absl::Status taken = snapshot->TakeKeptRows();
    if (!taken.ok()) return taken;
  }
  while (true) {
    auto needed = snapshot->NextNeeded(3);
    if (!needed.ok()) return needed.status();
    if (needed->empty()) break;
    if (may_break && Dice(20) == 0) return broken();
    std::string packed;
    for (const uint64_t ordinal : *needed) {
      AppendVarint(ordinal, &packed);
      packed += PackedRow(rows[ordinal]);
    }
    const absl::Status taken = snapshot->TakeRecords(packed, {});
    if (!taken.ok()) return taken;
    // The hub goes on while the source is read; at the same moment in every run.
    if (Dice(4) != 0) continue;
    const absl::Status worked = snapshot->FinishWork();
    if (!worked.ok()) return worked;
    SubmitSome(1);
    if (down_) return absl::UnavailableError("the engine is down");
  }
  auto info = snapshot->Commit();
  dataset_->Detach(snapshot, true);
  return info;
}

std::optional<ChangeSetInfo> History::Push(SnapshotKind kind, const std::vector<Row>& rows) {
  SnapshotRequest request;
  request.kind = kind;
  request.snapshot_id = absl::StrCat("s", next_snapshot_++);
  request.one_pass = Dice(4) == 0;
  request.uses_stretches = kind == SnapshotKind::kComplete && in_stretches_;
  if (Dice(6) == 0) request.layout = absl::StrCat("layout ", Dice(3));
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto info = PushOnce(request, rows, attempt < 3);
    if (info.ok()) return *info;
    if (!absl::IsCancelled(info.status()) && disk_trouble_ && disk_trouble_()) down_ = true;
    if (Down()) continue;
    if (absl::IsFailedPrecondition(info.status())) return std::nullopt;
    if (absl::IsAborted(info.status()) && request.uses_stretches) {  // as an adapter does: begun again, whole
      ++refused_claims_;
      request.snapshot_id = absl::StrCat("s", next_snapshot_++);
      continue;
    }
    if (!absl::IsCancelled(info.status())) {
      Fail(absl::StrCat("push: ", std::string(info.status().message())));
      return std::nullopt;
    }
    if (Dice(3) == 0) Restart();
  }
  return std::nullopt;
}

void History::Decide(const ChangeSetInfo& info, const Records& wanted_if_applied) {
  if (!info.counts.Balance() || !info.books.Balance()) Fail("books do not balance");
  if (info.state != ChangeSetState::kHeld) {
    wanted_ = wanted_if_applied;
    return;
  }
  SubmitSome(Dice(3));
  if (Dice(4) == 0) Restart();
  const int decision = Dice(3);
  if (decision == 0) return;  // stays held until the next complete snapshot replaces it
  do {
    Down();
    if (!failure_.empty()) return;
    if (decision == 1) Failed(dataset_->change_sets().Discard(info.number, "operator").status(), "discard");
    if (decision == 1) continue;
    if (dataset_->Approve(info.number, "another digest", "operator").ok()) Fail("approved under another digest");
    Failed(dataset_->Approve(info.number, info.digest, "operator").status(), "approve");
  } while (down_);
  if (decision != 1) wanted_ = wanted_if_applied;
}

void History::PushComplete() {
  int unreadable = 0;
  const std::vector<Row> rows = CompleteRows(&unreadable);
  const auto info = Push(SnapshotKind::kComplete, rows);
  if (!info) return Fail("a complete snapshot was refused");
  // The model: every key once and valid is wanted as it is; anything else stays; what is absent goes if every key was
  // readable.
  std::map<std::string, int> times;
  for (const Row& row : rows) times[row.key] += !row.is_unreadable;
  Records next = wanted_;
  std::erase_if(next, [&](const auto& record) { return unreadable == 0 && times[record.first] == 0; });
  for (const Row& row : rows) {
    if (!row.is_unreadable && times[row.key] == 1 && !row.content.name.empty()) next[row.key] = row.content;
  }
  if (settled_) CheckCounts(info->counts, next, false);
  settled_ = false;
  Decide(*info, next);
}

void History::PushPartial() {
  std::vector<Row> rows;
  Records next = wanted_;
  for (int key = 0; key < kKeys; ++key) {
    if (Dice(4) != 0) continue;
    const std::string name = absl::StrCat("K", key);
    const auto found = source_.find(name);
    Row row{name, found == source_.end() ? Content{"N0", "A0"} : found->second, found == source_.end(), false,
            padding_[name]};
    if (row.is_delete) {
      next.erase(name);
    } else {
      next[name] = row.content;
    }
    rows.push_back(row);
  }
  const auto info = Push(SnapshotKind::kPartial, rows);
  if (!info) {
    if (dataset_->ledger().Head().held == 0) Fail("a partial snapshot was refused though nothing is held");
    return;
  }
  if (settled_) CheckCounts(info->counts, next, true);
  settled_ = false;
  Decide(*info, next);
}

// Hands a batch to the hub. The answer may be lost after it was applied, or come for some of the records only.
void History::Deliver(const OutgoingBatch& batch, bool is_repeat) {
  const uint64_t token = dataset_->ledger().Head().lease_token;
  std::vector<ItemReceipt> receipts = HandToHub(batch, dataset_.get(), is_repeat, &hub_);
  handed_out_.insert(batch.id);
  const int fate = Dice(6);
  if (fate == 0) {  // the answer is lost
    if (Dice(2) == 0) Failed(dataset_->submissions().MarkUnknown(token, batch.id), "mark unknown");
    return;
  }
  if (fate == 1) receipts.resize(receipts.size() / 2);  // partly answered
  for (int times = fate == 2 ? 2 : 1; times > 0; --times) {
    if (Failed(dataset_->submissions().Settle(token, batch.id, receipts).status(), "receipts")) return;
  }
  // What a power loss may take back leaves the record in doubt.
  if (crash_) return;
  for (size_t i = 0; i < receipts.size(); ++i) {
    if (receipts[i].accepted) hub_.in_doubt.erase(Dataset::Values(*dataset_->rules(), batch.items[i].canonical)[0]);
  }
}

void History::SubmitSome(int batches) {
  const auto token = dataset_->submissions().Acquire(absl::StrCat("adapter", Dice(2)), absl::ZeroDuration());
  if (Failed(token.status(), "lease")) return;
  const auto open = dataset_->submissions().Open(*token, 0, 100);
  if (Failed(open.status(), "open batches")) return;
  for (const BatchRow& row : *open) {
    if (Dice(3) == 0) continue;
    if (Dice(4) == 0 && row.OpenItems() > 1) {
      if (Failed(dataset_->submissions().Split(*token, row.id).status(), "split")) return;
      continue;
    }
    const auto batch = dataset_->submissions().Read(*token, row.id);
    if (Failed(batch.status(), "read batch")) return;
    Deliver(*batch, true);
    if (down_) return;
  }
  for (int i = 0; i < batches; ++i) {
    const auto batch = dataset_->submissions().Next(*token, 1 + Dice(5), 1 << 20);
    if (Failed(batch.status(), "next batch")) return;
    if (batch->items.empty()) return;
    if (awaits_complete_) return Fail("something new was sent before it was known what is wanted");
    if (Dice(8) != 0) Deliver(*batch, false);  // else: the adapter died before it posted
    if (down_) return;
  }
}

void History::Settle() {
  for (int round = 0; round < 2'000 && failure_.empty(); ++round) {
    if (Down()) continue;
    const LedgerHead head = dataset_->ledger().Head();
    if (head.pending + head.in_flight == 0) return;
    SubmitSome(4);
  }
  Fail("the hub never gets in step");
}

std::string History::Run(int days) {
  // A backup of a time that an earlier restore gave up knows the hub's old word on a record, and the journal the word
  // on what was posted again since: where the hub's rules change they may differ, which is counted for the operator.
  hub_.may_change_rules = !clone_ || Dice(2) == 0;
  Restart();
  for (int day = 0; day < days && failure_.empty(); ++day) {
    NextSourceDay();
    Dice(4) == 0 ? PushPartial() : PushComplete();
    Down();
    if (!failure_.empty()) break;
    if (hub_.may_change_rules && Dice(5) == 0) hub_.takes_everything = !hub_.takes_everything;
    if (Dice(3) == 0) SubmitSome(Dice(5));
    if (Dice(4) == 0 || down_) Restart();
    if (clone_ && Dice(4) == 0) BackUp();
    if (clone_ && Dice(6) == 0) RestoreSome();
    if (Dice(4) == 0 && failure_.empty()) Failed(dataset_->rejects().Retry("").status(), "retry");
    if (Dice(2) == 0 && failure_.empty()) CheckSettled();
  }
  if (failure_.empty()) CheckSettled();
  return failure_;
}

}  // namespace sabun::model
