#include "tests/pmh_sim/pmh_sim.h"

#include <httplib.h>

#include <random>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/memory/memory.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "tests/pmh_sim/connection.h"
#include "tests/pmh_sim/record_rules.h"

namespace sabun {
namespace {

using nlohmann::json;

constexpr char kJson[] = "application/json";
constexpr char kPage[] = "<!DOCTYPE html><html><body><h1>Service maintenance</h1></body></html>";
constexpr std::size_t kPageRecords = 1000;

std::string Nonce() {
  std::random_device device;
  return absl::StrCat(absl::Hex(device(), absl::kZeroPad8));
}

json ErrorBody(const BrokenRule& why) { return {{"errorCode", why.code}, {"errorMessage", why.message}}; }

}  // namespace

PmhSim::PmhSim(const PmhSimOptions& options) : options_(options), nonce_(Nonce()) {}

PmhSim::~PmhSim() { Stop(); }

absl::StatusOr<std::unique_ptr<PmhSim>> PmhSim::Start(const PmhSimOptions& options) {
  auto sim = absl::WrapUnique(new PmhSim(options));
  if (const absl::Status set = sim->faults_.Set(options.faults); !set.ok()) return set;
  auto registry = HubRegistry::Open(options.state_file);
  if (!registry.ok()) return registry.status();
  sim->registry_ = *std::move(registry);
  if (const absl::Status bound = sim->Bind(); !bound.ok()) return bound;
  sim->AddApiRoutes();
  sim->AddListingRoute();
  sim->AddSimRoutes();
  sim->thread_ = std::thread([server = sim->server_.get()] { server->listen_after_bind(); });
  // stop() before the accept loop runs would be lost, and the destructor would wait forever.
  while (!sim->server_->is_running()) absl::SleepFor(absl::Milliseconds(1));
  return sim;
}

absl::Status PmhSim::Bind() {
  const std::vector<std::string> parts = absl::StrSplit(options_.listen, ':');
  int port = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &port) || port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("address \"", options_.listen, "\" is not HOST:PORT"));
  }
  host_ = parts[0];
  if (options_.tls_cert_file.empty()) {
    server_ = std::make_unique<httplib::Server>();
  } else {
    scheme_ = "https";
    const char* const ca = options_.tls_client_ca_file.empty() ? nullptr : options_.tls_client_ca_file.c_str();
    auto server =
        std::make_unique<httplib::SSLServer>(options_.tls_cert_file.c_str(), options_.tls_key_file.c_str(), ca);
    if (!server->is_valid()) return absl::InvalidArgumentError("the TLS certificate or key cannot be used");
    // Without a name for its sessions OpenSSL refuses to resume one that had a client certificate.
    SSL_CTX_set_session_id_context(server->ssl_context(), reinterpret_cast<const unsigned char*>("pmh-sim"), 7);
    server_ = std::move(server);
  }
  server_->new_task_queue = [] { return new httplib::ThreadPool(32); };
  server_->set_keep_alive_max_count(1000000);
  server_->set_keep_alive_timeout(30);
  server_->set_tcp_nodelay(true);
  // Two of them on one port would share its connections; the default options of the library permit that.
  server_->set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  port_ = port == 0 ? server_->bind_to_any_port(host_) : (server_->bind_to_port(host_, port) ? port : -1);
  if (port_ > 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.listen));
}

void PmhSim::Stop() {
  std::call_once(stopped_, [this] {
    if (!thread_.joinable()) return;
    server_->stop();
    BreakAllConnections(port_);
    thread_.join();
  });
}

std::string PmhSim::url() const { return absl::StrCat(scheme_, "://", host_, ":", port_); }

void PmhSim::AddApiRoutes() {
  server_->Post("/oauth/token",
                [this](const httplib::Request& request, httplib::Response& response) { Token(request, response); });
  server_->Post("/v1/registration-tasks",
                [this](const httplib::Request& request, httplib::Response& response) { Register(request, response); });
  server_->Get("/v1/registration-tasks/([A-Za-z0-9-]+)",
               [this](const httplib::Request& request, httplib::Response& response) { Task(request, response); });
}

void PmhSim::AddListingRoute() {
  server_->Get("/v1/registrations", [this](const httplib::Request& request, httplib::Response& response) {
    if (!Authorized(request)) return Refuse(401, {"E4010", "no valid token"}, response);
    std::size_t limit = 0;
    if (!absl::SimpleAtoi(request.get_param_value("limit"), &limit)) limit = kPageRecords;
    std::string after = absl::HexStringToBytes(request.get_param_value("after"));
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::vector<std::string> page = registry_->Page(after, std::min(limit, kPageRecords));
    const std::string next = page.empty() ? "" : absl::BytesToHexString(after);
    response.set_content(absl::StrCat(R"({"records":[)", absl::StrJoin(page, ","), R"(],"next":")", next, R"("})"),
                         kJson);
  });
}

void PmhSim::AddSimRoutes() {
  server_->Get("/sim/records",
               [this](const httplib::Request&, httplib::Response& response) { StreamRecords(response); });
  server_->Get("/sim/stats", [this](const httplib::Request&, httplib::Response& response) {
    const PmhSimStats stats = Stats();
    const json body = {{"requests", stats.requests},
                       {"tokens", stats.tokens},
                       {"posts", stats.posts},
                       {"refused_posts", stats.refused_posts},
                       {"polls", stats.polls},
                       {"held", stats.held},
                       {"added", stats.records.added},
                       {"updated", stats.records.updated},
                       {"unchanged", stats.records.unchanged},
                       {"deleted", stats.records.deleted},
                       {"rejected", stats.records.rejected},
                       {"absent", stats.records.absent}};
    response.set_content(body.dump() + "\n", kJson);
  });
  server_->Post("/sim/faults", [this](const httplib::Request& request, httplib::Response& response) {
    const absl::Status set = SetFaults(request.body);
    response.status = set.ok() ? 204 : 400;
    if (!set.ok()) response.set_content(absl::StrCat(set.message(), "\n"), "text/plain");
  });
  server_->Post("/sim/reset", [this](const httplib::Request&, httplib::Response& response) {
    response.status = Reset().ok() ? 204 : 500;
  });
}

bool PmhSim::Authorized(const httplib::Request& request) const {
  const std::string header = request.get_header_value("Authorization");
  absl::string_view token = header;
  if (!absl::ConsumePrefix(&token, "Bearer ")) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = tokens_.find(std::string(token));
  return found != tokens_.end() && absl::Now() < found->second;
}

bool PmhSim::Spoiled(const CallFaults& faults, const httplib::Request& request, httplib::Response& response) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.requests;
    if (faults.expire_token) tokens_.clear();
    if (faults.forget > 0 && !registry_->LoseRecords(faults.forget).ok()) response.status = 500;
  }
  if (faults.latency > absl::ZeroDuration()) absl::SleepFor(faults.latency);
  if (faults.drop) BreakConnection(port_, request.remote_port);
  if (faults.html) response.set_content(kPage, "text/html");
  if (faults.status != 0) response.status = faults.status;
  if (faults.status != 0 && !faults.html) {
    const BrokenRule why{absl::StrCat("E", faults.status, "0"), "told to answer this"};
    response.set_content(ErrorBody(why).dump(), kJson);
  }
  if (faults.retry_after >= 0) response.set_header("Retry-After", absl::StrCat(faults.retry_after));
  return faults.drop || faults.html || faults.status != 0;
}

void PmhSim::Answer(const CallFaults& faults, const httplib::Request& request, httplib::Response& response) const {
  if (faults.lose_answer) BreakConnection(port_, request.remote_port);
  if (!faults.cut) return;
  const std::string body = std::exchange(response.body, "");
  const int remote_port = request.remote_port;
  response.set_content_provider(body.size(), kJson,
                                [this, body, remote_port](std::size_t, std::size_t, httplib::DataSink& sink) {
                                  sink.write(body.data(), body.size() / 2);
                                  BreakConnection(port_, remote_port);
                                  return false;
                                });
}

void PmhSim::Refuse(int status, const BrokenRule& why, httplib::Response& response) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++stats_.refused_posts;
  response.status = status;
  response.set_content(ErrorBody(why).dump(), kJson);
}

void PmhSim::Token(const httplib::Request& request, httplib::Response& response) {
  const CallFaults faults = faults_.NextCall(HubCall::kToken);
  if (Spoiled(faults, request, response)) return;
  const std::string client =
      absl::StrCat(request.get_param_value("client_id"), ":", request.get_param_value("client_secret"));
  if (request.get_param_value("grant_type") != "client_credentials") {
    response.status = 400;
    response.set_content(R"({"error":"unsupported_grant_type"})", kJson);
  } else if (!options_.client.empty() && client != options_.client) {
    response.status = 401;
    response.set_content(R"({"error":"invalid_client"})", kJson);
  } else {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.tokens;
    const std::string token = absl::StrCat("token-", nonce_, "-", ++next_token_);
    tokens_[token] = absl::Now() + options_.token_life;
    const json body = {
        {"access_token", token}, {"token_type", "Bearer"}, {"expires_in", absl::ToInt64Seconds(options_.token_life)}};
    response.set_content(body.dump(), kJson);
  }
  Answer(faults, request, response);
}

void PmhSim::Register(const httplib::Request& request, httplib::Response& response) {
  const CallFaults faults = faults_.NextCall(HubCall::kRegister);
  if (Spoiled(faults, request, response)) return;
  if (!Authorized(request)) return Refuse(401, {"E4010", "no valid token"}, response);
  // One a thread: what it has grown to is used again.
  thread_local simdjson::dom::parser parser;
  simdjson::dom::array elements;
  if (parser.parse(request.body).get(elements) != simdjson::SUCCESS || elements.begin() == elements.end()) {
    return Refuse(400, {"E4000", "the body is not a JSON array"}, response);
  }
  if (elements.size() > options_.max_items) return Refuse(413, {"E4130", "too many elements"}, response);
  if (const auto broken = CheckArray(elements)) return Refuse(400, *broken, response);
  std::vector<JudgedElement> judged;
  judged.reserve(elements.size());
  for (const simdjson::dom::element element : elements) judged.push_back(Judge(element));
  if (faults.defer) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      deferred_.push_back(std::move(judged));
    }
    // Only now: the caller's next call has to find what waits for it.
    BreakConnection(port_, request.remote_port);
    return;
  }
  const auto task_id = Accept(std::move(judged), faults);
  if (!task_id.ok()) return Refuse(500, {"E5000", "the state file cannot be written"}, response);
  response.status = 202;
  response.set_content(json({{"taskId", *task_id}}).dump(), kJson);
  Answer(faults, request, response);
}

std::optional<BrokenRule> PmhSim::CheckArray(const simdjson::dom::array& elements) {
  const bool faults_judge = faults_.JudgesRecords();
  for (const simdjson::dom::element element : elements) {
    if (auto broken = CheckShape(element)) return broken;
    if (!faults_judge) continue;
    if (const auto poison = faults_.Poison(json::parse(simdjson::to_string(element)))) {
      return BrokenRule{poison->code, poison->message};
    }
  }
  return std::nullopt;
}

PmhSim::JudgedElement PmhSim::Judge(const simdjson::dom::element& element) {
  JudgedElement judged;
  judged.broken = CheckContent(element);
  if (!judged.broken && faults_.JudgesRecords()) {
    const auto fault = faults_.Reject(json::parse(simdjson::to_string(element)));
    if (fault) judged.broken = BrokenRule{fault->code, fault->message};
  }
  if (!judged.broken) judged.element.emplace(element);
  return judged;
}

absl::StatusOr<std::string> PmhSim::Accept(std::vector<JudgedElement> elements, const CallFaults& faults) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto task_id = ApplyAll(std::move(elements), faults);
  // What came late comes now, over what was sent since.
  for (std::vector<JudgedElement>& late : std::exchange(deferred_, {})) {
    const absl::Status applied = ApplyAll(std::move(late), {}).status();
    if (!applied.ok()) return applied;
  }
  return task_id;
}

absl::StatusOr<std::string> PmhSim::ApplyAll(std::vector<JudgedElement> elements, const CallFaults& faults) {
  const std::string task_id = absl::StrCat("task-", nonce_, "-", ++next_task_);
  std::string answer = absl::StrCat(R"({"taskId":")", task_id, R"(","status":")");
  if (faults.task_failed) {
    answer += R"(FAILED","errorCode":"E5001"})";
  } else {
    answer += R"(COMPLETED","results":[)";
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const ElementVerdict broken = Apply(std::move(elements[i]), faults.twice);
      absl::StrAppend(&answer, i == 0 ? "" : ",", R"({"index":)", i);
      if (broken) {
        absl::StrAppend(&answer, R"(,"result":"ERROR","errorCode":)", json(broken->code).dump(), R"(,"errorMessage":)",
                        json(broken->message).dump(), "}");
      } else {
        answer += R"(,"result":"OK"})";
      }
    }
    answer += "]}";
  }
  if (const absl::Status committed = registry_->Commit(task_id, answer); !committed.ok()) return committed;
  if (faults.never_finish || faults.late_polls > 0) open_tasks_[task_id] = {faults.late_polls, faults.never_finish};
  if (faults.task_lost) registry_->ForgetTask(task_id);
  ++stats_.posts;
  return task_id;
}

ElementVerdict PmhSim::Apply(JudgedElement judged, bool twice) {
  if (judged.broken) {
    registry_->CountRejected();
    return judged.broken;
  }
  if (!twice) return registry_->Apply(*std::move(judged.element));
  ElementVerdict first = registry_->Apply(*judged.element);
  if (!first) registry_->Apply(*std::move(judged.element));
  return first;
}

void PmhSim::Task(const httplib::Request& request, httplib::Response& response) {
  const CallFaults faults = faults_.NextCall(HubCall::kTask);
  if (Spoiled(faults, request, response)) return;
  if (!Authorized(request)) return Refuse(401, {"E4010", "no valid token"}, response);
  const std::string task_id = request.matches[1];
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.polls;
    const auto open = open_tasks_.find(task_id);
    const std::string* const answer = registry_->FindTask(task_id);
    if (answer == nullptr) {
      response.status = 404;
      response.set_content(ErrorBody({"E4040", "no such task"}).dump(), kJson);
    } else if (open != open_tasks_.end() && (open->second.never || open->second.polls_left-- > 0)) {
      response.set_content(json({{"taskId", task_id}, {"status", "PROCESSING"}}).dump(), kJson);
    } else {
      response.set_content(*answer, kJson);
    }
  }
  Answer(faults, request, response);
}

void PmhSim::StreamRecords(httplib::Response& response) const {
  auto after = std::make_shared<std::string>();
  response.set_chunked_content_provider("application/x-ndjson", [this, after](std::size_t, httplib::DataSink& sink) {
    std::vector<std::string> page;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      page = registry_->Page(*after, kPageRecords);
    }
    if (page.empty()) {
      sink.done();
      return true;
    }
    const std::string text = absl::StrCat(absl::StrJoin(page, "\n"), "\n");
    return sink.write(text.data(), text.size());
  });
}

std::vector<std::string> PmhSim::Records() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string after;
  return registry_->Page(after, registry_->size());
}

PmhSimStats PmhSim::Stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  PmhSimStats stats = stats_;
  stats.held = registry_->size();
  stats.records = registry_->counts();
  return stats;
}

absl::Status PmhSim::Reset() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stats_ = PmhSimStats();
  open_tasks_.clear();
  deferred_.clear();
  tokens_.clear();
  return registry_->Reset();
}

}  // namespace sabun
