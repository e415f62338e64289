// What a crash, a failed write or a changed byte leaves of a ledger.
#include <gtest/gtest.h>

#include "engine/ledger/change_sets.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

// Refuses one commit when told.
class RefusingStore : public Store {
 public:
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
    if (std::exchange(refuse_next, false)) return absl::UnavailableError("the disk fails");
    return store_->Commit(batch, durability);
  }
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return store_->Freeze(); }
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override {
    return store_->NewBulkWriter(family);
  }

  bool refuse_next = false;

 private:
  std::unique_ptr<Store> store_ = NewMemoryStore();
};

class LedgerRecoveryTest : public ::testing::Test {
 protected:
  absl::Status MoveLedger() {
    MutexLock lock(&state_.mutex);
    LedgerWrite write(&state_);
    ++write.head.next_batch;
    return write.Commit("lease");
  }
  // Bodies of one change under a reserved number, and no seal.
  std::string Stage(uint64_t number) {
    MutexLock lock(&state_.mutex);
    LedgerWrite write(&state_);
    write.head.next_change_set = number + 1;
    write.head.reserved_change_set = number;
    EXPECT_TRUE(write.Commit("number_reserved").ok());
    ChangeLogWriter log(&store_, 1, number);
    Change change;
    change.key = std::string(16, 'k');
    change.canonical = "content";
    EXPECT_TRUE(log.Add(change).ok());
    EXPECT_TRUE(log.Finish().ok());
    return log.Digest();
  }
  ChangeSetInfo SealHeld(uint64_t number) {
    SealRequest seal;
    seal.info.number = number;
    seal.info.digest = Stage(number);
    seal.held = true;
    seal.deltas = [](const DeltaVisitor&) { return absl::OkStatus(); };
    const auto sealed = change_sets_.Seal(std::move(seal));
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    return *sealed;
  }
  int StoredChanges() {
    int count = 0;
    const auto scan =
        store_.NewScan(Family::kChanges, layout::Dataset(1), layout::After(layout::Dataset(1)), ScanUse::kRange);
    for (; scan->Valid(); scan->Next()) ++count;
    return count;
  }

  RefusingStore store_;
  ManualClock clock_;
  LedgerState state_{&store_, 1, &clock_, {}};
  ChangeSets change_sets_{&state_};
};

TEST_F(LedgerRecoveryTest, WhatWasStagedAndNotSealedIsErasedAtTheNextStart) {
  Stage(1);
  ASSERT_GT(StoredChanges(), 0);
  LedgerState next(&store_, 1, &clock_, {});
  ASSERT_TRUE(next.Open().ok());
  EXPECT_EQ(StoredChanges(), 0);
}

TEST_F(LedgerRecoveryTest, AfterAFailedCommitEverythingIsRefused) {
  store_.refuse_next = true;
  EXPECT_FALSE(MoveLedger().ok());
  EXPECT_EQ(MoveLedger().code(), absl::StatusCode::kUnavailable);
}

TEST_F(LedgerRecoveryTest, ChangeSetWhoseBodiesWereAlteredIsNotApproved) {
  const ChangeSetInfo held = SealHeld(1);
  const auto scan =
      store_.NewScan(Family::kChanges, layout::Dataset(1), layout::After(layout::Dataset(1)), ScanUse::kRange);
  ASSERT_TRUE(scan->Valid());
  Batch batch;
  batch.Put(Family::kChanges, std::string(scan->key()), std::string(scan->value()) + "!");
  ASSERT_TRUE(store_.Commit(batch, Durability::kSynced).ok());
  EXPECT_EQ(change_sets_.Approve(held.number, held.digest, "operator").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LedgerRecoveryTest, OtherDigestIsNotApproved) {
  const ChangeSetInfo held = SealHeld(1);
  EXPECT_EQ(change_sets_.Approve(held.number, std::string(32, 'x'), "operator").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sabun
