// What a token endpoint may answer; how tokens are kept is in hub_client_test.cc.
#include "adapters/pmh/token_source.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

class FixedReply final : public HttpExchange {
 public:
  explicit FixedReply(std::string body) {
    reply_.outcome = HttpReply::Outcome::kAnswered;
    reply_.status = 200;
    reply_.body = std::move(body);
  }
  HttpReply Exchange(const HttpRequest&) override { return reply_; }

 private:
  HttpReply reply_;
};

TokenAnswer AnswerTo(const std::string& body) {
  FixedReply hub(body);
  return TokenSource(HubAuth(), "http://hub", hub).Get("");
}

TEST(TokenSource, TokenOfTheAnswerIsGiven) { EXPECT_EQ(AnswerTo(R"({"access_token": "abc"})").token, "abc"); }

TEST(TokenSource, TokenThatWouldBeginAnotherHeaderIsRefused) {
  const TokenAnswer answer = AnswerTo(R"({"access_token": "abc\r\nX-Other: 1"})");
  EXPECT_EQ(answer.verdict, HubVerdict::kNotApplied);
  EXPECT_EQ(answer.code, "NO-TOKEN");
  EXPECT_EQ(answer.token, "");
}

TEST(TokenSource, AnswerWithoutATokenIsNotApplied) {
  for (const char* body : {"", "[]", "{}", R"({"access_token": 1})", "<html>"}) {
    EXPECT_EQ(AnswerTo(body).verdict, HubVerdict::kNotApplied) << body;
  }
}

}  // namespace
}  // namespace sabun
