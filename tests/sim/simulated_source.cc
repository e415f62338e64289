// The source's part of a simulation: what it holds, the files it makes, and the adapter's side of intake.proto.
#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/record/packed_fields.h"
#include "tests/model/model_adapter.h"
#include "tests/sim/simulation.h"

namespace sabun::sim {
namespace {

constexpr int kMostKeys = 40;

std::string Padded(const std::string& value, int padding) { return value + std::string(padding, ' '); }

// The row's own bytes, as a source file would have them.
std::string RawRow(const Row& row) {
  return absl::StrCat(row.key, "|", row.content.my_number, "|", Padded(row.content.name, row.padding));
}

double Percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Simulation::NextDay() {
  clock_.Advance(absl::Hours(20));
  now_ += absl::Hours(20);
  yesterday_ = dice_.OneIn(3) || !yesterday_ ? Today() : yesterday_;
  const int keys = 4 + static_cast<int>(seed_ % kMostKeys);
  // Some weeks move much, and some little.
  const int one_in = 2 + static_cast<int>(seed_ / 7 % 12);
  for (int key = 0; key < keys; ++key) {
    const std::string name = absl::StrCat("K", key);
    if (!dice_.OneIn(one_in)) continue;
    const int event = dice_.Roll(6);
    if (event == 0) {
      source_.erase(name);
    } else if (event == 1) {
      padding_[name] = dice_.Roll(3);
    } else {
      const int letter = dice_.Roll(16);
      source_[name] = {absl::StrCat("N", dice_.OneIn(6)), absl::StrCat(letter == 0   ? "P"
                                                                       : letter == 1 ? "R"
                                                                                     : "A",
                                                                       dice_.Roll(3))};
    }
  }
}

SourceFile Simulation::Today() {
  SourceFile file;
  for (const auto& [key, content] : source_) file.rows.push_back({key, content, false, false, padding_[key]});
  const auto any = [&]() -> Row& { return file.rows[dice_.Roll(static_cast<int>(file.rows.size()))]; };
  if (!file.rows.empty() && dice_.OneIn(6)) file.rows.push_back(Row(any()));  // a duplicate
  if (!file.rows.empty() && dice_.OneIn(6)) any().content.name = "";          // an invalid row
  if (dice_.OneIn(8)) file.rows.push_back({"", {}, false, true, 0});
  if (UsesStretches() && !dice_.OneIn(8)) return file;  // in the order of its keys, as on most days
  for (size_t i = file.rows.size(); i > 1; --i) std::swap(file.rows[i - 1], file.rows[dice_.Roll(static_cast<int>(i))]);
  return file;
}

SourceFile Simulation::SomeOfToday() {
  SourceFile file;
  file.kind = SnapshotKind::kPartial;
  for (int key = 0; key < kMostKeys + 4; ++key) {
    if (!dice_.OneIn(5)) continue;
    const std::string name = absl::StrCat("K", key);
    const auto found = source_.find(name);
    const bool gone = found == source_.end();
    file.rows.push_back({name, gone ? Content{"N0", "A0"} : found->second, gone, false, padding_[name]});
  }
  if (!file.rows.empty() && dice_.OneIn(8)) file.rows.push_back(file.rows[0]);
  if (dice_.OneIn(8)) file.rows.push_back({"", {}, false, true, 0});
  return file;
}

SourceFile Simulation::FileOf(EventKind kind) {
  SourceFile file;
  switch (kind) {
    case EventKind::kPartial:
      return SomeOfToday();
    case EventKind::kYesterday:
      return yesterday_ ? *yesterday_ : Today();
    case EventKind::kForeign:
      for (int i = 0; i < 12; ++i) file.rows.push_back({absl::StrCat("X", i), {"N0", "A0"}, false, false, 0});
      return file;
    case EventKind::kEmpty:
      return file;
    case EventKind::kDoubled: {
      file = Today();
      const std::vector<Row> once = file.rows;
      file.rows.insert(file.rows.end(), once.begin(), once.end());
      return file;
    }
    case EventKind::kTorn:
      file = Today();
      file.torn = true;
      return file;
    case EventKind::kCompare:
      file = Today();
      file.compare_only = true;
      return file;
    default:
      return Today();
  }
}

// Every key that comes once and valid is wanted as it is; anything else stays; what is absent from a complete file goes
// if every key was readable.
Records Simulation::WantedAfter(const SourceFile& file) const {
  std::map<std::string, int> times;
  bool readable = true;
  for (const Row& row : file.rows) {
    readable &= !row.is_unreadable;
    times[row.key] += !row.is_unreadable;
  }
  Records next = oracle_.wanted();
  if (file.kind == SnapshotKind::kComplete && readable) {
    std::erase_if(next, [&](const auto& record) { return times[record.first] == 0; });
  }
  for (const Row& row : file.rows) {
    if (row.is_unreadable || times[row.key] != 1) continue;
    if (row.is_delete) {
      next.erase(row.key);
    } else if (!row.content.name.empty()) {
      next[row.key] = row.content;
    }
  }
  return next;
}

std::string Simulation::PackedRow(const Row& row) const {
  std::vector<std::string> values;
  for (const ProfileField& field : dataset_->rules()->profile.fields) {
    values.push_back(field.name == "id"         ? row.key
                     : field.name == "myNumber" ? row.content.my_number
                     : field.name == "name"     ? Padded(row.content.name, row.padding)
                                                : "");
  }
  std::string packed;
  AppendPackedFields(values, &packed);
  return packed;
}

absl::Status Simulation::SendFingerprints(Snapshot* snapshot, const SourceFile& file, bool may_break) {
  const KeyedHash key_hash(dataset_->key_scheme(), snapshot->key_secret());
  const KeyedHash row_hash(snapshot->fingerprint_scheme(), snapshot->fingerprint_secret());
  std::vector<std::string> raw_rows;
  for (const Row& row : file.rows) raw_rows.push_back(RawRow(row));
  ASSIGN_OR_RETURN(const SnapshotStretches* const stretches, snapshot->Stretches());
  const std::vector<model::RowMessage> messages = model::MessagesOf(raw_rows, stretches, *snapshot);
  StreamDigest digest;
  for (const model::RowMessage& message : messages) {
    std::string entries, contents;
    std::vector<uint64_t> unreadable, deletes;
    for (uint64_t ordinal = message.first; ordinal < message.end && message.claimed == 0; ++ordinal) {
      const Row& row = file.rows[ordinal];
      std::string entry(32, '\0');
      if (row.is_unreadable) {
        unreadable.push_back(ordinal);
      } else {
        entry = absl::StrCat(key_hash.Key(row.key).view(), row_hash.Fingerprint(raw_rows[ordinal]).view());
      }
      if (row.is_delete) deletes.push_back(ordinal);
      entries += entry;
      AppendSized(row.is_unreadable || row.is_delete ? std::string() : PackedRow(row), &contents);
    }
    digest.Update(entries);
    if (message.first < snapshot->next_ordinal()) continue;
    if (may_break && dice_.OneIn(60)) return absl::CancelledError("the adapter is gone");
    RETURN_IF_ERROR(model::Send(message, entries, unreadable, deletes, snapshot));
    if (message.claimed != 0) Met("stretch claimed");
    if (snapshot->request().one_pass) RETURN_IF_ERROR(snapshot->AddContents(entries, contents));
  }
  std::vector<RowFinding> findings;
  std::string stated = digest.Value();
  if (file.torn) stated[3] ^= 1;
  return snapshot->End(file.rows.size() + (file.torn ? dice_.Roll(2) : 0), stated, &findings,
                       model::ClaimsDigest(messages));
}

absl::Status Simulation::SendRecords(Snapshot* snapshot, const SourceFile& file, bool may_break) {
  if (snapshot->request().one_pass) RETURN_IF_ERROR(snapshot->TakeKeptRows());
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<uint64_t> needed, snapshot->NextNeeded(4));
    if (needed.empty()) return snapshot->FinishWork();
    if (may_break && dice_.OneIn(20)) return absl::CancelledError("the adapter is gone");
    std::string packed;
    for (const uint64_t ordinal : needed) {
      AppendVarint(ordinal, &packed);
      packed += PackedRow(file.rows[ordinal]);
    }
    RETURN_IF_ERROR(snapshot->TakeRecords(packed, {}));
    const uint64_t starts = starts_;
    if (depth_ == 0 && dice_.OneIn(8)) {
      ++depth_;
      Submit(false);
      --depth_;
    }
    if (starts != starts_) return absl::CancelledError("the engine ended");
  }
}

absl::StatusOr<ChangeSetInfo> Simulation::PushOnce(const SnapshotRequest& request, const SourceFile& file,
                                                   bool may_break) {
  if (!request.compare_only) {
    ASSIGN_OR_RETURN(const auto done, dataset_->change_sets().FindSnapshot(request.snapshot_id));
    if (done) return *done;
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<Snapshot> snapshot, dataset_->Attach(request));
  const std::shared_ptr<Dataset> dataset = dataset_;  // the one that it belongs to
  absl::Status status = SendFingerprints(snapshot.get(), file, may_break);
  if (status.ok()) status = SendRecords(snapshot.get(), file, may_break);
  if (!status.ok()) {
    if (dataset == dataset_) dataset->Detach(snapshot, !absl::IsCancelled(status));
    return status;
  }
  auto info = snapshot->Commit();
  dataset->Detach(snapshot, true);
  return info;
}

std::optional<ChangeSetInfo> Simulation::PushUntilKnown(const SourceFile& file) {
  SnapshotRequest request;
  request.kind = file.kind;
  request.snapshot_id = absl::StrCat("s", next_name_++);
  request.one_pass = dice_.OneIn(4);
  request.compare_only = file.compare_only;
  request.against_hub = file.against_hub;
  if (file.against_hub) request.layout = "hub";
  if (!file.against_hub && dice_.OneIn(8)) request.layout = absl::StrCat("layout ", dice_.Roll(3));
  if (dice_.OneIn(8)) request.scheme = dice_.OneIn(2) ? HashScheme::kHmacSha256 : HashScheme::kXxh3;
  // Every other source uses stretches; those of the others have the histories that they had before there were any.
  request.uses_stretches =
      file.kind == SnapshotKind::kComplete && !file.compare_only && !file.against_hub && UsesStretches();
  MayFail(10);
  for (int attempt = 0; attempt < 8; ++attempt) {
    absl::StatusOr<ChangeSetInfo> info = absl::UnknownError("");
    const absl::Status status = Survive([&] {
      info = PushOnce(request, file.against_hub ? ListOfTheHub(file) : file, !calm_ && attempt < 3);
      return info.status();
    });
    Log(absl::StrCat("  push ", request.snapshot_id, " ", status.ToString()));
    if (status.ok()) return *info;
    if (absl::IsFailedPrecondition(status) && file.kind == SnapshotKind::kPartial && held_) return std::nullopt;
    if (absl::IsAborted(status) && (file.torn || file.against_hub)) return std::nullopt;
    if (absl::IsAborted(status) && request.uses_stretches) {  // as an adapter does: begun again, whole
      Met("claim refused");
      request.snapshot_id = absl::StrCat("s", next_name_++);
      continue;
    }
    // A list that grew since its end was told.
    if (absl::IsInvalidArgument(status) && file.against_hub) return std::nullopt;
    if (!absl::IsCancelled(status) && !absl::IsUnavailable(status)) {
      Fail(absl::StrCat("push: ", std::string(status.message())));
      return std::nullopt;
    }
    if (!calm_ && dice_.OneIn(5)) break;  // nobody comes back
  }
  if (file.compare_only) return std::nullopt;
  const auto done = dataset_->change_sets().FindSnapshot(request.snapshot_id);
  if (!done.ok()) Fail("nobody knows whether the snapshot was sealed");
  return done.ok() ? *done : std::nullopt;
}

// The counts by plain set arithmetic, and the guards once more.
void Simulation::CheckChangeSet(const SourceFile& file, const ChangeSetInfo& info, const Records& next) {
  const SnapshotCounts& counts = info.counts;
  if (!counts.Balance() || !info.books.Balance()) Fail("the books of the snapshot do not balance");
  if (settled_) {
    uint64_t added = 0, updated = 0, deleted = 0;
    for (const auto& [key, content] : next) {
      const auto found = oracle_.wanted().find(key);
      added += found == oracle_.wanted().end();
      updated += found != oracle_.wanted().end() && found->second != content;
    }
    for (const auto& [key, content] : oracle_.wanted()) deleted += !next.contains(key);
    if (counts.added != added || counts.updated != updated || counts.deleted != deleted) {
      Fail(absl::StrCat("the counts are ", counts.added, "/", counts.updated, "/", counts.deleted, ", the oracle says ",
                        added, "/", updated, "/", deleted));
    }
  }
  if (file.compare_only) return;
  const uint64_t records = oracle_.wanted().size();
  bool hold = counts.deleted > guards_.max_deletes && Percent(counts.deleted, records) > guards_.max_delete_percent;
  hold |= counts.updated > guards_.max_updates && Percent(counts.updated, records) > guards_.max_update_percent;
  if (file.kind == SnapshotKind::kComplete && counts.received < last_complete_rows_) {
    const uint64_t shrunk = last_complete_rows_ - counts.received;
    hold |= shrunk > guards_.max_shrink_rows && Percent(shrunk, last_complete_rows_) > guards_.max_shrink_percent;
  }
  if (hold != (info.state == ChangeSetState::kHeld)) Fail(hold ? "a guard did not hold" : "held without a reason");
}

void Simulation::HubLoses() {
  std::vector<std::string> keys;
  for (const auto& [key, content] : oracle_.held()) {
    if (dice_.OneIn(4)) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    Log(absl::StrCat("  the hub loses ", key));
    oracle_.Lose(key);
  }
  if (!keys.empty()) Met("hub lost records");
  settled_ &= keys.empty();
}

// The adapter reads the list anew for every stream.
SourceFile Simulation::ListOfTheHub(SourceFile file) const {
  for (const auto& [key, content] : oracle_.held()) file.rows.push_back({key, content, false, false, 0});
  return file;
}

void Simulation::Mend() {
  if (pushing_ || held_) return;
  SourceFile file;
  file.against_hub = true;
  file.compare_only = true;
  pushing_ = true;
  const LedgerHead head = dataset_->ledger().Head();
  const bool exact = oracle_.doubts() == 0 && head.in_flight + head.pending == 0 && calm_;
  const auto compared = PushUntilKnown(file);
  if (compared && exact && compared->counts.deleted != oracle_.losses()) {
    Fail(absl::StrCat("the comparison with the hub misses ", compared->counts.deleted, " records, it lost ",
                      oracle_.losses()));
  }
  file.compare_only = false;
  const auto planned = PushUntilKnown(file);
  pushing_ = false;
  if (!planned || !failure_.empty()) return;
  if (planned->number == 0) return Fail("a resend without a number");
  Log(absl::StrCat("  resend ", planned->number, " of ", planned->counts.updated));
  if ((planned->state == ChangeSetState::kHeld) != (planned->counts.updated > 0)) return Fail("a resend is not held");
  if (planned->state != ChangeSetState::kHeld) return;
  Met("resend planned");
  file.kind = SnapshotKind::kPartial;  // says nothing of how many rows there are
  held_ = Held{planned->number, planned->digest, oracle_.wanted(), file};
  Approve();
}

void Simulation::Push(SourceFile file) {
  if (pushing_) return;
  pushing_ = true;
  const bool settled = settled_;
  const auto info = PushUntilKnown(file);
  pushing_ = false;
  store_.Arm(StoreFault::kNone, 0);
  if (!info || !failure_.empty()) return;
  if (file.torn) return Fail("a torn file was taken");
  const Records next = WantedAfter(file);
  settled_ &= settled;
  CheckChangeSet(file, *info, next);
  if (file.compare_only) return;
  Log(absl::StrCat("  change set ", info->number, " ", std::string(ToString(info->state)), " +", info->counts.added,
                   " ~", info->counts.updated, " -", info->counts.deleted));
  held_.reset();
  if (info->state == ChangeSetState::kHeld) {
    held_ = Held{info->number, info->digest, next, std::move(file)};
    return;
  }
  settled_ &= next == oracle_.wanted();
  if (file.kind == SnapshotKind::kComplete) last_complete_rows_ = file.rows.size();
  oracle_.Want(next);
}

}  // namespace sabun::sim
