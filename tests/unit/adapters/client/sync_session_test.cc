#include "adapters/client/sync_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "adapters/client/key_scheme.h"
#include "adapters/client/packing.h"
#include "tests/unit/adapters/client/fake_intake.h"

namespace sabun::client {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const grpc::Status kBroken(grpc::StatusCode::UNAVAILABLE, "connection lost");

// Rows 0 to `rows` - 1 whose entry is made of their ordinal. Row kUnreadable has no key, row kDelete is a delete, and
// row kFailing, in one pass, cannot be packed.
class CountedRows : public RowSource {
 public:
  static constexpr uint64_t kUnreadable = 3;
  static constexpr uint64_t kDelete = 5;
  static constexpr uint64_t kFailing = 6;

  explicit CountedRows(uint64_t rows, uint64_t rows_in_message) : rows_(rows), step_(rows_in_message) {}

  std::string Layout() const override { return "counted"; }
  absl::Status Start(const v1::Begun&) override {
    if (starts == starts_left) return absl::FailedPreconditionError("only once");
    next_ = 0;
    ++starts;
    return absl::OkStatus();
  }
  absl::Status ReadEntries(v1::Fingerprints* message) override {
    message->set_first_ordinal(next_);
    for (uint64_t end = std::min(rows_, next_ + step_); next_ < end; ++next_) {
      message->mutable_entries()->append(Entry(next_));
      if (next_ == kUnreadable) message->add_unreadable()->set_ordinal(next_);
      if (next_ == kDelete) message->add_deletes(next_);
      if (one_pass) AddContent(next_, message);
      if (next_ == cancel_at && cancelled != nullptr) *cancelled = true;
    }
    return next_ == rows_ && message->entries().empty() ? at_end : absl::OkStatus();
  }
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override {
    for (const uint64_t ordinal : ordinals) AppendVarint(ordinal, message->mutable_rows());
    return ordinals.size();
  }
  absl::Status CheckUnchanged() override { return unchanged; }
  void Rest() override { ++rests; }
  double Progress() const override { return static_cast<double>(next_) / static_cast<double>(rows_); }

  static std::string Entry(uint64_t ordinal) { return std::string(32, static_cast<char>('a' + ordinal % 26)); }

  // The content of a row: its ordinal as often as it says.
  static std::string Content(uint64_t ordinal) {
    const bool none = ordinal == kUnreadable || ordinal == kDelete || ordinal == kFailing;
    std::string content;
    AppendPackedField(none ? "" : std::string(ordinal, static_cast<char>('0' + ordinal)), &content);
    return content;
  }
  static void AddContent(uint64_t ordinal, v1::Fingerprints* message) {
    message->mutable_rows()->append(Content(ordinal));
    if (ordinal == kFailing) message->add_errors()->set_ordinal(ordinal);
  }

  bool one_pass = false;
  absl::Status at_end;
  absl::Status unchanged;
  std::atomic<bool>* cancelled = nullptr;
  uint64_t cancel_at = 0;
  int starts = 0;
  int starts_left = 1000;
  int rests = 0;

 private:
  uint64_t rows_;
  uint64_t step_;
  uint64_t next_ = 0;
};

// Gives the messages of `first` until it is started again, then those of `second`.
class RowsOfOtherSizes : public RowSource {
 public:
  RowsOfOtherSizes(CountedRows& first, CountedRows& second) : rows_{&first, &second} {}

  std::string Layout() const override { return "counted"; }
  absl::Status Start(const v1::Begun& begun) override { return rows_[std::min(++starts_, 2) - 1]->Start(begun); }
  absl::Status ReadEntries(v1::Fingerprints* message) override { return Rows().ReadEntries(message); }
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override {
    return Rows().ReadRows(ordinals, message);
  }
  absl::Status CheckUnchanged() override { return absl::OkStatus(); }
  double Progress() const override { return 0; }

 private:
  CountedRows& Rows() { return *rows_[std::min(starts_, 2) - 1]; }

  std::array<CountedRows*, 2> rows_;
  int starts_ = 0;
};

class SyncSession : public ::testing::Test {
 protected:
  absl::StatusOr<SyncResult> Run() {
    SyncOptions options;
    options.dataset = "city/kosodate";
    options.kind = v1::SNAPSHOT_KIND_COMPLETE;
    options.snapshot_id = "one";
    options.first_backoff = absl::ZeroDuration();
    options.max_reconnects = 3;
    options.cancelled = &cancelled_;
    options.one_pass = source_.one_pass;
    return RunSync(*intake_.Connect(), source_, options);
  }
  std::string AllEntries() const {
    std::string all;
    for (uint64_t ordinal = 0; ordinal < 10; ++ordinal) all += CountedRows::Entry(ordinal);
    return all;
  }
  std::string AllContents() const {
    std::string all;
    for (uint64_t ordinal = 0; ordinal < 10; ++ordinal) all += CountedRows::Content(ordinal);
    return all;
  }

  FakeIntake intake_;
  CountedRows source_{10, 4};
  std::atomic<bool> cancelled_ = false;
};

TEST_F(SyncSession, SendsEveryEntryOnceWithCountAndDigest) {
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(intake_.entries, AllEntries());
  EntryDigest digest;
  digest.Append(AllEntries());
  EXPECT_EQ(intake_.end.digest(), digest.Finish());
  EXPECT_EQ(intake_.end.count(), 10);
  EXPECT_EQ(source_.rests, 1);
  EXPECT_EQ(result->committed.change_set().number(), 7);
}

TEST_F(SyncSession, AnswersEachRequestForRowsInOrder) {
  intake_.needed = {{1, 2}, {7}, {}};
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(intake_.records, SizeIs(2));
  EXPECT_EQ(intake_.records[0].rows(), "\x01\x02");
  EXPECT_EQ(intake_.records[1].rows(), "\x07");
  EXPECT_EQ(result->records_sent, 3);
}

TEST_F(SyncSession, OnePassSendsTheRowsWithTheirEntries) {
  source_.one_pass = true;
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(intake_.one_pass);
  EXPECT_EQ(intake_.entries, AllEntries());
  EXPECT_EQ(intake_.rows, AllContents());
  EXPECT_EQ(result->records_sent, 7);
  ASSERT_THAT(result->errors, SizeIs(2));
  EXPECT_EQ(result->errors[1].ordinal(), CountedRows::kFailing);
}

TEST_F(SyncSession, BrokenOnePassGoesOnInTheMiddleOfAMessage) {
  source_.one_pass = true;
  intake_.failures = {{"fingerprints", kBroken}};
  CountedRows other(10, 7);
  other.one_pass = true;
  RowsOfOtherSizes source(source_, other);
  SyncOptions options;
  options.one_pass = true;
  options.snapshot_id = "one";
  options.first_backoff = absl::ZeroDuration();
  const absl::StatusOr<SyncResult> result = RunSync(*intake_.Connect(), source, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(intake_.first_ordinals, ElementsAre(0, 4, 7));
  EXPECT_EQ(intake_.entries, AllEntries());
  EXPECT_EQ(intake_.rows, AllContents());
  EXPECT_THAT(intake_.errors, SizeIs(1));
}

TEST_F(SyncSession, OnePassIsNotAskedForRows) {
  source_.one_pass = true;
  intake_.needed = {{1}};
  EXPECT_TRUE(absl::IsInternal(Run().status()));
  EXPECT_EQ(intake_.commits, 0);
}

TEST_F(SyncSession, SourceThatCannotStartAgainIsNotCommitted) {
  source_.one_pass = true;
  source_.starts_left = 1;
  intake_.failures = {{"fingerprints", kBroken}};
  EXPECT_EQ(Run().status().message(), "only once");
  EXPECT_EQ(intake_.commits, 0);
}

TEST_F(SyncSession, GathersErrorsOfBothSidesByRow) {
  intake_.needed = {{7}};
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_THAT(result->errors, SizeIs(2));
  EXPECT_EQ(result->errors[0].ordinal(), CountedRows::kUnreadable);
  EXPECT_EQ(result->errors[1].code(), "FIELD-DATE");
}

TEST_F(SyncSession, BrokenStreamGoesOnWhereTheEngineStood) {
  intake_.failures = {{"fingerprints", kBroken}};
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(intake_.entries, AllEntries());
  EXPECT_THAT(intake_.snapshot_ids, ElementsAre("one", "one"));
  EXPECT_THAT(intake_.first_ordinals, ElementsAre(0, 4, 8));
  EXPECT_THAT(intake_.unreadable, SizeIs(1));
  EXPECT_THAT(intake_.deletes, ElementsAre(CountedRows::kDelete));
  EXPECT_EQ(result->reconnects, 1);
}

TEST_F(SyncSession, StreamThatBreaksAfterEndGetsTheSameEndAgain) {
  intake_.failures = {{"end", kBroken}};
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(intake_.entries, AllEntries());
  EXPECT_EQ(intake_.end.count(), 10);
}

TEST_F(SyncSession, StreamThatBreaksAmongRecordsStartsThemOver) {
  intake_.needed = {{1}, {2}};
  intake_.failures = {{"records", kBroken}};
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->records_sent, 2);
  EXPECT_THAT(intake_.records, SizeIs(2));
}

TEST_F(SyncSession, LostAnswerToCommitIsFoundUnderTheSameId) {
  intake_.failures = {{"commit", kBroken}};
  const absl::StatusOr<SyncResult> result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(intake_.commits, 1);
  EXPECT_EQ(result->committed.counts().received(), 10);
}

TEST_F(SyncSession, GivesUpAfterItsAttempts) {
  intake_.failures.assign(4, {"begin", kBroken});
  EXPECT_TRUE(absl::IsUnavailable(Run().status()));
  EXPECT_THAT(intake_.snapshot_ids, SizeIs(4));
}

TEST_F(SyncSession, AttemptsAreCountedFromTheLastProgress) {
  intake_.failures.assign(3, {"begin", kBroken});
  intake_.failures.push_back({"fingerprints", kBroken});
  for (int i = 0; i < 2; ++i) intake_.failures.push_back({"begin", kBroken});
  EXPECT_TRUE(Run().ok());
}

TEST_F(SyncSession, EngineThatBreaksAtTheSamePlaceIsGivenUp) {
  intake_.failures.assign(20, {"end", kBroken});
  EXPECT_TRUE(absl::IsUnavailable(Run().status()));
  EXPECT_EQ(intake_.commits, 0);
}

TEST_F(SyncSession, AbortedSnapshotIsBegunAgainOnceUnderANewId) {
  intake_.failures = {{"end", grpc::Status(grpc::StatusCode::ABORTED, "restarted")}};
  ASSERT_TRUE(Run().ok());
  ASSERT_THAT(intake_.snapshot_ids, SizeIs(2));
  EXPECT_NE(intake_.snapshot_ids[1], "one");
  EXPECT_EQ(intake_.entries, AllEntries());
}

TEST_F(SyncSession, OtherErrorsOfTheEngineAreFinal) {
  intake_.failures = {{"begin", grpc::Status(grpc::StatusCode::NOT_FOUND, "no such dataset")}};
  EXPECT_TRUE(absl::IsNotFound(Run().status()));
  EXPECT_THAT(intake_.snapshot_ids, SizeIs(1));
}

TEST_F(SyncSession, SourceThatFailsIsNotCommitted) {
  source_.at_end = absl::FailedPreconditionError("cut");
  EXPECT_EQ(Run().status().message(), "cut");
  EXPECT_EQ(intake_.commits, 0);
}

TEST_F(SyncSession, SourceThatChangedIsNotCommitted) {
  source_.unchanged = absl::AbortedError("changed");
  EXPECT_EQ(Run().status().message(), "changed");
  EXPECT_EQ(intake_.commits, 0);
  EXPECT_EQ(source_.rests, 0);
  EXPECT_EQ(source_.starts, 1);
}

TEST_F(SyncSession, CancelledSnapshotIsNotCommitted) {
  source_.cancelled = &cancelled_;
  source_.cancel_at = 6;
  EXPECT_TRUE(absl::IsCancelled(Run().status()));
  EXPECT_EQ(intake_.commits, 0);
  EXPECT_THAT(intake_.snapshot_ids, SizeIs(1));
}

TEST_F(SyncSession, UnchangedRowCostsAtMost40Bytes) {
  CountedRows many(200'000, RowSource::kMaxEntries);
  SyncOptions options;
  options.snapshot_id = "many";
  const absl::StatusOr<SyncResult> result = RunSync(*intake_.Connect(), many, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LE(result->bytes_sent, 40 * result->rows);
}

TEST(SnapshotId, IsNotGivenTwice) { EXPECT_NE(NewSnapshotId(), NewSnapshotId()); }

}  // namespace
}  // namespace sabun::client
