#include "tests/model/history.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/ledger/verify.h"
#include "engine/record/packed_fields.h"

namespace sabun::model {
namespace {

constexpr char kProfile[] = R"(
[profile]
name = "model"
version = "1"
[record]
key = ["id"]
identity = ["myNumber"]
[[field]]
name = "id"
required = true
canonical = ["trim"]
[[field]]
name = "myNumber"
required = true
canonical = ["trim"]
[[field]]
name = "name"
required = true
canonical = ["trim", "nfc"]
)";

constexpr int kKeys = 12;

std::string Padded(const std::string& value, int padding) { return value + std::string(padding, ' '); }

bool IsRejected(const Content& content) { return content.name.starts_with("R"); }

// The row's own bytes, as a source file would have them.
std::string RawRow(const Row& row) {
  return absl::StrCat(row.key, "|", row.content.my_number, "|", Padded(row.content.name, row.padding));
}

std::string PackedRow(const Row& row) {
  std::string packed;
  AppendPackedFields({row.key, row.content.my_number, Padded(row.content.name, row.padding)}, &packed);
  return packed;
}

}  // namespace

bool ModelHub::Apply(const std::string& key, ChangeOp op, const Content& content, bool is_repeat) {
  const auto found = held.find(key);
  const bool holds = found != held.end();
  const auto wrong = [&](const char* what) { violations.push_back(absl::StrCat(what, " of ", key)); };
  if (op == ChangeOp::kDelete) {
    if (!holds && !is_repeat) wrong("delete of what the hub does not hold");
    if (holds && found->second != content) wrong("delete with another content than the accepted one");
    if (holds) held.erase(found);
    return true;
  }
  if (!takes_everything && IsRejected(content)) return false;
  if (holds && found->second.my_number != content.my_number) wrong("update under another identity");
  if (!is_repeat && holds && found->second == content) wrong("needless sending");
  if (!is_repeat && holds != (op == ChangeOp::kUpdate)) wrong("add and update mixed up");
  held[key] = content;
  return true;
}

History::History(uint64_t seed, std::function<std::unique_ptr<Store>()> new_store, std::string spool_directory,
                 std::function<bool(Store*, int)> crash)
    : random_(seed), new_store_(std::move(new_store)), crash_(std::move(crash)), store_(new_store_()) {
  options_.spool_directory = std::move(spool_directory);
  // Small limits, so that a dozen records take every path: spilled runs, and new generations beside overlays.
  options_.row_memory_bytes = Dice(2) == 0 ? 1 : 1 << 20;
  options_.delta_memory_bytes = Dice(2) == 0 ? 1 : 1 << 20;
  options_.ledger.atomic_limit = Dice(2) == 0 ? 2 : 1'000;
}

void History::Fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

// A crash as the ledger sees it: everything that was not committed is gone.
void History::Restart() {
  dataset_.reset();
  engine_.reset();
  // Records whose receipts were lost are in flight again.
  if (crash_ && crash_(store_.get(), Dice(8))) settled_ = false;
  OpenJournal();
  auto engine = Engine::Open(store_.get(), &clock_, options_);
  if (!engine.ok()) return Fail(std::string(engine.status().message()));
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
  auto dataset = engine_->CreateDataset("city/child", kProfile, guards, &created);
  if (!dataset.ok()) return Fail(std::string(dataset.status().message()));
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
  std::shuffle(rows.begin(), rows.end(), random_);
  return rows;
}

// The adapter's side of intake.proto, in memory.
absl::StatusOr<ChangeSetInfo> History::PushOnce(const SnapshotRequest& request, const std::vector<Row>& rows,
                                                bool may_break) {
  auto attached = dataset_->Attach(request);
  if (!attached.ok()) return attached.status();
  const std::shared_ptr<Snapshot> snapshot = *attached;
  const auto broken = [&] {
    dataset_->Detach(snapshot, false);
    return absl::CancelledError("broken");
  };
  const KeyedHash key_hash(dataset_->key_scheme(), snapshot->key_secret());
  const KeyedHash row_hash(snapshot->fingerprint_scheme(), snapshot->fingerprint_secret());
  StreamDigest digest;
  for (uint64_t ordinal = 0; ordinal < rows.size(); ++ordinal) {
    const Row& row = rows[ordinal];
    std::string entry(32, '\0');
    std::vector<uint64_t> unreadable, deletes;
    if (row.is_unreadable) {
      unreadable.push_back(ordinal);
    } else {
      entry = std::string(key_hash.Key(row.key).view()) + std::string(row_hash.Fingerprint(RawRow(row)).view());
    }
    if (row.is_delete) deletes.push_back(ordinal);
    digest.Update(entry);
    if (ordinal < snapshot->next_ordinal()) continue;
    if (may_break && Dice(20) == 0) return broken();
    const absl::Status added = snapshot->AddFingerprints({ordinal, entry, unreadable, deletes});
    if (!added.ok()) return added;
    if (!request.one_pass) continue;
    std::string content;
    AppendSized(row.is_unreadable || row.is_delete ? std::string() : PackedRow(row), &content);
    const absl::Status kept = snapshot->AddContents(entry, content);
    if (!kept.ok()) return kept;
  }
  std::vector<RowFinding> findings;
  const absl::Status ended = snapshot->End(rows.size(), digest.Value(), &findings);
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
  if (Dice(6) == 0) request.layout = absl::StrCat("layout ", Dice(3));
  for (int attempt = 0; attempt < 100; ++attempt) {
    auto info = PushOnce(request, rows, attempt < 3);
    if (info.ok()) return *info;
    if (absl::IsFailedPrecondition(info.status())) return std::nullopt;
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
  if (decision == 1) {
    if (!dataset_->change_sets().Discard(info.number, "operator").ok()) Fail("discard");
    return;
  }
  if (dataset_->Approve(info.number, "another digest", "operator").ok()) Fail("approved under another digest");
  const auto approved = dataset_->Approve(info.number, info.digest, "operator");
  if (!approved.ok()) return Fail(absl::StrCat("approve: ", std::string(approved.status().message())));
  wanted_ = wanted_if_applied;
}

void History::CheckCounts(const SnapshotCounts& counts, const Records& next, bool partial) {
  // Against a settled hub the counts are plain set arithmetic.
  uint64_t added = 0, updated = 0, deleted = 0;
  for (const auto& [key, content] : next) {
    const auto found = wanted_.find(key);
    added += found == wanted_.end();
    updated += found != wanted_.end() && found->second != content;
  }
  for (const auto& [key, content] : wanted_) deleted += !next.contains(key);
  if (counts.added != added || counts.updated != updated || counts.deleted != deleted) {
    Fail(absl::StrCat(partial ? "partial" : "complete", " counts ", counts.added, "/", counts.updated, "/",
                      counts.deleted, ", the model says ", added, "/", updated, "/", deleted));
  }
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
  std::vector<ItemReceipt> receipts;
  for (const OutgoingItem& item : batch.items) {
    const std::vector<std::string> values = Dataset::Values(*dataset_->rules(), item.canonical);
    const bool accepted = hub_.Apply(values[0], item.op, {values[1], values[2]}, is_repeat);
    receipts.push_back({item.item, accepted, accepted ? "" : "E1001", ""});
  }
  handed_out_.insert(batch.id);
  const int fate = Dice(6);
  if (fate == 0) {  // the answer is lost
    if (Dice(2) == 0 && !dataset_->submissions().MarkUnknown(token, batch.id).ok()) Fail("mark unknown");
    return;
  }
  if (fate == 1) receipts.resize(receipts.size() / 2);  // partly answered
  for (int times = fate == 2 ? 2 : 1; times > 0; --times) {
    const auto settled = dataset_->submissions().Settle(token, batch.id, receipts);
    if (!settled.ok()) Fail(absl::StrCat("receipts: ", std::string(settled.status().message())));
  }
}

void History::SubmitSome(int batches) {
  const auto token = dataset_->submissions().Acquire(absl::StrCat("adapter", Dice(2)), absl::ZeroDuration());
  if (!token.ok()) return Fail("lease");
  const auto open = dataset_->submissions().Open(*token, 0, 100);
  if (!open.ok()) return Fail("open batches");
  for (const BatchRow& row : *open) {
    if (Dice(3) == 0) continue;
    if (Dice(4) == 0 && row.OpenItems() > 1) {
      if (!dataset_->submissions().Split(*token, row.id).ok()) Fail("split");
      continue;
    }
    const auto batch = dataset_->submissions().Read(*token, row.id);
    if (!batch.ok()) return Fail(absl::StrCat("read batch: ", std::string(batch.status().message())));
    Deliver(*batch, true);
  }
  for (int i = 0; i < batches; ++i) {
    const auto batch = dataset_->submissions().Next(*token, 1 + Dice(5), 1 << 20);
    if (!batch.ok()) return Fail(absl::StrCat("next batch: ", std::string(batch.status().message())));
    if (batch->items.empty()) return;
    if (dataset_->ledger().Head().unreconciled)
      return Fail("something new was sent before it was known what is wanted");
    if (Dice(8) != 0) Deliver(*batch, false);  // else: the adapter died before it posted
  }
}

void History::Settle() {
  for (int round = 0; round < 2'000 && failure_.empty(); ++round) {
    const LedgerHead head = dataset_->ledger().Head();
    if (head.pending + head.in_flight == 0) return;
    SubmitSome(4);
  }
  Fail("the hub never gets in step");
}

void History::CheckSettled() {
  for (const std::string& violation : hub_.violations) Fail(violation);
  std::set<std::string> parked;
  const absl::Status listed = dataset_->rejects().Visit("", [&](const Entry&, const Change& change) {
    parked.insert(Dataset::KeyValues(*dataset_->rules(), change.canonical)[0]);
    return absl::OkStatus();
  });
  if (!listed.ok()) Fail("rejects");
  for (const auto& [key, content] : wanted_) {
    const auto held = hub_.held.find(key);
    const bool holds = held != hub_.held.end() && held->second == content;
    if (holds == parked.contains(key))
      Fail(absl::StrCat(key, holds ? " is parked though the hub holds it" : " is neither held nor parked"));
    if (!holds && !IsRejected(content)) Fail(absl::StrCat(key, " is parked without a reason"));
  }
  for (const auto& [key, content] : hub_.held) {
    if (!wanted_.contains(key)) Fail(absl::StrCat(key, " is still at the hub"));
  }
  for (const VerifyFinding& finding : VerifyLedger(&dataset_->ledger())) {
    if (!finding.problem.empty()) Fail(absl::StrCat("verify ", finding.check, ": ", finding.problem));
  }
  settled_ = parked.empty() && failure_.empty();
}

std::string History::Run(int days) {
  Restart();
  for (int day = 0; day < days && failure_.empty(); ++day) {
    NextSourceDay();
    Dice(4) == 0 ? PushPartial() : PushComplete();
    if (!failure_.empty()) break;
    if (Dice(3) == 0) SubmitSome(Dice(5));
    if (Dice(4) == 0) Restart();
    if (clone_ && Dice(4) == 0) BackUp();
    if (clone_ && Dice(6) == 0) RestoreSome();
    if (Dice(4) == 0 && !dataset_->rejects().Retry("").ok()) Fail("retry");
    if (Dice(2) == 0 && failure_.empty()) {
      Settle();
      if (failure_.empty()) CheckSettled();
    }
  }
  if (failure_.empty()) Settle();
  if (failure_.empty()) CheckSettled();
  return failure_;
}

}  // namespace sabun::model
