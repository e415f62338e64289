// The ledger's rules, one test a line of the table in engine/ARCHITECTURE.md.
#include "engine/ledger/entry.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

constexpr ChangeRef kOld{1, 1}, kWaiting{2, 1}, kNew{3, 1};

Want Wants(bool gone = false) {
  Want want;
  want.ref = kNew;
  want.gone = gone;
  return want;
}

Entry Parked() {
  Entry entry = Entry::Pending(kOld, false);
  entry.code = "E1";
  entry.attempts = 1;
  return entry;
}

Entry Flying(ChangeRef wanted = kOld, ChangeOp op = ChangeOp::kAdd, bool first_half = false) {
  Entry entry = Entry::Pending(wanted, false);
  entry.flight = Flight{5, kOld, op, first_half};
  return entry;
}

std::string Moves(const Step& step) {
  std::string text;
  for (const Transition& move : step.transitions) {
    text += std::to_string(move.ref.change_set) + ":" + (move.from ? std::string(ToString(*move.from)) : "new") + ">" +
            std::string(ToString(move.to)) + " ";
  }
  return text;
}

ReceiptEvent Receipt(bool accepted, bool wanted_is_held = false) {
  return {accepted, wanted_is_held, "E1", "text", 1'000};
}

TEST(SnapshotRule, SettledRecordBecomesPending) {
  const Step step = OnSnapshot(std::nullopt, Wants());
  EXPECT_TRUE(step.entry->pending());
  EXPECT_EQ(Moves(step), "3:new>pending ");
}

TEST(SnapshotRule, PendingIsSuperseded) {
  const Step step = OnSnapshot(Entry::Pending(kOld, false), Wants());
  EXPECT_EQ(step.entry->wanted, kNew);
  EXPECT_EQ(Moves(step), "1:pending>superseded 3:new>pending ");
}

TEST(SnapshotRule, PendingThatReturnsToTheAcceptedCancelsOut) {
  Want want = Wants();
  want.same_as_accepted = true;
  const Step step = OnSnapshot(Entry::Pending(kOld, false), want);
  EXPECT_FALSE(step.entry.has_value());
  EXPECT_TRUE(step.cancelled);
  EXPECT_EQ(Moves(step), "1:pending>superseded 3:new>superseded ");
}

TEST(SnapshotRule, NeverAcceptedAndGoneCancelsOut) {
  Want want = Wants(true);
  want.same_as_accepted = true;
  EXPECT_FALSE(OnSnapshot(Entry::Pending(kOld, false), want).entry.has_value());
  EXPECT_FALSE(OnSnapshot(Parked(), want).entry.has_value());
}

// In doubt the hub may hold something else than A.
Entry Doubted(Entry entry) {
  entry.doubt = kOld;
  return entry;
}

TEST(SnapshotRule, InDoubtTheReturnToTheAcceptedIsSent) {
  Want want = Wants();
  want.same_as_accepted = true;
  for (const Entry& entry : {Entry::Pending(kOld, false), Parked()}) {
    const Step step = OnSnapshot(Doubted(entry), want);
    EXPECT_TRUE(step.entry->pending());
    EXPECT_EQ(step.entry->wanted, kNew);
    EXPECT_EQ(step.entry->doubt, kOld);
    EXPECT_FALSE(step.cancelled);
  }
}

TEST(SnapshotRule, InDoubtWhatWasNeverAcceptedAndIsGoneIsDeleted) {
  Want want = Wants(true);
  want.same_as_accepted = true;
  const Step step = OnSnapshot(Doubted(Parked()), want);
  EXPECT_TRUE(step.entry->pending() && step.entry->gone);
  EXPECT_EQ(step.entry->doubt, kOld);
}

TEST(SnapshotRule, DoubtOutlivesWhatIsWantedMeanwhile) {
  Want back = Wants();
  back.same_as_flight = true;
  EXPECT_EQ(OnSnapshot(Doubted(Flying(kWaiting)), Wants()).entry->doubt, kOld);
  EXPECT_EQ(OnSnapshot(Doubted(Flying(kWaiting)), back).entry->doubt, kOld);
}

TEST(SnapshotRule, InFlightRemembersTheNewer) {
  const Step step = OnSnapshot(Flying(), Wants());
  EXPECT_EQ(step.entry->wanted, kNew);
  EXPECT_EQ(step.entry->flight->ref, kOld);
  EXPECT_EQ(Moves(step), "3:new>pending ");
}

TEST(SnapshotRule, InFlightSupersedesWhatWaitedBehindIt) {
  const Step step = OnSnapshot(Flying(kWaiting), Wants());
  EXPECT_EQ(Moves(step), "2:pending>superseded 3:new>pending ");
}

TEST(SnapshotRule, SameAsInFlightNeedsNothingMore) {
  Want want = Wants();
  want.same_as_flight = true;
  const Step step = OnSnapshot(Flying(kWaiting), want);
  EXPECT_EQ(step.entry->wanted, kOld);
  EXPECT_EQ(Moves(step), "2:pending>superseded 3:new>superseded ");
}

TEST(SnapshotRule, ParkedStaysParkedForTheSameContent) {
  Want want = Wants();
  want.same_as_wanted = true;
  const Step step = OnSnapshot(Parked(), want);
  EXPECT_TRUE(step.entry->parked());
  EXPECT_EQ(Moves(step), "3:new>superseded ");
}

TEST(SnapshotRule, ParkedIsResolvedByReturningToTheAccepted) {
  Want want = Wants();
  want.same_as_accepted = true;
  const Step step = OnSnapshot(Parked(), want);
  EXPECT_FALSE(step.entry.has_value());
  EXPECT_EQ(Moves(step), "1:rejected>rejected 3:new>superseded ");
}

TEST(SnapshotRule, ParkedAndChangedIsPendingAgain) {
  const Step step = OnSnapshot(Parked(), Wants());
  EXPECT_TRUE(step.entry->pending());
  EXPECT_EQ(step.entry->attempts, 0u);
  EXPECT_EQ(Moves(step), "1:rejected>rejected 3:new>pending ");
}

TEST(ReceiptRule, AcceptedSettles) {
  const Step step = OnReceipt(Flying(), Receipt(true));
  EXPECT_FALSE(step.entry.has_value());
  EXPECT_EQ(Moves(step), "1:in_flight>accepted ");
}

TEST(ReceiptRule, AcceptedWithANewerWantedIsPending) {
  const Step step = OnReceipt(Flying(kWaiting), Receipt(true));
  EXPECT_TRUE(step.entry->pending());
  EXPECT_EQ(step.entry->wanted, kWaiting);
  EXPECT_EQ(Moves(step), "1:in_flight>accepted ");
}

TEST(ReceiptRule, RejectedIsParkedWithItsCode) {
  const Step step = OnReceipt(Flying(), Receipt(false));
  EXPECT_EQ(step.entry->code, "E1");
  EXPECT_EQ(step.entry->since, 1'000);
  EXPECT_EQ(step.entry->attempts, 1u);
  EXPECT_EQ(Moves(step), "1:in_flight>rejected ");
}

TEST(ReceiptRule, RejectionWithoutACodeIsParkedAllTheSame) {
  ReceiptEvent receipt = Receipt(false);
  receipt.code.clear();
  EXPECT_TRUE(OnReceipt(Flying(), receipt).entry->parked());
}

TEST(ReceiptRule, RejectedWithANewerWantedIsPending) {
  const Step step = OnReceipt(Flying(kWaiting), Receipt(false));
  EXPECT_TRUE(step.entry->pending());
  EXPECT_EQ(Moves(step), "1:in_flight>rejected ");
}

TEST(ReceiptRule, RejectedAndNewerWantedIsHeldAlreadySettles) {
  const Step step = OnReceipt(Flying(kWaiting), Receipt(false, true));
  EXPECT_FALSE(step.entry.has_value());
  EXPECT_EQ(Moves(step), "1:in_flight>rejected 2:pending>superseded ");
}

TEST(ReceiptRule, AcceptedDeleteOfTheOldIdentityLeavesTheAdd) {
  const Step step = OnReceipt(Flying(kOld, ChangeOp::kDelete, true), Receipt(true));
  EXPECT_TRUE(step.entry->pending());
  EXPECT_EQ(Moves(step), "1:in_flight>pending ");
}

TEST(ReceiptRule, DeleteOfTheOldIdentityAlsoDeliversAWithdrawal) {
  Entry entry = Flying(kWaiting, ChangeOp::kDelete, true);
  entry.gone = true;
  const Step step = OnReceipt(entry, Receipt(true, true));
  EXPECT_FALSE(step.entry.has_value());
  EXPECT_EQ(Moves(step), "1:in_flight>superseded 2:pending>accepted ");
}

ReceiptEvent RejectedRepeat(bool wanted_is_held = false) {
  ReceiptEvent receipt = Receipt(false, wanted_is_held);
  receipt.doubtful = true;
  return receipt;
}

TEST(ReceiptRule, RejectedRepeatIsParkedInDoubt) {
  const Step step = OnReceipt(Flying(), RejectedRepeat());
  EXPECT_TRUE(step.entry->parked());
  EXPECT_EQ(step.entry->doubt, kOld);
  EXPECT_FALSE(OnReceipt(Flying(), Receipt(false)).entry->doubt.has_value());
}

TEST(ReceiptRule, RejectedRepeatAndNewerWantedIsSentThoughItSeemsHeld) {
  const Step step = OnReceipt(Flying(kWaiting), RejectedRepeat(true));
  EXPECT_TRUE(step.entry->pending());
  EXPECT_EQ(step.entry->wanted, kWaiting);
  EXPECT_EQ(step.entry->doubt, kOld);
}

TEST(ReceiptRule, RejectedRepeatOfADeleteKeepsTheContentThatWasInDoubt) {
  Entry entry = Flying(kOld, ChangeOp::kDelete);
  entry.doubt = kWaiting;
  EXPECT_EQ(OnReceipt(entry, RejectedRepeat()).entry->doubt, kWaiting);
}

TEST(ReceiptRule, DoubtOutlivesRejectionsAndEndsWithTheFirstThatIsAccepted) {
  Entry entry = Flying(kNew);
  entry.doubt = kWaiting;
  EXPECT_EQ(OnReceipt(entry, Receipt(false)).entry->doubt, kWaiting);
  EXPECT_FALSE(OnReceipt(entry, Receipt(true)).entry->doubt.has_value());
  EXPECT_FALSE(OnReceipt(Doubted(Flying(kOld, ChangeOp::kDelete, true)), Receipt(true)).entry->doubt.has_value());
}

TEST(EntryCode, RoundTripsEveryShape) {
  for (const Entry& entry : {Entry::Pending(kOld, true), Parked(), Flying(kWaiting, ChangeOp::kDelete, true),
                             Doubted(Parked()), Doubted(Flying(kWaiting))}) {
    const std::string bytes = EncodeEntry(entry);
    const std::optional<Entry> read = DecodeEntry(bytes);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(EncodeEntry(*read), bytes);
  }
}

TEST(EntryCode, EveryCutAndEveryExtraByteIsRefused) {
  for (const Entry& entry : {Entry::Pending(kOld, true), Parked(), Flying(kWaiting), Doubted(Parked())}) {
    const std::string bytes = EncodeEntry(entry);
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(DecodeEntry(bytes.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(DecodeEntry(bytes + "x").has_value());
  }
  EXPECT_FALSE(DecodeEntry(std::string(1, '\x7F') + EncodeEntry(Parked())).has_value());
}

}  // namespace
}  // namespace sabun
