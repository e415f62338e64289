// Whatever a hub answers is read without harm: codes are of harmless characters, reasons never hold a body, places are
// numbers, a token fits one line of a request, and what is kept of the hub's words repeats nobody's number.
#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "adapters/pmh/hub_answers.h"
#include "adapters/pmh/hub_text.h"
#include "adapters/pmh/token_source.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using sabun::fuzz::Require;

bool IsHarmless(const std::string& code) {
  return code.size() <= 100 && std::all_of(code.begin(), code.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
         });
}

// A hub that always answers the same.
class OneReply final : public sabun::HttpExchange {
 public:
  explicit OneReply(const sabun::HttpReply& reply) : reply_(reply) {}
  sabun::HttpReply Exchange(const sabun::HttpRequest&) override { return reply_; }

 private:
  const sabun::HttpReply& reply_;
};

void AskForToken(const sabun::HttpReply& reply) {
  OneReply hub(reply);
  sabun::TokenSource source(sabun::HubAuth(), "http://hub", hub);
  for (const char* refused : {"", "t"}) {
    const sabun::TokenAnswer answer = source.Get(refused);
    Require(IsHarmless(answer.code), "a code is harmless");
    Require(
        std::none_of(answer.token.begin(), answer.token.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }),
        "a token fits one line");
    Require(answer.verdict != sabun::HubVerdict::kDone || reply.status == 200, "only 200 brings a token");
  }
}

int DigitsInARow(const std::string& text) {
  int most = 0, now = 0;
  for (const char c : text) most = std::max(most, now = absl::ascii_isdigit(c) ? now + 1 : 0);
  return most;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const profile = new sabun::HubProfile(
      *sabun::ParseHubProfile("[profile]\nname=\"p\"\n[[field]]\nname=\"a\"\npath=\"a\"\n[[error]]\ncode=\"E1\"\nclass="
                              "\"record\"\nremedy_ja=\"a\"\nremedy_en=\"b\"\n"));
  sabun::fuzz::FuzzInput input(data, size);
  sabun::HttpReply reply;
  reply.outcome = static_cast<sabun::HttpReply::Outcome>(input.Byte() % 4);
  const int statuses[] = {200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 0};
  reply.status = statuses[input.Byte() % 16];
  reply.content_type = input.Byte() % 2 == 0 ? "application/json" : "text/html";
  reply.body = std::string(input.rest());
  const auto post = sabun::ReadPostReply(*profile, reply);
  const auto task = sabun::ReadTaskReply(*profile, reply);
  for (const sabun::HubAnswer& answer : {sabun::HubAnswer(post), sabun::HubAnswer(task)}) {
    Require(IsHarmless(answer.code), "a code is harmless");
    // Words alone may be the adapter's own.
    const bool only_words = std::all_of(reply.body.begin(), reply.body.end(),
                                        [](unsigned char c) { return absl::ascii_isalnum(c) || c == ' '; });
    Require(reply.body.size() < 12 || only_words || answer.reason.find(reply.body) == std::string::npos,
            "a reason holds no body");
  }
  Require(post.verdict != sabun::HubVerdict::kDone || (!post.task_id.empty() && post.task_id.size() <= 4000),
          "a task has an id");
  for (const sabun::ElementResult& result : task.results) {
    Require(IsHarmless(result.code), "a result's code is harmless");
    const std::string kept = sabun::KeptHubText(result.message, {"\xE6\x84\x9B\xE7\x9F\xA5", "123456789018"});
    Require(kept.size() <= 400 && DigitsInARow(kept) < 8, "what is kept repeats no number");
  }
  AskForToken(reply);
  return 0;
}
