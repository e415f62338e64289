// Nothing is done that was not written down; what comes all the time is counted.
#include "engine/audit/recorder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "engine/audit/verify_log.h"
#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

class RecorderTest : public testing::Test {
 protected:
  void SetUp() override {
    AuditOptions options;
    options.directory = directory_.path();
    log_ = *AuditLog::Open(store_.get(), &clock_, options);
    recorder_ = std::make_unique<AuditRecorder>(log_.get(), &clock_);
  }
  static AuditSubject Subject(const std::string& method, bool frequent = false) {
    AuditSubject subject;
    subject.who = "op";
    subject.method = method;
    subject.frequent = frequent;
    return subject;
  }
  // What was written after the start: "phase method code", and counts.
  std::vector<std::string> Written() {
    std::vector<std::string> written;
    EXPECT_TRUE(VisitAuditLog(directory_.path(), [&](const AuditEntry& entry, absl::string_view) {
                  std::string text = entry.phase + " " + entry.method + " " + entry.code;
                  for (const auto& [what, count] : entry.counts) text += " " + what + "=" + std::to_string(count);
                  if (entry.phase != "engine") written.push_back(text);
                  return absl::OkStatus();
                }).ok());
    return written;
  }

  TempDirectory directory_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  std::unique_ptr<AuditLog> log_;
  std::unique_ptr<AuditRecorder> recorder_;
};

TEST_F(RecorderTest, IntentIsDurableBeforeAnythingIsDone) {
  const auto operation = *recorder_->Begin(Subject("Approve"));
  EXPECT_EQ(Written(), std::vector<std::string>{"intent Approve "});
  EXPECT_EQ(*log_->StoredHead(), log_->head());
}

TEST_F(RecorderTest, OutcomeSaysHowMuchAndHowItEnded) {
  const auto operation = *recorder_->Begin(Subject("Read"));
  operation->Count("records", 2);
  operation->Count("records", 3);
  ASSERT_TRUE(operation->End("OK").ok());
  EXPECT_EQ(Written().back(), "outcome Read OK records=5");
}

TEST_F(RecorderTest, OperationThatIsDroppedEndsAsUnknown) {
  { const auto operation = *recorder_->Begin(Subject("Read")); }
  EXPECT_EQ(Written().back(), "outcome Read UNKNOWN");
}

TEST_F(RecorderTest, FrequentCallsAreCountedByTheMinute) {
  for (int i = 0; i < 100; ++i) {
    const auto operation = *recorder_->Begin(Subject("Next", /*frequent=*/true));
    operation->Count("records", 10);
    ASSERT_TRUE(operation->End(i == 7 ? "ABORTED" : "OK").ok());
  }
  EXPECT_EQ(Written(), std::vector<std::string>{"intent Next "});
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(recorder_->CloseIntervals(false).ok());
  EXPECT_EQ(Written().back(), "interval Next  calls=100 failed ABORTED=1 records=1000");
  EXPECT_EQ(Written().size(), 2u);
}

TEST_F(RecorderTest, NextIntervalBeginsWithAnIntentOfItsOwn) {
  ASSERT_TRUE((*recorder_->Begin(Subject("Next", true)))->End("OK").ok());
  clock_.Advance(absl::Minutes(2));
  ASSERT_TRUE((*recorder_->Begin(Subject("Next", true)))->End("OK").ok());
  const std::vector<std::string> expected = {"intent Next ", "interval Next  calls=1", "intent Next "};
  EXPECT_EQ(Written(), expected);
}

TEST_F(RecorderTest, RefusalsAreWrittenAtOnceAndThenCounted) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(recorder_->Refuse(Subject("Approve"), "PERMISSION_DENIED").ok());
  EXPECT_EQ(Written(), std::vector<std::string>{"refused Approve PERMISSION_DENIED"});
  ASSERT_TRUE(recorder_->CloseIntervals(true).ok());
  EXPECT_EQ(Written().back(), "refused Approve PERMISSION_DENIED calls=49");
}

TEST_F(RecorderTest, SingleRefusalIsWrittenOnce) {
  ASSERT_TRUE(recorder_->Refuse(Subject("Approve"), "NOT_FOUND").ok());
  ASSERT_TRUE(recorder_->CloseIntervals(true).ok());
  EXPECT_EQ(Written().size(), 1u);
}

TEST_F(RecorderTest, ManyStrangersDoNotFillTheMemory) {
  for (int i = 0; i < 5'000; ++i) {
    AuditSubject subject = Subject("Next", true);
    subject.who = std::to_string(i);
    ASSERT_TRUE((*recorder_->Begin(subject))->End("OK").ok());
  }
  ASSERT_TRUE(recorder_->CloseIntervals(true).ok());
  EXPECT_EQ(Written().size(), 10'000u) << "each has two entries, in an interval or not";
}

// A full disk, as the log meets it: its file can be written no more.
TEST_F(RecorderTest, WhatCannotBeWrittenDownIsRefused) {
  const rlimit before = [] {
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    return limit;
  }();
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{200, before.rlim_max};  // less than the log has by now
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = recorder_->Begin(Subject("Approve"));
  const auto frequent = recorder_->Begin(Subject("Next", true));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(refused.ok());
  EXPECT_FALSE(frequent.ok());
  EXPECT_TRUE(recorder_->Begin(Subject("Approve")).ok()) << "there is room again";
  EXPECT_EQ(VerifyAuditLog(directory_.path(), log_->chain(), {})->problem_count, 0u);
}

}  // namespace
}  // namespace sabun
