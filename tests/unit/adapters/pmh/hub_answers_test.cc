#include "adapters/pmh/hub_answers.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/adapters/pmh/sample_records.h"

namespace sabun {
namespace {

HttpReply Answered(int status, const std::string& body) {
  HttpReply reply;
  reply.outcome = HttpReply::Outcome::kAnswered;
  reply.status = status;
  reply.body = body;
  return reply;
}

class HubAnswersTest : public ::testing::Test {
 protected:
  TaskAnswer Task(const std::string& body) { return ReadTaskReply(profile_, Answered(200, body)); }
  TaskAnswer Results(const std::string& results) {
    return Task(absl::StrCat(R"({"status":"COMPLETED","results":[)", results, "]}"));
  }
  HubVerdict VerdictOf(int status) { return JudgeReply(profile_, Answered(status, "")).verdict; }

  HubProfile profile_ =
      Parsed("[[field]]\nname='a'\n[[error]]\ncode='E5'\nclass='credentials'\nremedy_ja='a'\nremedy_en='b'");
};

TEST_F(HubAnswersTest, StatusesWithoutAnEntryHaveTheirUsualMeaning) {
  EXPECT_EQ(VerdictOf(400), HubVerdict::kRefused);
  EXPECT_EQ(VerdictOf(413), HubVerdict::kRefused);
  EXPECT_EQ(VerdictOf(401), HubVerdict::kCredentials);
  EXPECT_EQ(VerdictOf(408), HubVerdict::kNotApplied);
  EXPECT_EQ(VerdictOf(429), HubVerdict::kNotApplied);
  EXPECT_EQ(VerdictOf(500), HubVerdict::kUnknown);
  EXPECT_EQ(VerdictOf(302), HubVerdict::kFatal);
  EXPECT_EQ(VerdictOf(405), HubVerdict::kFatal);
}

TEST_F(HubAnswersTest, CodeOfTheHubGoesBeforeTheStatus) {
  const HubAnswer answer = JudgeReply(profile_, Answered(400, R"({"errorCode":"E5"})"));
  EXPECT_EQ(answer.verdict, HubVerdict::kCredentials);
  EXPECT_EQ(answer.code, "E5");
}

TEST_F(HubAnswersTest, StatusEntriesGoFromExactToGeneral) {
  profile_.errors.push_back({"HTTP-4xx", ErrorClass::kTransient, "", ""});
  EXPECT_EQ(VerdictOf(400), HubVerdict::kNotApplied);
  profile_.errors.push_back({"HTTP-400", ErrorClass::kFatal, "", ""});
  EXPECT_EQ(VerdictOf(400), HubVerdict::kFatal);
}

TEST_F(HubAnswersTest, CodesThatAreNoCodesAreNotKept) {
  EXPECT_EQ(JudgeReply(profile_, Answered(400, R"({"errorCode":"愛知 花子"})")).code, "UNREADABLE-CODE");
  EXPECT_EQ(JudgeReply(profile_, Answered(400, R"({"errorCode":{"a":1}})")).code, "HTTP-400");
}

TEST_F(HubAnswersTest, PostWithoutATaskIdIsUnknown) {
  EXPECT_EQ(ReadPostReply(profile_, Answered(202, "{}")).verdict, HubVerdict::kUnknown);
  EXPECT_EQ(ReadPostReply(profile_, Answered(202, "[]")).verdict, HubVerdict::kUnknown);
  EXPECT_EQ(ReadPostReply(profile_, Answered(202, R"({"taskId":""})")).verdict, HubVerdict::kUnknown);
  const std::string endless = absl::StrCat(R"({"taskId":")", std::string(1001, 'x'), "\"}");
  EXPECT_EQ(ReadPostReply(profile_, Answered(202, endless)).verdict, HubVerdict::kUnknown);
}

TEST_F(HubAnswersTest, TaskIdMayBeANumber) {
  EXPECT_EQ(ReadPostReply(profile_, Answered(200, R"({"taskId":17})")).task_id, "17");
}

TEST_F(HubAnswersTest, StatesAreTold) {
  EXPECT_EQ(Task(R"({"status":"PROCESSING"})").state, TaskState::kRunning);
  EXPECT_EQ(Task("{}").state, TaskState::kRunning);
  EXPECT_EQ(Results("").state, TaskState::kFinished);
  const TaskAnswer failed = Task(R"({"status":"FAILED","errorCode":"E5"})");
  EXPECT_EQ(failed.state, TaskState::kFailed);
  EXPECT_EQ(failed.error_class, ErrorClass::kCredentials);
  EXPECT_EQ(Task(R"({"status":"FAILED"})").error_class, ErrorClass::kTransient);
}

TEST_F(HubAnswersTest, ResultsThatCannotBeReadAreUnknown) {
  EXPECT_EQ(Task(R"({"status":"COMPLETED"})").verdict, HubVerdict::kUnknown);
  EXPECT_EQ(Task(R"({"status":"COMPLETED","results":{}})").verdict, HubVerdict::kUnknown);
  EXPECT_EQ(Results("3").verdict, HubVerdict::kUnknown);
  EXPECT_EQ(Results(R"({"result":"OK"})").verdict, HubVerdict::kUnknown);
  EXPECT_EQ(Results(R"({"index":-1,"result":"OK"})").verdict, HubVerdict::kUnknown);
  EXPECT_EQ(Results(R"({"index":0})").verdict, HubVerdict::kUnknown);
}

TEST_F(HubAnswersTest, RejectedElementHasItsCode) {
  const TaskAnswer answer = Results(R"({"index":4,"result":"ERROR","errorCode":"E9","errorMessage":"m"})");
  ASSERT_EQ(answer.results.size(), 1u);
  EXPECT_EQ(answer.results[0].position, 4u);
  EXPECT_FALSE(answer.results[0].accepted);
  EXPECT_EQ(answer.results[0].code, "E9");
  EXPECT_EQ(Results(R"({"index":0,"result":"ERROR"})").results[0].code, "NO-CODE");
}

TEST_F(HubAnswersTest, IndexMayStartAtOne) {
  profile_.answers.first_index = 1;
  EXPECT_EQ(Results(R"({"index":1,"result":"OK"})").results[0].position, 0u);
  EXPECT_EQ(Results(R"({"index":0,"result":"OK"})").verdict, HubVerdict::kUnknown);
}

TEST_F(HubAnswersTest, PageInPlaceOfATaskSaysNothing) {
  HttpReply page = Answered(404, "<html>");
  page.content_type = "text/html; charset=utf-8";
  EXPECT_EQ(ReadTaskReply(profile_, page).verdict, HubVerdict::kFatal);
  EXPECT_EQ(ReadTaskReply(profile_, Answered(404, "{}")).state, TaskState::kMissing);
}

}  // namespace
}  // namespace sabun
