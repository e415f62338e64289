#include "tests/pmh_sim/pmh_sim.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/unit/pmh_sim/sample_element.h"

namespace sabun {
namespace {

using nlohmann::json;

class PmhSimTest : public ::testing::Test {
 protected:
  void Start(PmhSimOptions options = {}) {
    auto sim = PmhSim::Start(options);
    ASSERT_TRUE(sim.ok()) << sim.status();
    sim_ = *std::move(sim);
    http_ = std::make_unique<httplib::Client>(sim_->url());
  }

  httplib::Result Token(const std::string& secret) {
    return http_->Post(
        "/oauth/token",
        httplib::Params{{"grant_type", "client_credentials"}, {"client_id", "city"}, {"client_secret", secret}});
  }

  httplib::Headers Bearer() {
    return {{"Authorization", "Bearer " + json::parse(Token("s")->body).at("access_token").get<std::string>()}};
  }

  httplib::Result Post(const json& body) {
    return http_->Post("/v1/registration-tasks", Bearer(), body.dump(), "application/json");
  }

  int StatusOf(const std::vector<json>& elements) {
    const auto result = Post(json(elements));
    return result ? result->status : -1;
  }

  json TaskOf(const std::vector<json>& elements) {
    const std::string id = json::parse(Post(json(elements))->body).at("taskId");
    return json::parse(http_->Get("/v1/registration-tasks/" + id, Bearer())->body);
  }

  std::unique_ptr<PmhSim> sim_;
  std::unique_ptr<httplib::Client> http_;
};

TEST_F(PmhSimTest, AcceptedRecordsAreHeld) {
  Start();
  const json task = TaskOf({SampleElement("H1"), SampleElement("H2")});
  EXPECT_EQ(task.at("status"), "COMPLETED");
  EXPECT_EQ(task.at("results"), json::parse(R"([{"index":0,"result":"OK"},{"index":1,"result":"OK"}])"));
  EXPECT_EQ(sim_->Records().size(), 2u);
  EXPECT_EQ(http_->Get("/sim/records")->body, SampleElement("H1").dump() + "\n" + SampleElement("H2").dump() + "\n");
}

TEST_F(PmhSimTest, RejectedRecordHasItsPlaceAndCode) {
  Start();
  const json task = TaskOf({SampleElement("H1"), SampleElement("H2", true)});
  EXPECT_EQ(task.at("results")[1].at("index"), 1);
  EXPECT_EQ(task.at("results")[1].at("result"), "ERROR");
  EXPECT_EQ(task.at("results")[1].at("errorCode"), "E2001");
  EXPECT_EQ(sim_->Stats().records.rejected, 1u);
}

TEST_F(PmhSimTest, ArraysThatAreWrongAreRefusedAsAWhole) {
  PmhSimOptions options;
  options.max_items = 2;
  Start(options);
  EXPECT_EQ(StatusOf({SampleElement("H1"), 3}), 400);
  EXPECT_EQ(Post(SampleElement())->status, 400);
  EXPECT_EQ(StatusOf({SampleElement("H1"), SampleElement("H2"), SampleElement("H3")}), 413);
  EXPECT_TRUE(sim_->Records().empty());
}

TEST_F(PmhSimTest, CallsNeedAToken) {
  Start();
  const std::string body = json::array({SampleElement()}).dump();
  EXPECT_EQ(http_->Post("/v1/registration-tasks", body, "application/json")->status, 401);
  EXPECT_EQ(http_->Post("/v1/registration-tasks", {{"Authorization", "Bearer x"}}, body, "application/json")->status,
            401);
}

TEST_F(PmhSimTest, OnlyTheGivenClientGetsAToken) {
  PmhSimOptions options;
  options.client = "city:s";
  Start(options);
  EXPECT_EQ(Token("wrong")->status, 401);
  EXPECT_EQ(Token("s")->status, 200);
}

TEST_F(PmhSimTest, TokensEnd) {
  PmhSimOptions options;
  options.token_life = absl::ZeroDuration();
  Start(options);
  EXPECT_EQ(StatusOf({SampleElement()}), 401);
}

TEST_F(PmhSimTest, LostAnswerWasApplied) {
  Start();
  ASSERT_TRUE(sim_->SetFaults("lose_answer").ok());
  EXPECT_EQ(StatusOf({SampleElement()}), -1);
  EXPECT_EQ(sim_->Records().size(), 1u);
}

TEST_F(PmhSimTest, CutAnswerWasApplied) {
  Start();
  ASSERT_TRUE(sim_->SetFaults("cut").ok());
  EXPECT_EQ(StatusOf({SampleElement()}), -1);
  EXPECT_EQ(sim_->Records().size(), 1u);
}

TEST_F(PmhSimTest, DroppedAndToldStatusesDoNothing) {
  Start();
  ASSERT_TRUE(sim_->SetFaults("drop:count=1;http:status=503,after=1,count=1;html:after=2").ok());
  EXPECT_EQ(StatusOf({SampleElement()}), -1);
  EXPECT_EQ(StatusOf({SampleElement()}), 503);
  EXPECT_EQ(StatusOf({SampleElement()}), 200);
  EXPECT_TRUE(sim_->Records().empty());
}

TEST_F(PmhSimTest, TwiceChangesNothingMore) {
  Start();
  ASSERT_TRUE(sim_->SetFaults("twice").ok());
  EXPECT_EQ(TaskOf({SampleElement()}).at("results")[0].at("result"), "OK");
  EXPECT_EQ(sim_->Stats().records.unchanged, 1u);
}

TEST_F(PmhSimTest, DeferredArrayIsAppliedAfterTheNextOne) {
  Start();
  ASSERT_TRUE(sim_->SetFaults("defer:count=1").ok());
  EXPECT_EQ(StatusOf({SampleElement("H1")}), -1);
  EXPECT_TRUE(sim_->Records().empty());
  EXPECT_EQ(StatusOf({SampleElement("H2")}), 202);
  EXPECT_EQ(sim_->Records().size(), 2u);
}

TEST_F(PmhSimTest, ForgottenRecordsAreGoneAlsoAfterARestart) {
  PmhSimOptions options;
  options.state_file = ::testing::TempDir() + "/forgotten.journal";
  Start(options);
  ASSERT_TRUE(sim_->Reset().ok());
  ASSERT_TRUE(sim_->SetFaults("forget:records=2,after=1").ok());
  TaskOf({SampleElement("H1"), SampleElement("H2"), SampleElement("H3"), SampleElement("H4")});
  TaskOf({SampleElement("H5")});
  EXPECT_EQ(sim_->Records().size(), 3u);
  EXPECT_EQ(sim_->Stats().records.deleted, 0u);
  sim_->Stop();
  Start(options);
  EXPECT_EQ(sim_->Records().size(), 3u);
}

TEST_F(PmhSimTest, TasksCanBeLateLostAndFailed) {
  Start();
  ASSERT_TRUE(sim_->SetFaults("late:polls=1,count=1;tasks_lost:after=1,count=1;task_failed:after=2").ok());
  EXPECT_EQ(TaskOf({SampleElement("H1")}).at("status"), "PROCESSING");
  EXPECT_EQ(TaskOf({SampleElement("H2")}).at("errorCode"), "E4040");
  EXPECT_EQ(TaskOf({SampleElement("H3")}).at("status"), "FAILED");
  EXPECT_EQ(sim_->Records().size(), 2u);
}

TEST_F(PmhSimTest, FaultsAreReplacedOverHttp) {
  Start();
  EXPECT_EQ(http_->Post("/sim/faults", "cut:every=0", "text/plain")->status, 400);
  EXPECT_EQ(http_->Post("/sim/faults", "reject:code=E7", "text/plain")->status, 204);
  EXPECT_EQ(TaskOf({SampleElement()}).at("results")[0].at("errorCode"), "E7");
}

TEST_F(PmhSimTest, ResetAndStats) {
  Start();
  TaskOf({SampleElement()});
  EXPECT_EQ(json::parse(http_->Get("/sim/stats")->body).at("held"), 1);
  EXPECT_EQ(http_->Post("/sim/reset", "", "text/plain")->status, 204);
  EXPECT_EQ(json::parse(http_->Get("/sim/stats")->body).at("held"), 0);
}

TEST_F(PmhSimTest, WrongOptionsAreErrors) {
  PmhSimOptions options;
  options.listen = "nowhere";
  EXPECT_EQ(PmhSim::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = {};
  options.faults = "fly";
  EXPECT_EQ(PmhSim::Start(options).status().code(), absl::StatusCode::kInvalidArgument);
  Start();
  options = {};
  options.listen = "127.0.0.1:" + std::to_string(sim_->port());
  EXPECT_EQ(PmhSim::Start(options).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sabun
