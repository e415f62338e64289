#include "engine/ledger/final_states.h"

#include <gtest/gtest.h>

#include "engine/store/layout.h"

namespace sabun {
namespace {

using State = std::optional<ChangeState>;

class FinalStatesTest : public testing::Test {
 protected:
  void Write(std::vector<FinalState> states) {
    Batch batch;
    ASSERT_TRUE(WriteFinalStates(store_.get(), 1, std::move(states), &batch).ok());
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  std::vector<State> Read(const std::vector<ChangeRef>& refs) {
    const auto states = ReadFinalStates(store_.get(), 1, refs);
    EXPECT_TRUE(states.ok());
    return *states;
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
};

TEST_F(FinalStatesTest, WhatWasWrittenIsRead) {
  Write({{{7, 1}, ChangeState::kAccepted}, {{7, 512}, ChangeState::kRejected}, {{8, 513}, ChangeState::kAccepted}});
  EXPECT_EQ(Read({{7, 512}, {7, 1}, {7, 2}, {7, 513}, {8, 513}, {9, 1}}),
            (std::vector<State>{ChangeState::kRejected, ChangeState::kAccepted, {}, {}, ChangeState::kAccepted, {}}));
}

TEST_F(FinalStatesTest, LaterStatesJoinTheEarlierOnes) {
  Write({{{7, 3}, ChangeState::kAccepted}, {{7, 5}, ChangeState::kRejected}});
  Write({{{7, 4}, ChangeState::kAccepted}, {{7, 5}, ChangeState::kRejected}, {{7, 5}, ChangeState::kAccepted}});
  EXPECT_EQ(Read({{7, 3}, {7, 4}, {7, 5}}), (std::vector<State>(3, ChangeState::kAccepted)));
}

TEST_F(FinalStatesTest, VisitGoesInSequenceOrder) {
  Write({{{7, 1025}, ChangeState::kAccepted}, {{7, 2}, ChangeState::kRejected}, {{8, 1}, ChangeState::kAccepted}});
  std::vector<uint64_t> seen;
  ASSERT_TRUE(VisitFinalStates(store_.get(), 1, 7, [&](const FinalState& state) {
                seen.push_back(state.ref.sequence);
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(seen, (std::vector<uint64_t>{2, 1025}));
}

TEST_F(FinalStatesTest, DamagedRowIsDataLoss) {
  for (const std::string& bad : {std::string(513, '\3'), std::string("\7"), std::string("\xFF")}) {
    Batch batch;
    batch.Put(Family::kChanges, layout::Numbered(layout::ChangePart(1, 7, 's'), 0), bad);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    EXPECT_EQ(ReadFinalStates(store_.get(), 1, {{7, 1}}).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace sabun
