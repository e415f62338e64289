// Each check of verify finds precisely the damage it is there for.
#include "engine/ledger/verify.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/ledger/change_log.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/submissions.h"
#include "engine/store/layout.h"
#include "tests/unit/ledger/sealed_records.h"

namespace sabun {
namespace {

constexpr uint32_t kDataset = 1;

class VerifyTest : public testing::Test {
 protected:
  // Four records accepted, one in flight, two pending, one parked, and a held change set of two.
  void SetUp() override {
    ASSERT_TRUE(ledger_.Open().ok());
    Seal({"a", "b", "c", "d", "e"}, false);
    token_ = *submissions_.Acquire("test", absl::Minutes(1));
    const OutgoingBatch batch = *submissions_.Next(token_, 5, 1 << 20);
    std::vector<ItemReceipt> receipts;
    for (uint32_t i = 0; i < 5; ++i) receipts.push_back({i, i != 4, i == 4 ? "E1" : "", ""});
    ASSERT_TRUE(submissions_.Settle(token_, batch.id, receipts).ok());
    Seal({"f", "g", "h"}, false);
    ASSERT_EQ(submissions_.Next(token_, 1, 1 << 20)->items.size(), 1u);
    Seal({"i", "j"}, true);
    ASSERT_EQ(Problems(), "");
  }
  void Seal(const std::vector<std::string>& names, bool held) { SealRecords(names, held, &ledger_, &change_sets_); }
  // The checks that found something.
  std::string Problems() {
    std::string problems;
    for (const VerifyFinding& finding : VerifyLedger(&ledger_)) {
      if (!finding.problem.empty()) absl::StrAppend(&problems, problems.empty() ? "" : " ", finding.check);
    }
    return problems;
  }
  void Erase(Family family, const std::string& key) {
    ASSERT_TRUE(store_->Get(family, key)->has_value());
    Batch batch;
    batch.Delete(family, key);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  void Write(Family family, const std::string& key, const std::string& value) {
    Batch batch;
    batch.Put(family, key, value);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  std::string Entry(char name) { return layout::Unsettled(kDataset, ledger_.Head().unsettled_generation, KeyOf(name)); }
  std::string Body(uint64_t change_set, uint64_t sequence) {
    return layout::Numbered(layout::ChangePart(kDataset, change_set, 'b'), sequence);
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  LedgerState ledger_{store_.get(), kDataset, &clock_, {}};
  ChangeSets change_sets_{&ledger_};
  Submissions submissions_{&ledger_};
  uint64_t token_ = 0;
};

TEST_F(VerifyTest, IndexEntryThatIsMissing) {
  Erase(Family::kIndex,
        layout::IndexPart(kDataset, ledger_.Head().index.generation, 'o') + std::string(KeyOf('a').view()));
  EXPECT_EQ(Problems(), "index");
}

TEST_F(VerifyTest, CapsuleThatIsMissing) {
  Erase(Family::kCapsules, layout::Capsule(kDataset, KeyOf('a')));
  EXPECT_EQ(Problems(), "index capsules");
}

TEST_F(VerifyTest, CapsuleThatIsOlderThanWhatTheHubAcceptedLast) {
  Write(Family::kCapsules, layout::Capsule(kDataset, KeyOf('b')), EncodeCapsule({{1, 1}, "b"}));
  EXPECT_EQ(Problems(), "capsules");
}

TEST_F(VerifyTest, CapsuleOfNobody) {
  Erase(Family::kCapsules, layout::Capsule(kDataset, KeyOf('a')));
  Write(Family::kCapsules, layout::Capsule(kDataset, KeyOf('z')), EncodeCapsule({{1, 1}, "z"}));
  EXPECT_EQ(Problems(), "index capsules");
}

TEST_F(VerifyTest, EntryThatIsMissing) {
  Erase(Family::kUnsettled, Entry('g'));
  EXPECT_EQ(Problems(), "index unsettled books");
}

TEST_F(VerifyTest, EntryThatIsDamaged) {
  Write(Family::kUnsettled, Entry('g'), "?");
  EXPECT_NE(Problems().find("unsettled"), std::string::npos);
}

TEST_F(VerifyTest, BatchThatIsMissing) {
  Erase(Family::kSubmissions, layout::SubmissionBatch(kDataset, 2));
  EXPECT_EQ(Problems(), "unsettled books");
}

TEST_F(VerifyTest, BatchOfWhichTheLedgerKnowsNothing) {
  BatchRow row;
  row.items.push_back({KeyOf('a'), {1, 1}, ChangeOp::kAdd, true});
  Write(Family::kSubmissions, layout::SubmissionBatch(kDataset, 9), EncodeBatchRow(row));
  EXPECT_EQ(Problems(), "batches");
}

TEST_F(VerifyTest, ChangeThatIsMissing) {
  Erase(Family::kChanges, Body(2, 3));
  EXPECT_EQ(Problems(), "books changes");
}

TEST_F(VerifyTest, ChangeThatIsAnother) {
  Change change = (*ReadChanges(store_.get(), kDataset, {{2, 2}}))[0];
  change.canonical = "G";
  Write(Family::kChanges, Body(2, 2), EncodeChangeBody(change));
  EXPECT_EQ(Problems(), "changes");
}

TEST_F(VerifyTest, FinalStateThatIsAnother) {
  const std::string row = layout::Numbered(layout::ChangePart(kDataset, 1, 's'), 0);
  std::string states = **store_->Get(Family::kChanges, row);
  states[0] = static_cast<char>(ChangeState::kRejected);
  Write(Family::kChanges, row, states);
  EXPECT_EQ(Problems(), "books");
}

TEST_F(VerifyTest, BooksThatAreOthers) {
  ChangeSetInfo info = *ReadChangeSetInfo(store_.get(), kDataset, 2);
  info.books.Move(ChangeState::kPending, ChangeState::kAccepted);
  Write(Family::kCatalog, layout::ChangeSetRow(kDataset, 2), EncodeChangeSetInfo(info));
  EXPECT_EQ(Problems(), "books");
}

TEST_F(VerifyTest, HeldDeltaThatIsMissing) {
  Erase(Family::kChanges, layout::Numbered(layout::ChangePart(kDataset, 3, 'i'), 0));
  EXPECT_EQ(Problems(), "held");
}

TEST_F(VerifyTest, HeldChangeSetThatTheCatalogDoesNotName) {
  LedgerHead head = ledger_.Head();
  head.held = 0;
  Write(Family::kCatalog, layout::HeadRow(kDataset), EncodeHead(head));
  EXPECT_EQ(Problems(), "held");
}

TEST_F(VerifyTest, CountsOfTheCatalogThatAreOthers) {
  LedgerHead head = ledger_.Head();
  ++head.records;
  ++head.capsules;
  ++head.pending;
  Write(Family::kCatalog, layout::HeadRow(kDataset), EncodeHead(head));
  EXPECT_EQ(Problems(), "index capsules unsettled");
}

TEST_F(VerifyTest, SeesTheMomentOfItsBeginningWhileTheLedgerMovesOn) {
  const auto frozen = *store_->Freeze();
  Seal({"k", "l"}, false);
  ASSERT_TRUE(submissions_.Next(token_, 9, 1 << 20).ok());
  Pace pace;
  const auto findings = VerifyLedger(frozen.get(), kDataset, &pace);
  ASSERT_TRUE(findings.ok());
  for (const VerifyFinding& finding : *findings) EXPECT_EQ(finding.problem, "") << finding.check;
  EXPECT_GT(pace.bytes(), 0u);
  EXPECT_EQ(Problems(), "");
}

}  // namespace
}  // namespace sabun
