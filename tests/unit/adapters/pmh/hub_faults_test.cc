// What the submission does when the hub is away for long, when it says something that stops it, and under mixed faults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "adapters/pmh/submitter.h"
#include "tests/pmh_sim/pmh_sim.h"
#include "tests/unit/adapters/pmh/fake_engine.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {
namespace {

using ::testing::HasSubstr;

class HubFaultsTest : public ::testing::Test {
 protected:
  HubFaultsTest() { StartHub({}); }

  void StartHub(const PmhSimOptions& options) {
    auto hub = PmhSim::Start(options);
    ASSERT_TRUE(hub.ok()) << hub.status();
    hub_ = *std::move(hub);
  }
  void Faults(const std::string& spec) { ASSERT_TRUE(hub_->SetFaults(spec).ok()); }
  void AddRecords(int count) {
    for (int i = 0; i < count; ++i) {
      engine_.AddPending(v1::CHANGE_OP_ADD, SampleRecord({{"historyKey", absl::StrCat("H", i)}}));
    }
  }
  void Change(const std::string& from, const std::string& to) { replacements_[from] = to; }
  absl::StatusOr<SubmitSummary> Run() {
    options_.dataset = "d";
    options_.profile_toml = ImpatientProfile(replacements_);
    options_.hub_url = hub_->url();
    options_.holder = "test";
    options_.on_notice = [this](absl::string_view text) {
      notices_.emplace_back(text);
      if (on_notice_) on_notice_(text);
    };
    return Submit(options_, engine_.stub());
  }
  SubmitSummary RunWell() {
    const auto summary = Run();
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary.ok() ? *summary : SubmitSummary();
  }
  int Told(absl::string_view code) const {
    return static_cast<int>(std::count_if(notices_.begin(), notices_.end(),
                                          [&](const std::string& text) { return absl::StartsWith(text, code); }));
  }
  // As a service does: until `stop`, which comes when all records are accepted.
  SubmitSummary FollowUntilAccepted(std::uint64_t records) {
    std::stop_source stop;
    options_.follow = true;
    options_.follow_interval = absl::Milliseconds(1);
    options_.stop = stop.get_token();
    options_.on_progress = [=, &stop](const SubmitProgress& progress) {
      if (progress.accepted == records) std::stop_source(stop).request_stop();
    };
    return RunWell();
  }

  FakeEngine engine_;
  std::unique_ptr<PmhSim> hub_;
  SubmitOptions options_;
  std::vector<std::string> notices_;
  std::function<void(absl::string_view)> on_notice_;
  std::map<std::string, std::string> replacements_{{"max_records = 1000 ", "max_records = 4 "}};
};

TEST_F(HubFaultsTest, FollowingSubmissionStaysThroughAnOpenCircuitAndSaysSoOnce) {
  AddRecords(40);
  Faults("http:status=503");
  on_notice_ = [this](absl::string_view text) {
    if (absl::StartsWith(text, "HUB-PAUSED")) Faults("http:status=503,count=5");
  };
  EXPECT_EQ(FollowUntilAccepted(40).accepted, 40u);
  EXPECT_EQ(hub_->Records().size(), 40u);
  EXPECT_EQ(Told("HUB-PAUSED"), 1);
  EXPECT_EQ(Told("HUB-BACK"), 1);
  EXPECT_EQ(Told("HUB-DOWN"), 0);
}

TEST_F(HubFaultsTest, OpenCircuitTriesOneCallAtATime) {
  AddRecords(400);
  Change("max_trials = 60", "max_trials = 3");
  Faults("http:status=503");
  const SubmitSummary summary = RunWell();
  EXPECT_EQ(summary.pending + summary.unknown, 400u);
  // Eight failures open it, up to three more were on their way, and three trials follow.
  EXPECT_LE(hub_->Stats().requests - hub_->Stats().tokens, 8u + 3u + 3u);
  EXPECT_EQ(Told("HUB-PAUSED"), 1);
  EXPECT_EQ(Told("HUB-DOWN"), 1);
}

TEST_F(HubFaultsTest, EngineIsToldHowItStandsWithTheHub) {
  AddRecords(400);
  Change("max_trials = 60", "max_trials = 3");
  Faults("http:status=503");
  RunWell();
  EXPECT_NE(engine_.hub().circuit(), v1::HUB_CIRCUIT_CLOSED);
  EXPECT_GE(engine_.hub().failures_in_a_row(), 11u);
  EXPECT_EQ(engine_.hub().last_code(), "E5030");
  Faults("");
  RunWell();
  EXPECT_EQ(engine_.hub().circuit(), v1::HUB_CIRCUIT_CLOSED);
  EXPECT_EQ(engine_.hub().last_code(), "");
}

TEST_F(HubFaultsTest, HubThatRefusesConnectionsGetsEverythingWhenItIsBack) {
  AddRecords(40);
  PmhSimOptions same_place;
  same_place.listen = absl::StrCat("127.0.0.1:", hub_->port());
  hub_->Stop();
  on_notice_ = [&](absl::string_view text) {
    if (absl::StartsWith(text, "HUB-PAUSED")) StartHub(same_place);
  };
  EXPECT_EQ(FollowUntilAccepted(40).accepted, 40u);
  EXPECT_EQ(hub_->Records().size(), 40u);
}

TEST_F(HubFaultsTest, TaskThatNeverEndsDoesNotKeepOthersWaiting) {
  AddRecords(40);
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 0.02");
  Faults("never_finish:count=2");
  EXPECT_EQ(RunWell().accepted, 40u);
  EXPECT_EQ(hub_->Records().size(), 40u);
}

// The hub says something that blames the set-up: the run ends at once, nothing is taken for sent, and when the set-up
// is mended the next run sends everything.
class StoppingFaultTest : public HubFaultsTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(StoppingFaultTest, EndsTheRunAndTheNextOneSendsEverything) {
  AddRecords(40);
  Faults(GetParam());
  EXPECT_FALSE(Run().ok());
  Faults("");
  RunWell();
  EXPECT_EQ(engine_.CountIn(FakeEngine::State::kAccepted), 40u);
  EXPECT_EQ(hub_->Records().size(), 40u);
}

INSTANTIATE_TEST_SUITE_P(Faults, StoppingFaultTest,
                         ::testing::Values("http:status=400", "http:status=401", "http:status=403", "http:status=404",
                                           "http:status=405", "http:status=403,on=task", "http:status=401,on=token",
                                           "html:status=403"));

TEST_F(HubFaultsTest, HubWithoutATrustedCertificateGetsNothing) {
  AddRecords(4);
  const std::string url = hub_->url();
  options_.hub_url = absl::StrCat("https", url.substr(4));
  options_.dataset = "d";
  options_.profile_toml = ImpatientProfile(replacements_);
  options_.holder = "test";
  // A hub that does not speak TLS at all: no call is made, and nothing is unknown.
  const auto summary = Submit(options_, engine_.stub());
  EXPECT_TRUE(!summary.ok() || summary->pending == 4) << summary->unknown;
  EXPECT_EQ(hub_->Stats().posts, 0u);
  RunWell();
  EXPECT_EQ(hub_->Records().size(), 4u);
}

// Several faults at once, drawn by a seed: whatever happens on the way, in the end the hub holds what was to be sent.
class MixedFaultsTest : public HubFaultsTest, public ::testing::WithParamInterface<int> {};

std::string DrawnFaults(int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  const std::vector<std::string> kinds = {"http:status=503",
                                          "http:status=500,on=task",
                                          "http:status=429",
                                          "http:status=500,on=token",
                                          "html",
                                          "html:on=task",
                                          "cut",
                                          "cut:on=task",
                                          "drop",
                                          "drop:on=task",
                                          "lose_answer",
                                          "twice",
                                          "late:polls=3",
                                          "tasks_lost",
                                          "task_failed",
                                          "expire_token",
                                          "defer",
                                          "never_finish",
                                          "http:status=401"};
  std::vector<std::string> clauses;
  for (int i = 0; i < 4; ++i) {
    const std::string kind = kinds[random() % kinds.size()];
    clauses.push_back(absl::StrCat(kind, absl::StrContains(kind, ':') ? "," : ":", "percent=", 5 + random() % 30,
                                   ",count=12,seed=", random() % 1000));
  }
  std::string all;
  for (const std::string& clause : clauses) absl::StrAppend(&all, all.empty() ? "" : ";", clause);
  return all;
}

TEST_P(MixedFaultsTest, EndWithTheHubHoldingEverything) {
  const std::string faults = DrawnFaults(GetParam());
  SCOPED_TRACE(faults);
  AddRecords(60);
  Change("give_up_after_seconds = 600", "give_up_after_seconds = 0.02");
  Faults(faults);
  // Several refused tokens in a row end a run; whoever supervises it starts it again. Every fault comes twelve times.
  for (int run = 0; run < 30 && engine_.CountIn(FakeEngine::State::kAccepted) < 60; ++run) (void)Run();
  EXPECT_EQ(engine_.CountIn(FakeEngine::State::kAccepted), 60u);
  EXPECT_EQ(hub_->Records().size(), 60u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MixedFaultsTest, ::testing::Range(1, 41));

}  // namespace
}  // namespace sabun
