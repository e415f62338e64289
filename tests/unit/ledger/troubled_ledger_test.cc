// Any call to the store fails while the ledger erases, verifies, compares, decides or replays: it ends in an error, and
// the second time all is well.
#include "tests/unit/ledger/troubled_ledger.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/erasure.h"
#include "engine/ledger/replay.h"
#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

const std::vector<std::string> kFirst = {"a1", "b1", "c1", "d1", "e1"};
const std::vector<std::string> kKnown = {"a", "b", "c", "d", "e"};

// Five records, of which the hub rejected the last one.
void BeginWithFive(TroubledLedger* ledger) {
  ledger->MustTell({kFirst}, "first");
  ledger->Submit(5, "aaaar");
}

// Then the source and the hub let go of two.
void LetGoOfTwo(TroubledLedger* ledger) {
  BeginWithFive(ledger);
  ledger->MustTell({{"c2"}, kKnown, {"a", "b"}}, "second");
  ledger->Submit(5, "aaa");
}

absl::Status Erase(TroubledLedger* ledger, const std::string& keys) {
  std::vector<Key128> records;
  for (const char key : keys) records.push_back(KeyOf(key));
  Pace pace;
  return LedgerErasure(ledger->state()).EraseRecords(records, &pace).status();
}

TEST(TroubledLedgerTest, ErasureOfAPerson) {
  SweepOverCalls({LetGoOfTwo, [](TroubledLedger* ledger) { return Erase(ledger, "a"); }});
}

TEST(TroubledLedgerTest, ErasureOfManyPersons) {
  SweepOverCalls({LetGoOfTwo, [](TroubledLedger* ledger) { return Erase(ledger, "abz"); }});
}

TEST(TroubledLedgerTest, ErasureThatIsRefused) {
  const std::pair<const char*, const char*> orders[] = {{"ca", "ERASE-STILL-WANTED"}, {"da", "ERASE-UNSETTLED"}};
  for (const auto& [keys, code] : orders) {
    const auto prepare = [](TroubledLedger* ledger) {
      LetGoOfTwo(ledger);
      ledger->MustTell({{}, {}, {"d"}}, "third");
    };
    SweepOverCalls({prepare, [&, keys = keys, code = code](TroubledLedger* ledger) {
                      const absl::Status refused = Erase(ledger, keys);
                      return absl::StartsWith(refused.message(), code) ? absl::OkStatus() : refused;
                    }});
  }
}

TEST(TroubledLedgerTest, ErasureAfterATime) {
  SweepOverCalls({LetGoOfTwo, [](TroubledLedger* ledger) {
                    Pace pace;
                    const int64_t later = ledger->state()->NowSeconds() + 1;
                    return LedgerErasure(ledger->state()).EraseSettledBefore(later, 10, &pace).status();
                  }});
}

// Accepted, rejected, in flight, pending and held ones.
void BeginWithEveryState(TroubledLedger* ledger) {
  BeginWithFive(ledger);
  ledger->MustTell({{"c2", "d2", "f1", "g1"}, kKnown}, "second");
  ledger->Submit(2, "");
  ledger->MustTell({{"h1", "f2", "a2"}, {"a", "f"}, {"b"}, /*held=*/true}, "third");
}

TEST(TroubledLedgerTest, Verification) {
  SweepOverCalls({BeginWithEveryState, [](TroubledLedger* ledger) -> absl::Status {
                    Pace pace;
                    ASSIGN_OR_RETURN(const auto findings,
                                     VerifyLedger(&ledger->store, TroubledLedger::kDataset, &pace));
                    for (const VerifyFinding& finding : findings) {
                      if (!finding.problem.empty()) return absl::UnavailableError(finding.problem);
                    }
                    return absl::OkStatus();
                  }});
}

absl::Status Decide(TroubledLedger* ledger, bool approve) {
  ASSIGN_OR_RETURN(const auto held, ledger->change_sets()->FindSnapshot("third"));
  if (!held) return absl::NotFoundError("the held change set");
  if (!approve) return ledger->change_sets()->Discard(held->number, "operator").status();
  return ledger->change_sets()->Approve(held->number, held->digest, "operator").status();
}

class TroubledDecision : public testing::TestWithParam<uint64_t> {
 protected:
  LedgerOptions Options() const {
    LedgerOptions options;
    options.atomic_limit = GetParam();
    options.one_thread = true;
    return options;
  }
};

TEST_P(TroubledDecision, Approval) {
  SweepOverCalls({BeginWithEveryState, [](TroubledLedger* ledger) { return Decide(ledger, true); }, Options()});
}

TEST_P(TroubledDecision, Discarding) {
  SweepOverCalls({BeginWithEveryState, [](TroubledLedger* ledger) { return Decide(ledger, false); }, Options()});
}

TEST_P(TroubledDecision, SnapshotThatReplacesAHeldOne) {
  SweepOverCalls({BeginWithEveryState,
                  [](TroubledLedger* ledger) {
                    return ledger->Tell({{"h2", "f1", "c3"}, {"f", "c"}, {"g", "e", "a"}}, "fourth").status();
                  },
                  Options()});
}

TEST_P(TroubledDecision, SnapshotThatIsHeld) {
  SweepOverCalls({BeginWithEveryState,
                  [](TroubledLedger* ledger) {
                    return ledger->Tell({{"h2", "f1"}, {"f"}, {"g", "e"}, /*held=*/true}, "fourth").status();
                  },
                  Options()});
}

INSTANTIATE_TEST_SUITE_P(AsABatchAndAsAGeneration, TroubledDecision, testing::Values(32'768, 0));

// The hub has one as it was accepted, one with another content, one that nobody sent, and misses three, of which one is
// in flight.
TEST(TroubledLedgerTest, ComparisonWithTheHubsList) {
  const auto prepare = [](TroubledLedger* ledger) {
    BeginWithFive(ledger);
    ledger->MustTell({{"d2", "f1"}, kKnown}, "second");
    ledger->Submit(1, "");
  };
  for (const bool compare_only : {true, false}) {
    const auto compare = [&](TroubledLedger* ledger) -> absl::Status {
      TroubledLedger::Told told{{"a1", "b9", "z1"}, {}, {"c", "d", "e"}};
      told.against_hub = true;
      told.compare_only = compare_only;
      ASSIGN_OR_RETURN(const ChangeSetInfo info, ledger->Tell(told, "list"));
      const SnapshotCounts& counts = info.counts;
      EXPECT_EQ(counts.cosmetic + 10 * counts.added + 100 * counts.updated + 1'000 * counts.deleted, 1'111u);
      return absl::OkStatus();
    };
    SweepOverCalls({prepare, compare});
  }
}

class TroubledReplay : public testing::Test {
 protected:
  // Until the backup.
  static void UntilTheBackup(TroubledLedger* ledger) {
    BeginWithFive(ledger);
    ledger->MustTell({{"c2", "f1"}, kKnown}, "second");
    ledger->Submit(1, "");
    ledger->MustTell({{"d2"}, kKnown, {}, /*held=*/true}, "third");
  }
  // What is lost with the store, and is in the journal only.
  void SetUp() override {
    journal_ = *Journal::Open(options_);
    segment_ = *journal_->BeginSegment();
    LedgerOptions options;
    options.journal = journal_.get();
    TroubledLedger lost(options);
    UntilTheBackup(&lost);
    segment_ = *journal_->BeginSegment();
    lost.MustTell({{"d3", "g1", "h1"}, kKnown, {"a", "b"}}, "fourth");
    lost.Submit(4, "aar");
    lost.Submit(1, "a");
    lost.MustTell({{"d4"}, kKnown}, "fifth");
    lost.Submit(2, "");
  }

  const TempDirectory directory_;
  const JournalOptions options_{directory_.path() + "/journal", KeyRing::OfOneKey(std::string(32, 'k'))};
  std::unique_ptr<Journal> journal_;
  uint64_t segment_ = 0;
};

TEST_F(TroubledReplay, Replay) {
  for (const size_t records : {256, 2}) {
    LedgerOptions options;
    options.replay_records = records;
    SweepOverCalls({UntilTheBackup,
                    [&](TroubledLedger* ledger) {
                      Replay replay({"r1", "000001", options_, segment_}, {testing::TempDir(), 1 << 20});
                      return replay.Run({{TroubledLedger::kDataset, ledger->state()}});
                    },
                    options});
  }
}

}  // namespace
}  // namespace sabun
