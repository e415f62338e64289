#include "adapters/pmh/token_source.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sabun {
namespace {

TokenAnswer Refused(HubVerdict verdict, std::string code, std::string reason) {
  TokenAnswer answer;
  answer.verdict = verdict;
  answer.code = std::move(code);
  answer.reason = std::move(reason);
  return answer;
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("the file ", path, " cannot be read"));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return std::string(absl::StripAsciiWhitespace(text));
}

// A file goes before the environment. A variable that is not set gives an empty text: the hub then decides.
absl::StatusOr<std::string> ReadSecret(const std::string& file, const std::string& variable) {
  if (!file.empty()) return ReadSecretFile(file);
  const char* const value = variable.empty() ? nullptr : std::getenv(variable.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

// It goes into a line of every request: whatever ends a line would begin another header.
bool FitsAHeader(const std::string& token) {
  return std::none_of(token.begin(), token.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); });
}

std::string FormEncoded(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return encoded;
}

// What a token endpoint's refusal means (RFC 6749, section 5.2: 400 and 401 both blame the client).
TokenAnswer JudgeTokenReply(const HttpReply& reply, bool empty_secret) {
  if (reply.outcome == HttpReply::Outcome::kUntrusted) return Refused(HubVerdict::kFatal, "NO-TRUST", reply.problem);
  if (reply.outcome != HttpReply::Outcome::kAnswered) {
    return Refused(HubVerdict::kNotApplied, "NO-TOKEN", absl::StrCat("no token: ", reply.problem));
  }
  const std::string reason = absl::StrCat("the token endpoint answered ", reply.status);
  if (reply.status == 400 || reply.status == 401 || reply.status == 403) {
    const char* const hint = empty_secret ? "; no client secret is set (see [hub.auth] of the profile)" : "";
    return Refused(HubVerdict::kCredentials, absl::StrCat("HTTP-", reply.status), absl::StrCat(reason, hint));
  }
  if (reply.status == 404 || reply.status == 405) {
    return Refused(HubVerdict::kFatal, absl::StrCat("HTTP-", reply.status), reason);
  }
  TokenAnswer answer = Refused(HubVerdict::kNotApplied, absl::StrCat("HTTP-", reply.status), reason);
  answer.retry_after = reply.retry_after;
  return answer;
}

}  // namespace

TokenSource::TokenSource(const HubAuth& auth, absl::string_view base_url, HttpExchange& http)
    : auth_(auth), url_(absl::StrCat(base_url, auth.token_path)), http_(http) {}

TokenAnswer TokenSource::Get(absl::string_view refused) {
  // Held while the token is fetched: every other caller would need the same answer before it could go on.
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool usable = absl::Now() + auth_.refresh_before < valid_until_ && token_ != refused;
  if (usable && !token_.empty()) {
    TokenAnswer answer;
    answer.verdict = HubVerdict::kDone;
    answer.token = token_;
    return answer;
  }
  return Fetch();
}

TokenAnswer TokenSource::Fetch() {
  TokenAnswer answer;
  answer.verdict = HubVerdict::kDone;
  if (auth_.kind == HubAuth::Kind::kNone) return answer;
  if (auth_.kind == HubAuth::Kind::kClientCredentials) return FetchByCredentials();
  const auto token = ReadSecretFile(auth_.token_file);
  if (!token.ok()) return Refused(HubVerdict::kCredentials, "NO-TOKEN", std::string(token.status().message()));
  token_ = answer.token = *token;
  valid_until_ = absl::Now() + auth_.refresh_before + absl::Minutes(1);
  return answer;
}

TokenAnswer TokenSource::FetchByCredentials() {
  const auto id = auth_.client_id.empty() ? ReadSecret(auth_.client_id_file, auth_.client_id_env) : auth_.client_id;
  const auto secret = ReadSecret(auth_.client_secret_file, auth_.client_secret_env);
  for (const auto* const part : {&id, &secret}) {
    if (!part->ok()) return Refused(HubVerdict::kCredentials, "NO-SECRET", std::string(part->status().message()));
  }
  std::string form = absl::StrCat("grant_type=client_credentials&client_id=", FormEncoded(*id),
                                  "&client_secret=", FormEncoded(*secret));
  if (!auth_.scope.empty()) absl::StrAppend(&form, "&scope=", FormEncoded(auth_.scope));
  HttpRequest request;
  request.url = url_;
  request.post = true;
  request.body = form;
  request.content_type = "application/x-www-form-urlencoded";
  const absl::Time asked = absl::Now();
  const HttpReply reply = http_.Exchange(request);
  if (reply.outcome != HttpReply::Outcome::kAnswered || reply.status != 200) {
    return JudgeTokenReply(reply, secret->empty());
  }
  const auto body = nlohmann::json::parse(reply.body, nullptr, false);
  const auto token = body.is_object() ? body.find("access_token") : body.end();
  if (!body.is_object() || token == body.end() || !token->is_string() || !FitsAHeader(token->get<std::string>())) {
    return Refused(HubVerdict::kNotApplied, "NO-TOKEN", "the token endpoint answered without a token");
  }
  const auto life = body.find("expires_in");
  const double seconds = life != body.end() && life->is_number() ? life->get<double>() : 300;
  TokenAnswer answer;
  answer.verdict = HubVerdict::kDone;
  token_ = answer.token = token->get<std::string>();
  // A life shorter than the margin would make every call fetch a token: half of it is then the margin.
  const absl::Duration margin = std::min(auth_.refresh_before, absl::Seconds(seconds / 2));
  valid_until_ = asked + absl::Seconds(seconds) - margin + auth_.refresh_before;
  return answer;
}

}  // namespace sabun
