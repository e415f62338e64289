#include "adapters/pmh/hub_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "adapters/pmh/registration.h"
#include "tests/pmh_sim/pmh_sim.h"
#include "tests/unit/adapters/pmh/sample_records.h"
#include "tests/unit/adapters/pmh/self_signed.h"

namespace sabun {
namespace {

bool MaySend() { return true; }

class HubClientTest : public ::testing::Test {
 protected:
  void Start(const std::string& faults, PmhSimOptions options = {}) {
    options.faults = faults;
    auto sim = PmhSim::Start(options);
    ASSERT_TRUE(sim.ok()) << sim.status();
    sim_ = *std::move(sim);
    client_ = std::make_unique<HubClient>(profile_, sim_->url());
  }

  std::string Array() const {
    std::string element;
    EXPECT_TRUE(RegistrationWriter(profile_).AppendElement(v1::CHANGE_OP_ADD, SampleRecord(), element).ok());
    return absl::StrCat("[", element, "]");
  }

  PostAnswer Post() { return client_->Post(Array(), MaySend); }

  HubProfile profile_ = Parsed(ImpatientProfile());
  std::unique_ptr<PmhSim> sim_;
  std::unique_ptr<HubClient> client_;
};

TEST_F(HubClientTest, PostGivesATaskWithResults) {
  Start("");
  const PostAnswer posted = Post();
  ASSERT_EQ(posted.verdict, HubVerdict::kDone) << posted.reason;
  const TaskAnswer task = client_->Ask(posted.task_id);
  ASSERT_EQ(task.verdict, HubVerdict::kDone);
  EXPECT_EQ(task.state, TaskState::kFinished);
  ASSERT_EQ(task.results.size(), 1u);
  EXPECT_TRUE(task.results[0].accepted);
  EXPECT_EQ(sim_->Records().size(), 1u);
}

TEST_F(HubClientTest, OneTokenServesManyCalls) {
  Start("");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Post().verdict, HubVerdict::kDone);
  EXPECT_EQ(sim_->Stats().tokens, 1u);
}

TEST_F(HubClientTest, TokenThatHasEndedIsReplacedTwiceAtMost) {
  PmhSimOptions options;
  options.token_life = absl::ZeroDuration();
  Start("", options);
  EXPECT_EQ(Post().verdict, HubVerdict::kCredentials);
  EXPECT_EQ(sim_->Stats().tokens, 3u);
}

TEST_F(HubClientTest, ForgottenTokenIsReplaced) {
  Start("expire_token:every=2");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Post().verdict, HubVerdict::kDone);
  EXPECT_EQ(sim_->Records().size(), 1u);
}

TEST_F(HubClientTest, WrongSecretIsACredentialsProblem) {
  PmhSimOptions options;
  options.client = "city:right";
  Start("", options);
  ::setenv("SABUN_HUB_CLIENT_ID", "city", 1);
  ::setenv("SABUN_HUB_CLIENT_SECRET", "wr&ng", 1);
  EXPECT_EQ(Post().verdict, HubVerdict::kCredentials);
  ::setenv("SABUN_HUB_CLIENT_SECRET", "right", 1);
  EXPECT_EQ(Post().verdict, HubVerdict::kDone);
}

TEST_F(HubClientTest, StoppedHubIsSurelyNotApplied) {
  Start("");
  sim_->Stop();
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kNotApplied);
  EXPECT_EQ(answer.code, "NO-TOKEN");
}

TEST_F(HubClientTest, HubThatStopsAfterTheTokenIsSurelyNotApplied) {
  Start("");
  ASSERT_EQ(Post().verdict, HubVerdict::kDone);
  sim_->Stop();
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kNotApplied);
  EXPECT_EQ(answer.code, "NO-CONNECTION");
}

TEST_F(HubClientTest, LostAnswerIsUnknownAndNotRepeatedByItself) {
  Start("lose_answer");
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kUnknown);
  EXPECT_EQ(answer.code, "NO-ANSWER");
  EXPECT_EQ(sim_->Stats().posts, 1u);
}

TEST_F(HubClientTest, PostOverAUsedConnectionIsNotRepeatedByItself) {
  Start("lose_answer:after=2;drop:count=1,after=3");
  EXPECT_EQ(Post().verdict, HubVerdict::kDone);
  EXPECT_EQ(Post().verdict, HubVerdict::kDone);
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
  EXPECT_EQ(sim_->Stats().posts, 3u);
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
  EXPECT_EQ(sim_->Stats().posts, 3u);
}

TEST_F(HubClientTest, CutAnswerIsUnknown) {
  Start("cut");
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
  EXPECT_EQ(sim_->Records().size(), 1u);
}

TEST_F(HubClientTest, DroppedConnectionIsUnknown) {
  Start("drop");
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
  EXPECT_TRUE(sim_->Records().empty());
}

TEST_F(HubClientTest, HtmlPageIsUnknown) {
  Start("html");
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kUnknown);
  EXPECT_EQ(answer.code, "NOT-JSON");
}

TEST_F(HubClientTest, SlowHubRunsIntoTheTimeout) {
  profile_ = Parsed(ImpatientProfile({{"request_timeout_seconds = 30", "request_timeout_seconds = 0.05"}}));
  Start("latency:ms=300,on=register");
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
}

TEST_F(HubClientTest, StatusesAreTold) {
  Start("http:status=429,retry_after=7,count=1;http:status=503,after=1,count=1;http:status=403,after=2,count=1");
  const PostAnswer slower = Post();
  EXPECT_EQ(slower.verdict, HubVerdict::kNotApplied);
  EXPECT_EQ(slower.retry_after, absl::Seconds(7));
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
  EXPECT_EQ(Post().verdict, HubVerdict::kCredentials);
  EXPECT_EQ(Post().verdict, HubVerdict::kDone);
}

TEST_F(HubClientTest, RefusedArrayHasTheHubsCode) {
  Start("poison:code=E4002");
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kRefused);
  EXPECT_EQ(answer.code, "E4002");
  EXPECT_EQ(answer.error_class, ErrorClass::kRecord);
}

TEST_F(HubClientTest, WrongPathIsFatal) {
  profile_.register_path = "/nowhere";
  Start("");
  EXPECT_EQ(Post().verdict, HubVerdict::kFatal);
}

TEST_F(HubClientTest, UnknownTaskIsMissing) {
  Start("");
  const TaskAnswer task = client_->Ask("../../sim/records");
  EXPECT_EQ(task.verdict, HubVerdict::kDone);
  EXPECT_EQ(task.state, TaskState::kMissing);
}

TEST_F(HubClientTest, NothingIsSentWithoutPermission) {
  Start("");
  const PostAnswer answer = client_->Post(Array(), [] { return false; });
  EXPECT_EQ(answer.verdict, HubVerdict::kNotApplied);
  EXPECT_EQ(answer.code, kLeaseCode);
  EXPECT_EQ(sim_->Stats().posts, 0u);
}

class HubClientTlsTest : public HubClientTest {
 protected:
  void StartTls(const std::string& client_ca) {
    PmhSimOptions options;
    options.tls_cert_file = hub_.cert_file();
    options.tls_key_file = hub_.key_file();
    options.tls_client_ca_file = client_ca;
    Start("", options);
  }

  const SelfSigned hub_{::testing::TempDir(), absl::StrCat("hub", ::getpid())};
  const SelfSigned city_{::testing::TempDir(), absl::StrCat("city", ::getpid())};
};

TEST_F(HubClientTlsTest, UntrustedHubGetsNothing) {
  StartTls("");
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kFatal);
  EXPECT_EQ(answer.code, "NO-TRUST");
  EXPECT_EQ(sim_->Stats().requests, 0u);
}

TEST_F(HubClientTlsTest, HubOfAPrivateAuthorityIsTrusted) {
  profile_.route.ca_file = hub_.cert_file();
  StartTls("");
  EXPECT_EQ(Post().verdict, HubVerdict::kDone);
}

TEST_F(HubClientTlsTest, ClientCertificateIsShown) {
  profile_.route.ca_file = hub_.cert_file();
  StartTls(city_.cert_file());
  EXPECT_NE(Post().verdict, HubVerdict::kDone);
  profile_.route.client_cert_file = city_.cert_file();
  profile_.route.client_key_file = city_.key_file();
  client_ = std::make_unique<HubClient>(profile_, sim_->url());
  const PostAnswer answer = Post();
  EXPECT_EQ(answer.verdict, HubVerdict::kDone) << answer.reason;
}

TEST_F(HubClientTlsTest, MissingAuthorityFileIsFatal) {
  profile_.route.ca_file = "/no/such/file";
  StartTls("");
  EXPECT_EQ(Post().verdict, HubVerdict::kFatal);
}

TEST_F(HubClientTlsTest, LostAnswerIsUnknown) {
  profile_.route.ca_file = hub_.cert_file();
  StartTls("");
  ASSERT_TRUE(sim_->SetFaults("lose_answer").ok());
  EXPECT_EQ(Post().verdict, HubVerdict::kUnknown);
}

TEST_F(HubClientTest, ProxyOfTheProfileIsTheOnlyWay) {
  profile_.route.proxy = "http://127.0.0.1:1";  // nobody listens there
  Start("");
  EXPECT_NE(Post().verdict, HubVerdict::kDone);
  EXPECT_EQ(sim_->Stats().requests, 0u) << "nothing went past the proxy";
}

TEST_F(HubClientTest, ProxyOfTheEnvironmentIsNotTaken) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  Start("");
  EXPECT_EQ(Post().verdict, HubVerdict::kDone);
  ::unsetenv("http_proxy");
}

TEST_F(HubClientTest, TokenFileIsReadAgainAfterARefusal) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/token", ::getpid());
  profile_.auth.kind = HubAuth::Kind::kTokenFile;
  profile_.auth.token_file = path;
  Start("");
  EXPECT_EQ(Post().code, "NO-TOKEN");
  std::ofstream(path) << "wrong\n";
  EXPECT_EQ(Post().verdict, HubVerdict::kCredentials);
  std::remove(path.c_str());
}

TEST_F(HubClientTest, WithoutAuthenticationNoTokenIsAskedFor) {
  profile_.auth.kind = HubAuth::Kind::kNone;
  Start("");
  EXPECT_EQ(Post().verdict, HubVerdict::kCredentials);
  EXPECT_EQ(sim_->Stats().tokens, 0u);
}

}  // namespace
}  // namespace sabun
