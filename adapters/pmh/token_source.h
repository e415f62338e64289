// Keeps a valid bearer token of the hub.
#pragma once

#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/pmh/http_client.h"
#include "adapters/pmh/hub_answers.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun {

// What asking for a token brought.
struct TokenAnswer : HubAnswer {
  std::string token;  // With kDone; empty when the profile asks for none.
};

// Thread-safe. Nothing it answers holds a secret but the token itself.
class TokenSource {
 public:
  // `http` must outlive it.
  TokenSource(const HubAuth& auth, absl::string_view base_url, HttpExchange& http);

  // A token that does not end soon. `refused` is the token the hub has just refused, or empty: that one is not given
  // again. Verdicts: kDone, kNotApplied (try later), kCredentials, kFatal.
  TokenAnswer Get(absl::string_view refused);

 private:
  TokenAnswer Fetch();
  TokenAnswer FetchByCredentials();

  const HubAuth auth_;
  const std::string url_;
  HttpExchange& http_;
  std::mutex mutex_;
  std::string token_;
  absl::Time valid_until_ = absl::InfinitePast();
};

}  // namespace sabun
