#include "adapters/pmh/hub_client.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace sabun {
namespace {

constexpr int kRounds = 3;

std::string BaseUrl(absl::string_view url) { return std::string(absl::StripSuffix(url, "/")); }

// A task id is the hub's own word, so it must not be able to lead the request to another path.
std::string PathEncoded(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '~') {
      encoded += c;
    } else {
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return encoded;
}

}  // namespace

HubClient::HubClient(const HubProfile& profile, absl::string_view base_url, HttpExchange* http)
    : profile_(profile),
      base_url_(BaseUrl(base_url.empty() ? absl::string_view(profile.base_url) : base_url)),
      own_http_(http == nullptr ? std::make_unique<HttpClient>(profile) : nullptr),
      http_(http == nullptr ? *own_http_ : *http),
      tokens_(profile.auth, base_url_, http_) {}

HttpReply HubClient::Send(HttpRequest& request, const std::function<bool()>& may_send, TokenAnswer& token) {
  HttpReply reply;
  std::string refused;
  for (int round = 0; round < kRounds; ++round) {
    token = tokens_.Get(refused);
    if (token.verdict != HubVerdict::kDone) return reply;
    if (!may_send()) {
      token.verdict = HubVerdict::kNotApplied;
      token.code = std::string(kLeaseCode);
      return reply;
    }
    request.bearer = token.token;
    reply = http_.Exchange(request);
    const bool unauthorized = reply.outcome == HttpReply::Outcome::kAnswered && reply.status == 401;
    if (!unauthorized || token.token.empty()) return reply;
    refused = token.token;
  }
  return reply;
}

PostAnswer HubClient::Post(absl::string_view array, const std::function<bool()>& may_send) {
  HttpRequest request;
  request.url = absl::StrCat(base_url_, profile_.register_path);
  request.post = true;
  request.body = array;
  request.content_type = "application/json";
  TokenAnswer token;
  const HttpReply reply = Send(request, may_send, token);
  if (token.verdict == HubVerdict::kDone) return ReadPostReply(profile_, reply);
  PostAnswer answer;
  static_cast<HubAnswer&>(answer) = token;
  return answer;
}

TaskAnswer HubClient::Ask(absl::string_view task_id) {
  HttpRequest request;
  request.url = absl::StrCat(base_url_, absl::StrReplaceAll(profile_.task_path, {{"{task_id}", PathEncoded(task_id)}}));
  TokenAnswer token;
  const HttpReply reply = Send(
      request, [] { return true; }, token);
  if (token.verdict == HubVerdict::kDone) return ReadTaskReply(profile_, reply);
  TaskAnswer answer;
  static_cast<HubAnswer&>(answer) = token;
  return answer;
}

ListingPage HubClient::List(absl::string_view cursor) {
  const HubListingCall& listing = profile_.listing;
  HttpRequest request;
  request.url = absl::StrCat(base_url_, listing.path, "?", listing.size_parameter, "=", listing.page_size);
  if (!cursor.empty()) absl::StrAppend(&request.url, "&", listing.cursor_parameter, "=", PathEncoded(cursor));
  TokenAnswer token;
  const HttpReply reply = Send(
      request, [] { return true; }, token);
  if (token.verdict == HubVerdict::kDone) return ReadListingReply(profile_, reply);
  ListingPage page;
  static_cast<HubAnswer&>(page) = token;
  return page;
}

}  // namespace sabun
