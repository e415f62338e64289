// A seal trusts what the plan compared only while nothing has moved since.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/plan.h"
#include "engine/ledger/submissions.h"

namespace sabun {
namespace {

class PlannedAsOfTest : public testing::Test {
 protected:
  // The hub accepted "x"; "y" was handed out for it and has no receipt; "z" is wanted.
  void SetUp() override {
    ASSERT_TRUE(ledger_.Open().ok());
    Push("x");
    token_ = *submissions_.Acquire("test", absl::Minutes(1));
    Accept(*submissions_.Next(token_, 1, 1 << 20));
    Push("y");
    flying_ = *submissions_.Next(token_, 1, 1 << 20);
    Push("z");
  }
  std::unique_ptr<ChangeSetPlan> Plan(absl::string_view content) {
    auto plan = std::make_unique<ChangeSetPlan>(&ledger_, PlanOptions{{testing::TempDir(), 1 << 20}});
    EXPECT_TRUE(plan->Want({{Key128(), Fingerprint128(), true, content}}).ok());
    EXPECT_TRUE(plan->Finish().ok());
    return plan;
  }
  void Seal(ChangeSetPlan* plan) {
    SealRequest seal;
    seal.info.number = plan->number();
    seal.info.snapshot_id = absl::StrCat("s", plan->number());
    seal.info.counts = plan->counts();
    seal.deltas = DeltasOf(plan->deltas());
    seal.delta_count = plan->deltas()->count();
    seal.planned_as_of = plan->as_of();
    ASSERT_TRUE(change_sets_.Seal(std::move(seal)).ok());
  }
  void Push(absl::string_view content) { Seal(Plan(content).get()); }
  void Accept(const OutgoingBatch& batch) {
    ASSERT_EQ(batch.items.size(), 1u);
    ASSERT_TRUE(submissions_.Settle(token_, batch.id, {{0, true, "", ""}}).ok());
  }
  std::string Sent() {
    const OutgoingBatch batch = *submissions_.Next(token_, 10, 1 << 20);
    return batch.items.empty() ? "nothing" : batch.items[0].canonical;
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  LedgerState ledger_{store_.get(), 1, &clock_, {}};
  ChangeSets change_sets_{&ledger_};
  Submissions submissions_{&ledger_};
  uint64_t token_ = 0;
  OutgoingBatch flying_;
};

TEST_F(PlannedAsOfTest, WhatTheHubHeldWhenItWasPlannedIsSentWhenItAcceptedSomethingElseSince) {
  const auto plan = Plan("x");
  Accept(flying_);
  Seal(plan.get());
  EXPECT_EQ(Sent(), "x");
}

TEST_F(PlannedAsOfTest, WhatTheHubAcceptedSinceItWasPlannedIsNotSent) {
  const auto plan = Plan("y");
  Accept(flying_);
  Seal(plan.get());
  EXPECT_EQ(Sent(), "nothing");
}

TEST_F(PlannedAsOfTest, WhatTheHubHoldsIsNotSentWhenNothingMoved) {
  Accept(flying_);
  Push("y");
  EXPECT_EQ(Sent(), "nothing");
}

TEST_F(PlannedAsOfTest, WhatTheHubDoesNotHoldIsSentWhenNothingMoved) {
  Accept(flying_);
  Push("x");
  EXPECT_EQ(Sent(), "x");
}

}  // namespace
}  // namespace sabun
