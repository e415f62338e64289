// Any call to the store fails while records are handed out, followed and settled: the submission ends in an error, and
// one that is started after it sends and settles what it would have.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/rejects.h"
#include "tests/unit/ledger/troubled_ledger.h"

namespace sabun {
namespace {

const std::vector<std::string> kKnownSix = {"a", "b", "c", "d", "e", "f"};

// A content of which the field 97, which is 'a', belongs to the record's identity.
std::string Identity(const std::string& value) {
  return absl::StrCat("a", std::string(1, static_cast<char>(value.size())), value);
}

bool IsRefused(const OutgoingItem& item) { return absl::EndsWith(item.canonical, "!"); }

// The hub's word on the items from `first` to before `last`.
std::vector<ItemReceipt> Receipts(const OutgoingBatch& batch, size_t first, size_t last) {
  std::vector<ItemReceipt> receipts;
  for (size_t i = first; i < std::min(last, batch.items.size()); ++i) {
    const OutgoingItem& item = batch.items[i];
    receipts.push_back({item.item, !IsRefused(item), IsRefused(item) ? "E1" : "", ""});
  }
  return receipts;
}

// The first record's receipt comes before the others'.
absl::Status Follow(TroubledLedger* ledger, const OutgoingBatch& batch) {
  Submissions* const submissions = ledger->submissions();
  RETURN_IF_ERROR(submissions->RecordTask(ledger->token(), batch.id, "task", false));
  RETURN_IF_ERROR(submissions->Settle(ledger->token(), batch.id, Receipts(batch, 0, 1)).status());
  return submissions->Settle(ledger->token(), batch.id, Receipts(batch, 1, batch.items.size())).status();
}

// What an adapter does each time that it is started: what is open first, then what waits.
absl::Status SubmitAll(TroubledLedger* ledger) {
  Submissions* const submissions = ledger->submissions();
  ASSIGN_OR_RETURN(const std::vector<BatchRow> open, submissions->Open(ledger->token(), 0, 100));
  for (const BatchRow& row : open) {
    ASSIGN_OR_RETURN(const OutgoingBatch batch, submissions->Read(ledger->token(), row.id));
    RETURN_IF_ERROR(Follow(ledger, batch));
  }
  for (;;) {
    ASSIGN_OR_RETURN(const OutgoingBatch batch, submissions->Next(ledger->token(), 3, 1 << 20));
    if (batch.items.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(Follow(ledger, batch));
  }
}

void MustSubmitAll(TroubledLedger* ledger) {
  const absl::Status submitted = SubmitAll(ledger);
  ASSERT_TRUE(submitted.ok()) << submitted;
}

// Of six records one was refused; then one changes its identity, one its content, one goes, one comes.
void BeginWithSix(TroubledLedger* ledger) {
  ledger->MustTell({{Identity("x"), "b1", "c1", "d1", "e!", "f1"}}, "first");
  MustSubmitAll(ledger);
  ledger->MustTell({{Identity("y"), "b2", "g1"}, kKnownSix, {"c"}}, "second");
}

// Hands out what waits. The answer to it never comes.
OutgoingBatch LeaveInFlight(TroubledLedger* ledger, bool unknown = false) {
  const OutgoingBatch batch = *ledger->submissions()->Next(ledger->token(), 10, 1 << 20);
  EXPECT_TRUE(!unknown || ledger->submissions()->MarkUnknown(ledger->token(), batch.id).ok());
  return batch;
}

void BeginInFlight(TroubledLedger* ledger) {
  BeginWithSix(ledger);
  LeaveInFlight(ledger);
}

class TroubledSubmission : public testing::TestWithParam<bool> {
 protected:
  void Sweep(std::function<void(TroubledLedger*)> prepare, std::function<absl::Status(TroubledLedger*)> work) {
    LedgerOptions options;
    options.one_thread = GetParam();
    SweepOverCalls({std::move(prepare), std::move(work), options});
  }
};

TEST_P(TroubledSubmission, OfWhatWaits) { Sweep(BeginWithSix, SubmitAll); }

TEST_P(TroubledSubmission, OfWhatIsInFlight) { Sweep(BeginInFlight, SubmitAll); }

TEST_P(TroubledSubmission, OfWhatIsUnknownAndChangedSince) {
  const auto prepare = [](TroubledLedger* ledger) {
    BeginWithSix(ledger);
    LeaveInFlight(ledger, /*unknown=*/true);
    // To what was wanted before, to something new, away, and back again.
    ledger->MustTell({{Identity("x"), "b3", "c1"}, kKnownSix, {"g"}}, "third");
  };
  Sweep(prepare, SubmitAll);
}

TEST_P(TroubledSubmission, OfWhatIsInDoubt) {
  const auto prepare = [](TroubledLedger* ledger) {
    BeginWithSix(ledger);
    const OutgoingBatch batch = LeaveInFlight(ledger, /*unknown=*/true);
    std::vector<ItemReceipt> refused;
    for (const OutgoingItem& item : batch.items) refused.push_back({item.item, false, "E1", "", /*doubtful=*/true});
    ASSERT_TRUE(ledger->submissions()->Settle(ledger->token(), batch.id, refused).ok());
    ledger->MustTell({{"b1", "c1"}, kKnownSix, {"g"}}, "third");
  };
  Sweep(prepare, SubmitAll);
  Sweep(
      [&](TroubledLedger* ledger) {
        prepare(ledger);
        LeaveInFlight(ledger);
      },
      SubmitAll);
}

TEST_P(TroubledSubmission, LossOfAnswers) {
  Sweep(BeginInFlight, [](TroubledLedger* ledger) -> absl::Status {
    ASSIGN_OR_RETURN(const auto open, ledger->submissions()->Open(ledger->token(), 0, 100));
    for (const BatchRow& row : open) {
      RETURN_IF_ERROR(ledger->submissions()->MarkUnknown(ledger->token(), row.id));
    }
    ASSIGN_OR_RETURN(const Submissions::OpenCount count, ledger->submissions()->CountOpen());
    EXPECT_EQ(count.batches, 1u);
    EXPECT_EQ(count.unknown_items, 4u);
    return absl::OkStatus();
  });
}

// As a hub's refusal of a whole batch does, until every record is in a batch of its own.
TEST_P(TroubledSubmission, SplitToSingleRecords) {
  const auto prepare = [](TroubledLedger* ledger) {
    BeginWithSix(ledger);
    const OutgoingBatch batch = LeaveInFlight(ledger);
    ASSERT_TRUE(ledger->submissions()->Settle(ledger->token(), batch.id, Receipts(batch, 1, 2)).ok());
  };
  Sweep(prepare, [](TroubledLedger* ledger) -> absl::Status {
    for (int splits = 0; splits < 3; ++splits) {
      ASSIGN_OR_RETURN(const auto open, ledger->submissions()->Open(ledger->token(), 0, 100));
      const auto large =
          std::find_if(open.begin(), open.end(), [](const BatchRow& row) { return row.OpenItems() > 1; });
      if (large == open.end()) {
        EXPECT_EQ(open.size(), 3u);
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(ledger->submissions()->Split(ledger->token(), large->id).status());
    }
    return absl::InternalError("three records are not split by two splits");
  });
}

// The receipts until then are durable before anybody else goes on.
TEST_P(TroubledSubmission, ThatTakesOver) {
  const auto prepare = [](TroubledLedger* ledger) {
    BeginWithSix(ledger);
    const OutgoingBatch batch = LeaveInFlight(ledger);
    ASSERT_TRUE(ledger->submissions()->Settle(ledger->token(), batch.id, Receipts(batch, 0, 10)).ok());
  };
  Sweep(prepare, [](TroubledLedger* ledger) -> absl::Status {
    RETURN_IF_ERROR(ledger->submissions()->Release(ledger->token()));
    ASSIGN_OR_RETURN(const uint64_t token, ledger->submissions()->Acquire("other", absl::Minutes(1)));
    EXPECT_EQ(ledger->submissions()->Holder(), "other");
    EXPECT_TRUE(absl::IsAborted(ledger->submissions()->Next(ledger->token(), 1, 1).status()));
    return ledger->submissions()->Release(token);
  });
}

void RefuseThree(TroubledLedger* ledger) {
  ledger->MustTell({{"a!", "b!", "c1", "d!"}}, "first");
  MustSubmitAll(ledger);
}

TEST_P(TroubledSubmission, RetryOfWhatWasRefused) {
  Sweep(RefuseThree, [](TroubledLedger* ledger) { return Rejects(ledger->state()).Retry("E1").status(); });
}

TEST_P(TroubledSubmission, ListOfWhatWasRefused) {
  Sweep(RefuseThree, [](TroubledLedger* ledger) -> absl::Status {
    std::string seen;
    RETURN_IF_ERROR(Rejects(ledger->state()).Visit("", [&](const Entry& entry, const Change& change) {
      absl::StrAppend(&seen, entry.code, " ", change.canonical, " ");
      return absl::OkStatus();
    }));
    EXPECT_EQ(seen, "E1 a! E1 b! E1 d! ");
    return absl::OkStatus();
  });
}

INSTANTIATE_TEST_SUITE_P(InOneThreadAndInMany, TroubledSubmission, testing::Values(true, false));

}  // namespace
}  // namespace sabun
