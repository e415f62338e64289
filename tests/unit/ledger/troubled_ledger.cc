#include "tests/unit/ledger/troubled_ledger.h"

#include "absl/strings/escaping.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr uint64_t kNever = uint64_t{1} << 62;

std::string Shown(const ChangeSetInfo& info) {
  const SnapshotCounts& counts = info.counts;
  std::string text = absl::StrCat("\n", info.snapshot_id, " ", ToString(info.state), " by ", info.decided_by, ": +",
                                  counts.added, " ~", counts.updated, " -", counts.deleted, " x", counts.cancelled,
                                  " erased ", info.erased, " books");
  for (const uint64_t count : info.books.by_state) absl::StrAppend(&text, " ", count);
  return absl::StrCat(text, info.books.Balance() ? "" : " which do not balance", " ",
                      absl::BytesToHexString(info.digest), "\n");
}

}  // namespace

absl::StatusOr<ChangeSetInfo> TroubledLedger::Tell(const Told& told, const std::string& snapshot_id) {
  ASSIGN_OR_RETURN(const auto sealed, change_sets_->FindSnapshot(snapshot_id));
  if (sealed) return *sealed;  // the second time
  PlanOptions options{{testing::TempDir(), 1 << 20}};
  options.against_hub = told.against_hub;
  options.compare_only = told.compare_only;
  ChangeSetPlan plan(state_.get(), options);
  std::vector<WantedRecord> wanted;
  const auto is_known = [&](char key) {
    return std::find(told.in_index.begin(), told.in_index.end(), std::string(1, key)) != told.in_index.end();
  };
  for (const std::string& name : told.names) {
    wanted.push_back({::sabun::KeyOf(name[0]), Fingerprint128(), is_known(name[0]), name});
  }
  RETURN_IF_ERROR(plan.Want(wanted));
  std::vector<Key128> gone;
  for (const std::string& name : told.gone) gone.push_back(::sabun::KeyOf(name[0]));
  RETURN_IF_ERROR(plan.Gone(gone));
  RETURN_IF_ERROR(plan.Finish());
  SealRequest seal;
  seal.info.counts = plan.counts();
  if (told.compare_only) return seal.info;
  seal.info.number = plan.number();
  seal.info.snapshot_id = snapshot_id;
  seal.info.kind = told.against_hub ? SnapshotKind::kResend : SnapshotKind::kComplete;
  seal.info.digest = plan.Digest();
  seal.held = told.held;
  seal.deltas = DeltasOf(plan.deltas());
  seal.delta_count = plan.deltas()->count();
  seal.planned_as_of = plan.as_of();
  seal.entries = &plan.entries();
  return change_sets_->Seal(std::move(seal));
}

std::string TroubledLedger::Outcome() {
  const LedgerHead head = state_->Head();
  std::string text = absl::StrCat(head.records, " records, ", head.capsules, " at the hub, ", head.pending,
                                  " pending, ", head.in_flight, " in flight, ", head.parked, " parked, held ",
                                  head.held != 0, ", unreconciled ", head.unreconciled, ", replaying ", head.replaying);
  const std::vector<ChangeSetInfo> infos = *change_sets_->List(0, 100);
  for (const ChangeSetInfo& info : infos) {
    text += Shown(info);
    const absl::Status visited = change_sets_->Visit({info.number, 0}, [&](const Change& change, ChangeState state) {
      absl::StrAppend(&text, "  ", ToString(change.op), " ", change.canonical, " ", ToString(state), "\n");
      return absl::OkStatus();
    });
    if (!visited.ok()) absl::StrAppend(&text, visited.message(), "\n");
  }
  for (int i = 0; i < kFamilyCount; ++i) {
    const auto scan = store.NewScan(static_cast<Family>(i), layout::Dataset(kDataset),
                                    layout::After(layout::Dataset(kDataset)), ScanUse::kRange);
    int rows = 0;
    for (; scan->Valid(); scan->Next()) ++rows;
    absl::StrAppend(&text, rows, " rows, ");
  }
  for (const VerifyFinding& finding : VerifyLedger(state_.get())) {
    if (!finding.problem.empty()) absl::StrAppend(&text, "\n", finding.check, ": ", finding.problem);
  }
  const OutgoingBatch next = *submissions_->Next(token_, 100, 1 << 20);
  for (const OutgoingItem& item : next.items) {
    absl::StrAppend(&text, "\nsends ", ToString(item.op), " ", item.canonical);
  }
  return text;
}

void SweepOverCalls(const Troubled& troubled) {
  std::string undisturbed;
  uint64_t errors = 0;
  for (const bool is_done : {false, true}) {
    bool was_troubled = true;
    for (uint64_t calls = 0; was_troubled && !testing::Test::HasFailure(); ++calls) {
      SCOPED_TRACE(absl::StrCat(calls, is_done ? " and is done" : ""));
      TroubledLedger ledger(troubled.options);
      troubled.prepare(&ledger);
      if (undisturbed.empty()) {
        const absl::Status worked = troubled.work(&ledger);
        ASSERT_TRUE(worked.ok()) << worked;
        ledger.Restart();
        undisturbed = ledger.Outcome();
        ASSERT_EQ(undisturbed.find(": "), undisturbed.find(": +")) << "no finding: " << undisturbed;
        continue;
      }
      ledger.store.Order(calls, is_done);
      const absl::Status worked = troubled.work(&ledger);
      was_troubled = ledger.store.troubled();
      ledger.store.Order(kNever, false);
      ASSERT_TRUE(worked.ok() || (was_troubled && absl::IsUnavailable(worked))) << worked;
      ledger.Restart();
      if (!worked.ok()) {
        ++errors;
        const absl::Status again = troubled.work(&ledger);
        ASSERT_TRUE(again.ok()) << again;
        ledger.Restart();
      }
      ASSERT_EQ(ledger.Outcome(), undisturbed);
    }
  }
  EXPECT_GT(errors, 2u);
}

}  // namespace sabun
