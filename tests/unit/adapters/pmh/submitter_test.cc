#include "adapters/pmh/submitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/unit/adapters/pmh/submitter_fixture.h"

namespace sabun {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(SubmitterTest, EveryRecordGetsItsReceipt) {
  AddRecords(21);
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 21u);
  EXPECT_EQ(summary.rejected + summary.unknown + summary.pending, 0u);
  EXPECT_THAT(summary.change_sets, ElementsAre(1, 2));
  EXPECT_EQ(hub_->Records().size(), 21u);
  EXPECT_EQ(hub_->Stats().posts, 6u);
  EXPECT_TRUE(engine_.released());
}

TEST_F(SubmitterTest, NothingPendingPostsNothing) {
  EXPECT_EQ(RunWell().accepted, 0u);
  EXPECT_EQ(hub_->Stats().requests, 0u);
}

TEST_F(SubmitterTest, DeletionTakesTheRecordAway) {
  AddRecords(1);
  RunWell();
  engine_.AddPending(v1::CHANGE_OP_DELETE, SampleRecord({{"historyKey", "H0"}}));
  EXPECT_EQ(RunWell().accepted, 1u);
  EXPECT_TRUE(hub_->Records().empty());
}

TEST_F(SubmitterTest, DeletionOfWhatTheHubDoesNotHoldIsAccepted) {
  engine_.AddPending(v1::CHANGE_OP_DELETE, SampleRecord());
  EXPECT_EQ(RunWell().accepted, 1u);
}

TEST_F(SubmitterTest, RejectedRecordKeepsTheHubsCode) {
  AddRecords(6);
  Faults("reject:field=historyKey,equals=H3,code=E3001,message=no master");
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 5u);
  EXPECT_EQ(summary.rejected, 1u);
  EXPECT_EQ(engine_.At(3).code, "E3001");
  EXPECT_EQ(engine_.At(3).message, "no master");
}

TEST_F(SubmitterTest, MessageThatRepeatsAValueIsNotKept) {
  AddRecords(1);
  Faults("reject:code=E1002,message=myNumber 210987654321 is wrong");
  RunWell();
  EXPECT_THAT(engine_.At(0).message, Not(HasSubstr("210987654321")));
}

TEST_F(SubmitterTest, PoisonedBatchIsBisectedToTheRecord) {
  AddRecords(12);
  Faults("poison:field=historyKey,equals=H6,code=E4001");
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 11u);
  EXPECT_EQ(summary.rejected, 1u);
  EXPECT_EQ(engine_.At(6).code, "E4001");
  EXPECT_EQ(hub_->Records().size(), 11u);
}

TEST_F(SubmitterTest, HubThatRefusesEverythingStopsTheRun) {
  AddRecords(40);
  Change("max_refusals_in_a_row = 50", "max_refusals_in_a_row = 3");
  Faults("poison:code=E4001");
  const auto summary = Run();
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(summary.status().message()), HasSubstr("refuses every call"));
  EXPECT_LE(Rejected(), 3u);
}

TEST_F(SubmitterTest, TooManyElementsForTheHubAreSplit) {
  PmhSimOptions options;
  options.max_items = 1;
  StartHub(options);
  AddRecords(4);
  EXPECT_EQ(RunWell().accepted, 4u);
}

TEST_F(SubmitterTest, TooManyBytesAreSplitBeforePosting) {
  AddRecords(4);
  Change("max_bytes = 3145728 ", "max_bytes = 1500 ");
  EXPECT_EQ(RunWell().accepted, 4u);
  EXPECT_EQ(hub_->Stats().refused_posts, 0u);
  EXPECT_GE(hub_->Stats().posts, 2u);
}

TEST_F(SubmitterTest, RecordThatIsNoJsonIsParkedAlone) {
  AddRecords(2);
  engine_.AddPending(v1::CHANGE_OP_ADD, SampleRecord({{"certificationDetail", "[broken"}}));
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 2u);
  EXPECT_EQ(engine_.At(2).code, "SABUN-JSON");
}

// Whatever the hub does wrong for a while, in the end it holds exactly what was sent.
class PassingFaultTest : public SubmitterTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(PassingFaultTest, EndsWithEverythingAccepted) {
  AddRecords(40);
  // With several batches on their way at once, chance may give one of them every second call: it must not run out of
  // attempts.
  Change("max_attempts = 6", "max_attempts = 60");
  Faults(GetParam());
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 40u);
  EXPECT_EQ(summary.unknown + summary.pending + summary.rejected, 0u);
  EXPECT_EQ(hub_->Records().size(), 40u);
}

INSTANTIATE_TEST_SUITE_P(Faults, PassingFaultTest,
                         ::testing::Values("http:status=503,every=3", "http:status=429,retry_after=1,count=3",
                                           "html:every=3", "html:every=2,on=task", "cut:every=2", "cut:every=3,on=task",
                                           "lose_answer:every=2", "defer:every=2", "drop:every=3",
                                           "drop:every=2,on=task", "http:status=500,every=2,on=token",
                                           "expire_token:every=7", "twice", "late:polls=5", "tasks_lost:every=2",
                                           "task_failed:every=3", "http:status=401,every=4",
                                           "late:polls=2;lose_answer:every=3;cut:every=4",
                                           "lose_answer:percent=40,seed=7;html:percent=20,seed=8,on=task"));

TEST_F(SubmitterTest, TransientCodeOfARecordIsSentAgain) {
  AddRecords(4);
  Change("code = \"E3001\"\nclass = \"dependency\"", "code = \"E3001\"\nclass = \"transient\"");
  Faults("reject:field=historyKey,equals=H2,code=E3001,count=2");
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 4u);
  EXPECT_EQ(summary.rejected, 0u);
  EXPECT_EQ(hub_->Stats().posts, 3u);
}

TEST_F(SubmitterTest, FatalCodeOfARecordStops) {
  AddRecords(4);
  Change("code = \"E3001\"\nclass = \"dependency\"", "code = \"E3001\"\nclass = \"fatal\"");
  Faults("reject:field=historyKey,equals=H2,code=E3001");
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Accepted(), 3u);
  EXPECT_EQ(Rejected(), 0u);
}

TEST_F(SubmitterTest, NeverFinishedTaskIsPostedAgain) {
  AddRecords(4);
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 0.02");
  Faults("never_finish:count=1");
  EXPECT_EQ(RunWell().accepted, 4u);
  EXPECT_EQ(hub_->Stats().posts, 2u);
}

TEST_F(SubmitterTest, NeverFinishedTaskIsUnknownWhenItMustNotBeRepeated) {
  AddRecords(4);
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 0.02");
  Change("repost_unfinished = true", "repost_unfinished = false");
  Faults("never_finish:count=1");
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.unknown, 4u);
  EXPECT_EQ(summary.accepted + summary.pending, 0u);
}

TEST_F(SubmitterTest, LostAnswersAreUnknownAndResolvedByTheNextRun) {
  AddRecords(4);
  Faults("lose_answer");
  const SubmitSummary first = RunWell();
  EXPECT_EQ(first.unknown, 4u);
  EXPECT_EQ(first.accepted, 0u);
  Faults("");
  const SubmitSummary second = RunWell();
  EXPECT_EQ(second.accepted, 4u);
  EXPECT_EQ(second.unknown, 0u);
  EXPECT_EQ(hub_->Stats().records.added, 4u);
}

TEST_F(SubmitterTest, RejectionOfARepeatAfterALostAnswerIsDoubtful) {
  AddRecords(2);
  std::size_t place = 1;
  for (const char* verdict : {"reject", "poison"}) {  // the latter splits the batch
    Faults(absl::StrCat("lose_answer:count=1;", verdict, ":field=historyKey,equals=H1,code=E1003,after=1"));
    EXPECT_EQ(RunWell().rejected, 1u);
    EXPECT_TRUE(engine_.At(place).doubtful);
    place = 3;
    AddRecords(2);
  }
}

TEST_F(SubmitterTest, RejectionOfTheOnlyPostIsNotDoubtful) {
  AddRecords(1);
  Faults("http:status=429,count=2;reject:code=E1003");
  RunWell();
  EXPECT_EQ(Rejected(), 1u);
  EXPECT_FALSE(engine_.At(0).doubtful);
}

TEST_F(SubmitterTest, RejectionToldByTheTaskOfACrashedRunIsNotDoubtful) {
  AddRecords(1);
  Faults("reject:code=E1003;late:polls=1000");
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 0.01");
  Change("repost_unfinished = true", "repost_unfinished = false");
  EXPECT_EQ(RunWell().unknown, 1u);
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 60");
  EXPECT_EQ(RunWell().rejected, 1u);
  EXPECT_FALSE(engine_.At(0).doubtful);
}

TEST_F(SubmitterTest, StoppedHubLeavesEverythingPending) {
  AddRecords(6);
  hub_->Stop();
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.pending, 6u);
  EXPECT_EQ(summary.unknown, 0u);
}

TEST_F(SubmitterTest, WrongCredentialsStopWithoutAPost) {
  PmhSimOptions options;
  options.client = "nobody:nothing";
  StartHub(options);
  AddRecords(4);
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(hub_->Stats().posts, 0u);
  EXPECT_EQ(engine_.Open().size(), 1u);
}

TEST_F(SubmitterTest, FailedTaskWithACredentialsCodeStops) {
  AddRecords(4);
  Change("code = \"E5001\"\nclass = \"transient\"", "code = \"E5001\"\nclass = \"credentials\"");
  Faults("task_failed");
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(SubmitterTest, FailedTaskWithARecordCodeIsBisected) {
  AddRecords(4);
  Change("code = \"E5001\"\nclass = \"transient\"", "code = \"E5001\"\nclass = \"record\"");
  Faults("task_failed:count=3");
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.accepted, 3u);
  EXPECT_EQ(summary.rejected, 1u);
}

TEST_F(SubmitterTest, HeldLeaseIsAFailedPrecondition) {
  engine_.StealLease();
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SubmitterTest, StolenLeaseEndsTheRun) {
  AddRecords(40);
  options_.on_progress = [this](const SubmitProgress& progress) {
    if (progress.accepted > 0) engine_.StealLease();
  };
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kAborted);
}

TEST_F(SubmitterTest, ProgressCountsUp) {
  AddRecords(12);
  std::uint64_t last = 0;
  options_.on_progress = [&](const SubmitProgress& progress) {
    EXPECT_GE(progress.accepted, last);
    last = progress.accepted;
  };
  RunWell();
  EXPECT_EQ(last, 12u);
}

TEST_F(SubmitterTest, StopLeavesTheRestPending) {
  AddRecords(400);
  std::stop_source stop;
  options_.stop = stop.get_token();
  options_.on_progress = [&](const SubmitProgress& progress) {
    if (progress.accepted > 0) stop.request_stop();
  };
  const SubmitSummary summary = RunWell();
  EXPECT_GT(summary.accepted, 0u);
  EXPECT_GT(summary.pending, 0u);
  EXPECT_EQ(summary.accepted + summary.pending + summary.unknown, 400u);
  EXPECT_EQ(hub_->Records().size(), summary.accepted + summary.unknown);
}

TEST_F(SubmitterTest, FollowSendsWhatComesLater) {
  std::stop_source stop;
  bool added = false;
  options_.follow = true;
  options_.follow_interval = absl::Milliseconds(1);
  options_.stop = stop.get_token();
  options_.on_progress = [&](const SubmitProgress& progress) {
    if (progress.accepted == 2) stop.request_stop();
    if (progress.accepted == 1 && !std::exchange(added, true))
      engine_.AddPending(v1::CHANGE_OP_ADD, SampleRecord({{"historyKey", "late"}}));
  };
  AddRecords(1);
  EXPECT_EQ(RunWell().accepted, 2u);
}

TEST_F(SubmitterTest, WrongProfileIsInvalid) {
  Change("max_attempts = 6", "max_attempts = 0");
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sabun
