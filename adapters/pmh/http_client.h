// One HTTP exchange at a time over libcurl, with its outcome told as "was it sent at all".
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "adapters/pmh/hub_profile.h"

namespace sabun {

// What to ask.
struct HttpRequest {
  std::string url;
  bool post = false;
  absl::string_view body;  // With post; must live until the exchange is over.
  std::string content_type;
  std::string bearer;  // Empty: no Authorization.
};

// What came of it.
struct HttpReply {
  enum class Outcome {
    kAnswered,   // A whole answer; `status` and `body` are set.
    kNotSent,    // Nothing of the request left this machine.
    kUntrusted,  // The other side's certificate, or this side's files, do not do: nothing was sent.
    kNoAnswer,   // Something was sent, and no whole answer came.
  };
  Outcome outcome = Outcome::kNotSent;
  int status = 0;
  std::string content_type;
  std::string body;
  std::optional<absl::Duration> retry_after;
  std::string problem;  // libcurl's words when there is no answer; never holds a body.
};

// The way to the hub, so that a simulation can be the hub. Thread-safe.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual HttpReply Exchange(const HttpRequest& request) = 0;
};

// Thread-safe; keeps one connection per concurrent caller. Follows no redirects, takes no proxy from the environment,
// reads at most 64 MiB of an answer. Connections are kept and used again; a post leaves
// at most once for each call. Never logs.
class HttpClient final : public HttpExchange {
 public:
  // Connect and request timeouts and the route are taken from the profile.
  explicit HttpClient(const HubProfile& profile);
  ~HttpClient() override;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpReply Exchange(const HttpRequest& request) override;

 private:
  void* Borrow();
  void GiveBack(void* handle);

  const HubRoute route_;
  const absl::Duration connect_timeout_;
  const absl::Duration request_timeout_;
  std::mutex mutex_;
  std::vector<void*> idle_;  // CURL handles.
};

}  // namespace sabun
