// Receipts that are told twice, and those that a power loss may take back.
#include <gtest/gtest.h>

#include "engine/ledger/submissions.h"
#include "tests/model/fading_store.h"
#include "tests/unit/ledger/sealed_records.h"

namespace sabun {
namespace {

class ReceiptsTest : public testing::Test {
 protected:
  // A batch of three is in flight.
  void SetUp() override {
    ASSERT_TRUE(ledger_.Open().ok());
    SealRecords({"a", "b", "c"}, false, &ledger_, &change_sets_);
    token_ = *submissions_.Acquire("test", absl::Minutes(1));
    batch_ = submissions_.Next(token_, 3, 1 << 20)->id;
  }
  void Accept(uint32_t first, uint32_t end) {
    std::vector<ItemReceipt> receipts;
    for (uint32_t item = first; item < end; ++item) receipts.push_back({item, true, "", ""});
    ASSERT_TRUE(submissions_.Settle(token_, batch_, receipts).ok());
  }
  // The open items of the batch as the engine knows it after a power loss.
  uint32_t OpenAfterPowerLoss() {
    store_.LosePower(0);
    LedgerState ledger(&store_, 1, &clock_, {});
    EXPECT_TRUE(ledger.Open().ok());
    Submissions submissions(&ledger);
    const auto open = submissions.Open(*submissions.Acquire("test", absl::Minutes(1)), 0, 10);
    return open->empty() ? 0 : open->front().OpenItems();
  }

  model::FadingStore store_;
  ManualClock clock_;
  LedgerState ledger_{&store_, 1, &clock_, {}};
  ChangeSets change_sets_{&ledger_};
  Submissions submissions_{&ledger_};
  uint64_t token_ = 0, batch_ = 0;
};

// An adapter whose call had no answer tells them again.
TEST_F(ReceiptsTest, ToldTwiceCountOnce) {
  Accept(0, 1);
  Accept(0, 2);
  EXPECT_EQ(ledger_.head.in_flight, 1u);
  EXPECT_EQ(submissions_.Open(token_, 0, 10)->front().OpenItems(), 1u);
}

// Whoever had them on record posts the rest, and its task's places are those of the rest.
TEST_F(ReceiptsTest, OfPartOfABatchAreDurableAtOnce) {
  Accept(0, 1);
  EXPECT_EQ(OpenAfterPowerLoss(), 2u);
}

TEST_F(ReceiptsTest, OfAWholeBatchWaitForTheNextSyncedCommit) {
  Accept(0, 3);
  EXPECT_EQ(OpenAfterPowerLoss(), 3u);
}

TEST_F(ReceiptsTest, AreDurableWhenTheLeaseIsGivenBack) {
  Accept(0, 3);
  ASSERT_TRUE(submissions_.Release(token_).ok());
  EXPECT_EQ(OpenAfterPowerLoss(), 0u);
}

}  // namespace
}  // namespace sabun
