// A ledger of which any one call to its store fails, and a sweep over all of them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/plan.h"
#include "engine/ledger/submissions.h"
#include "engine/ledger/verify.h"
#include "tests/model/troubled_store.h"
#include "tests/unit/ledger/sealed_records.h"

namespace sabun {

class TroubledLedger {
 public:
  static constexpr uint32_t kDataset = 1;
  static constexpr uint32_t kIdentityField = 'a';

  explicit TroubledLedger(LedgerOptions options) : options_(options) { Restart(); }

  // As after the end of the process. `store` is healed before.
  void Restart() {
    change_sets_.reset();
    submissions_.reset();
    state_ = std::make_unique<LedgerState>(&store, kDataset, &clock_, options_);
    ASSERT_TRUE(state_->Open().ok());
    {
      const MutexLock lock(&state_->mutex);
      state_->identity_ids = {kIdentityField};
    }
    change_sets_ = std::make_unique<ChangeSets>(state_.get());
    submissions_ = std::make_unique<Submissions>(state_.get());
    token_ = *submissions_->Acquire("test", absl::Minutes(1));
  }

  // What a snapshot says, or (against_hub) the hub's list: the first letter of a name is its key, the name its content.
  // `in_index`: keys that a snapshot brought before.
  struct Told {
    std::vector<std::string> names = {}, in_index = {}, gone = {};
    bool held = false, against_hub = false, compare_only = false;
  };
  absl::StatusOr<ChangeSetInfo> Tell(const Told& told, const std::string& snapshot_id);
  void MustTell(const Told& told, const std::string& snapshot_id) {
    const auto info = Tell(told, snapshot_id);
    ASSERT_TRUE(info.ok()) << info.status();
  }

  // Hands out up to `most` records; the hub's word on each is in `word`: a(ccepted), r(ejected), or none yet.
  void Submit(size_t most, const std::string& word) {
    const OutgoingBatch batch = *submissions_->Next(token_, most, 1 << 20);
    std::vector<ItemReceipt> receipts;
    for (uint32_t i = 0; i < std::min(batch.items.size(), word.size()); ++i) {
      receipts.push_back({i, word[i] == 'a', word[i] == 'a' ? "" : "E1", ""});
    }
    ASSERT_TRUE(receipts.empty() || submissions_->Settle(token_, batch.id, receipts).ok());
  }

  // Everything that a user could tell apart: counts, change sets with the states of their changes, how many rows there
  // are, what verify finds, and what is sent next.
  std::string Outcome();

  LedgerState* state() { return state_.get(); }
  ChangeSets* change_sets() { return change_sets_.get(); }
  Submissions* submissions() { return submissions_.get(); }
  uint64_t token() const { return token_; }  // of the lease

  model::TroubledStore store;

 private:
  const LedgerOptions options_;
  ManualClock clock_;
  std::unique_ptr<LedgerState> state_;
  std::unique_ptr<ChangeSets> change_sets_;
  std::unique_ptr<Submissions> submissions_;
  uint64_t token_ = 0;
};

// `work` in lives of which the first, second ... and every other call to the store fails, before or after a write is
// done: it ends in an error, and done again after a restart all is as if nothing had failed; or it did not need the
// call, as a look into the pages of the index for what is in the overlay.
struct Troubled {
  std::function<void(TroubledLedger*)> prepare;
  std::function<absl::Status(TroubledLedger*)> work;
  LedgerOptions options = {};
};
void SweepOverCalls(const Troubled& troubled);

}  // namespace sabun
