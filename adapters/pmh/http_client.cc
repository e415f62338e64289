#include "adapters/pmh/http_client.h"

#include <curl/curl.h>

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64u << 20;
constexpr long kUploadBytes = 256L << 10;

std::size_t AppendBody(char* data, std::size_t size, std::size_t count, void* target) {
  auto* const body = static_cast<std::string*>(target);
  if (body->size() + size * count > kMaxAnswerBytes) return 0;
  body->append(data, size * count);
  return size * count;
}

// Called before each request that libcurl sends. When a connection that was used before ends without an answer libcurl
// would send again by itself; whether something is sent again is for the caller to decide, who may have lost the lease
// by then.
int OnlyOnce(void* sent, char*, char*, int, int) {
  return std::exchange(*static_cast<bool*>(sent), true) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

long Milliseconds(absl::Duration duration) { return static_cast<long>(absl::ToInt64Milliseconds(duration)); }

void SetRoute(CURL* curl, const HubRoute& route) {
  // An empty text also keeps libcurl from looking into the environment.
  curl_easy_setopt(curl, CURLOPT_PROXY, route.proxy.c_str());
  if (!route.ca_file.empty()) {
    // The authority of a closed network replaces the public ones.
    curl_easy_setopt(curl, CURLOPT_CAINFO, route.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!route.client_cert_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, route.client_cert_file.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, route.client_key_file.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

curl_slist* Headers(const HttpRequest& request) {
  curl_slist* headers = curl_slist_append(nullptr, "Accept: application/json");
  if (request.post) {
    headers = curl_slist_append(headers, absl::StrCat("Content-Type: ", request.content_type).c_str());
    // Waiting for "100 Continue" costs a second with servers that do not know it.
    headers = curl_slist_append(headers, "Expect:");
  }
  if (!request.bearer.empty()) {
    headers = curl_slist_append(headers, absl::StrCat("Authorization: Bearer ", request.bearer).c_str());
  }
  return headers;
}

HttpReply::Outcome OutcomeOf(CURL* curl, CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpReply::Outcome::kAnswered;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return HttpReply::Outcome::kUntrusted;
    default:
      break;
  }
  // The number of request bytes that were written, headers included, decides: not one byte means surely not applied.
  long sent = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  return sent == 0 ? HttpReply::Outcome::kNotSent : HttpReply::Outcome::kNoAnswer;
}

void ReadAnswer(CURL* curl, HttpReply& reply) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) reply.content_type = type;
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0) reply.retry_after = absl::Seconds(seconds);
}

}  // namespace

HttpClient::HttpClient(const HubProfile& profile)
    : route_(profile.route), connect_timeout_(profile.connect_timeout), request_timeout_(profile.request_timeout) {
  static const CURLcode kInitialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kInitialized;
}

HttpClient::~HttpClient() {
  for (void* const handle : idle_) curl_easy_cleanup(handle);
}

void* HttpClient::Borrow() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      void* const handle = idle_.back();
      idle_.pop_back();
      return handle;
    }
  }
  return curl_easy_init();
}

void HttpClient::GiveBack(void* handle) {
  curl_easy_reset(handle);
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(handle);
}

HttpReply HttpClient::Exchange(const HttpRequest& request) {
  HttpReply reply;
  CURL* const curl = Borrow();
  if (curl == nullptr) {
    reply.problem = "libcurl gives no handle";
    return reply;
  }
  SetRoute(curl, route_);
  curl_slist* const headers = Headers(request);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(connect_timeout_));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Milliseconds(request_timeout_));
  curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, AppendBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  bool sent = false;
  if (request.post) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBytes);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, OnlyOnce);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, &sent);
  }
  const CURLcode code = curl_easy_perform(curl);
  reply.outcome = OutcomeOf(curl, code);
  if (code == CURLE_OK) ReadAnswer(curl, reply);
  if (code != CURLE_OK) reply.problem = curl_easy_strerror(code);
  curl_slist_free_all(headers);
  GiveBack(curl);
  return reply;
}

}  // namespace sabun
