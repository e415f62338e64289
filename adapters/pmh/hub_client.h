// Talks to the hub: posts arrays, asks for tasks, keeps the token.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "adapters/pmh/http_client.h"
#include "adapters/pmh/hub_answers.h"
#include "adapters/pmh/hub_profile.h"
#include "adapters/pmh/token_source.h"

namespace sabun {

// The code of a post that was not made because it was not permitted.
inline constexpr absl::string_view kLeaseCode = "(LEASE)";  // no hub can give it

// Thread-safe. Never logs; no answer holds a body. A token that the hub refuses is replaced
// at most twice per call (the second time in case another caller had it replaced at that moment).
class HubClient {
 public:
  // `profile` must outlive it, and `http`, which is a way of its own when not given. `base_url` replaces the profile's
  // when it is not empty.
  HubClient(const HubProfile& profile, absl::string_view base_url, HttpExchange* http = nullptr);

  // Posts a JSON array. `may_send` is asked right before each request that could change the hub; when it says no, the
  // verdict is kNotApplied with the code kLeaseCode.
  PostAnswer Post(absl::string_view array, const std::function<bool()>& may_send);

  // Asks for a task's state and results.
  TaskAnswer Ask(absl::string_view task_id);

  // Asks for a page of what the hub holds, by the profile's [hub.listing]; `cursor` is empty for the first one.
  ListingPage List(absl::string_view cursor);

 private:
  // Fetches a token and sends, again with a new token after a 401. `token` says what went wrong with it.
  HttpReply Send(HttpRequest& request, const std::function<bool()>& may_send, TokenAnswer& token);

  const HubProfile& profile_;
  const std::string base_url_;
  const std::unique_ptr<HttpClient> own_http_;
  HttpExchange& http_;
  TokenSource tokens_;
};

}  // namespace sabun
