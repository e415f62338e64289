#include "tests/sim/simulated_hub.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sabun::sim {
namespace {

using nlohmann::json;

constexpr size_t kTasksKept = 200;

HttpReply Answered(int status, std::string body) {
  HttpReply reply;
  reply.outcome = HttpReply::Outcome::kAnswered;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = std::move(body);
  return reply;
}

HttpReply Without(HttpReply::Outcome outcome) {
  HttpReply reply;
  reply.outcome = outcome;
  reply.problem = "simulated";
  return reply;
}

// What takes the place of an answer when nothing was done.
HttpReply Spoiled(HubFault fault) {
  HttpReply reply;
  switch (fault) {
    case HubFault::kBusy:
      reply = Answered(429, "{}");
      reply.retry_after = absl::Seconds(3);
      return reply;
    case HubFault::kBroken:
      return Answered(503, "{}");
    case HubFault::kPage:
      reply = Answered(200, "<html>maintenance</html>");
      reply.content_type = "text/html";
      return reply;
    case HubFault::kNoEntry:
      return Answered(401, "{}");
    default:
      return Without(HttpReply::Outcome::kNotSent);
  }
}

bool IsSpoiling(HubFault fault) {
  return fault == HubFault::kDown || fault == HubFault::kBusy || fault == HubFault::kBroken ||
         fault == HubFault::kPage || fault == HubFault::kNoEntry;
}

// What becomes of an answer when everything was done.
HttpReply Damaged(HttpReply reply, HubFault fault) {
  if (fault == HubFault::kLostAnswer) return Without(HttpReply::Outcome::kNoAnswer);
  if (fault == HubFault::kCutAnswer) reply.body.resize(reply.body.size() / 2);
  if (fault == HubFault::kBrokenAfter) return Answered(500, "{}");
  return reply;
}

std::vector<Element> Parse(const std::string& body) {
  std::vector<Element> elements;
  for (const json& element : json::parse(body)) {
    elements.push_back(
        {element.at("id"), {element.at("myNumber"), element.at("name")}, element.value("isDeleted", false)});
  }
  return elements;
}

std::string Described(const std::vector<Element>& elements) {
  std::string text;
  for (const Element& element : elements) {
    absl::StrAppend(&text, " ", element.deleted ? "-" : "", element.key, "=", element.content.my_number, ".",
                    element.content.name);
  }
  return text;
}

}  // namespace

void SimulatedHub::Misbehave(uint64_t seed, int one_in) {
  dice_ = Dice(seed);
  one_in_ = one_in;
  FinishLate();
}

void SimulatedHub::FinishLate() {
  if (late_.empty()) return;
  log_("  hub does what came late");
  std::string nobody_waits;
  Do(std::exchange(late_, {}), HubFault::kNone, &nobody_waits);
}

HubFault SimulatedHub::NextFault(bool post) {
  if (one_in_ == 0 || !dice_.OneIn(one_in_)) return HubFault::kNone;
  const auto fault = static_cast<HubFault>(dice_.Roll(kHubFaults));
  if (!post && fault >= HubFault::kTwice && fault != HubFault::kNoEntry) return HubFault::kNone;
  ++met_[fault];
  return fault;
}

HttpReply SimulatedHub::Exchange(const HttpRequest& request) {
  FinishLate();
  if (absl::EndsWith(request.url, "/token")) return Answered(200, R"({"access_token":"t","expires_in":86400})");
  const HubFault fault = NextFault(request.post);
  HttpReply reply = IsSpoiling(fault) ? Spoiled(fault)
                    : request.post    ? Post(std::string(request.body), fault)
                                      : Ask(request.url.substr(request.url.rfind('/') + 1), fault);
  log_(absl::StrCat("  hub fault ", static_cast<int>(fault), " answers ", static_cast<int>(reply.outcome), " ",
                    reply.status, " ", reply.body));
  return reply;
}

HttpReply SimulatedHub::Post(const std::string& body, HubFault fault) {
  const std::vector<Element> elements = Parse(body);
  log_(absl::StrCat("  hub gets", Described(elements)));
  if (fault == HubFault::kLate) {
    late_ = elements;
    return Without(HttpReply::Outcome::kNoAnswer);
  }
  const std::string task_id = absl::StrCat("T", next_task_++);
  if (fault == HubFault::kFailedTask) {
    tasks_[task_id] = {R"({"status":"FAILED"})", 0};
    return Answered(202, absl::StrCat(R"({"taskId":")", task_id, R"("})"));
  }
  std::string refusal;
  const std::string answer = Do(elements, fault, &refusal);
  if (!refusal.empty()) return Damaged(Answered(400, absl::StrCat(R"({"errorCode":")", refusal, R"("})")), fault);
  if (fault == HubFault::kTwice) {
    std::string ignored;
    Do(elements, HubFault::kNone, &ignored);
  }
  if (fault != HubFault::kLostTask) {
    const int questions = fault == HubFault::kSlowTask ? 1 + dice_.Roll(4) : fault == HubFault::kEndlessTask ? -1 : 0;
    tasks_[task_id] = {answer, questions};
    if (tasks_.size() > kTasksKept) tasks_.erase(tasks_.begin());
  }
  return Damaged(Answered(202, absl::StrCat(R"({"taskId":")", task_id, R"("})")), fault);
}

std::string SimulatedHub::Do(const std::vector<Element>& elements, HubFault fault, std::string* refusal) {
  for (const Element& element : elements) {
    if (element.deleted || !element.content.name.starts_with("P") || oracle_->takes_everything) continue;
    *refusal = "E4001";
    // Alone it is rejected; among others the call is only refused, and the others' turn is still to come.
    if (elements.size() == 1) oracle_->Reject(element);
    return "";
  }
  json results = json::array();
  for (size_t i = 0; i < elements.size(); ++i) {
    json result = {{"index", i}};
    const bool again = fault == HubFault::kSomeAgain && dice_.OneIn(2);
    const std::string code = again ? "E9001" : oracle_->Apply(elements[i]);
    result["result"] = code.empty() ? "OK" : "NG";
    if (!code.empty()) result["errorCode"] = code;
    results.push_back(result);
  }
  if (fault == HubFault::kBadResults) results.push_back(results[0]);
  return json{{"status", "COMPLETED"}, {"results", results}}.dump();
}

HttpReply SimulatedHub::Ask(const std::string& task_id, HubFault fault) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return Answered(404, "{}");
  Task& task = found->second;
  const bool running = task.questions_left != 0;
  if (task.questions_left > 0) --task.questions_left;
  return Damaged(Answered(200, running ? R"({"status":"PROCESSING"})" : task.answer), fault);
}

}  // namespace sabun::sim
