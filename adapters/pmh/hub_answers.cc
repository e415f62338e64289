#include "adapters/pmh/hub_answers.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxCode = 100;
constexpr std::size_t kMaxTaskId = 1000;

const json* At(const json& value, const std::string& pointer) {
  const json::json_pointer place(pointer);
  return value.contains(place) ? &value.at(place) : nullptr;
}

// Texts as they are; numbers and booleans as JSON writes them; nothing for anything else.
std::string TextAt(const json& value, const std::string& pointer) {
  const json* const found = At(value, pointer);
  if (found == nullptr || found->is_structured() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool Contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Codes are shown and stored in the clear, so nothing else may come in by them.
std::string SafeCode(const std::string& code) {
  const auto safe = [](char c) { return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-'; };
  if (code.size() > kMaxCode || !std::all_of(code.begin(), code.end(), safe)) return "UNREADABLE-CODE";
  return code;
}

const HubError* FindForStatus(const HubProfile& profile, const std::string& code, int status) {
  if (const HubError* const error = code.empty() ? nullptr : profile.FindError(code)) return error;
  if (const HubError* const error = profile.FindError(absl::StrCat("HTTP-", status))) return error;
  return profile.FindError(absl::StrCat("HTTP-", status / 100, "xx"));
}

// What statuses mean when the profile does not say: those that blame the content are refusals, those that blame the
// caller's set-up stop, the rest passes.
HubVerdict VerdictOf(int status) {
  if (status >= 500) return HubVerdict::kUnknown;
  if (status == 429 || status == 408) return HubVerdict::kNotApplied;
  if (status == 401 || status == 403 || status == 407) return HubVerdict::kCredentials;
  if (status == 400 || status == 413 || status == 422) return HubVerdict::kRefused;
  return HubVerdict::kFatal;
}

void Apply(ErrorClass error_class, int status, HubAnswer& answer) {
  switch (error_class) {
    case ErrorClass::kTransient:
      answer.verdict = status >= 500 ? HubVerdict::kUnknown : HubVerdict::kNotApplied;
      return;
    case ErrorClass::kRecord:
    case ErrorClass::kDependency:
      answer.verdict = HubVerdict::kRefused;
      return;
    case ErrorClass::kCredentials:
      answer.verdict = HubVerdict::kCredentials;
      return;
    case ErrorClass::kFatal:
      answer.verdict = HubVerdict::kFatal;
      return;
  }
}

HubAnswer NotJson(int status) {
  HubAnswer answer;
  answer.verdict = HubVerdict::kUnknown;
  answer.code = "NOT-JSON";
  answer.reason = absl::StrCat("the hub answered ", status, " without the JSON that belongs to it");
  return answer;
}

bool ReadResult(const HubAnswers& where, const json& result, ElementResult& element) {
  const json* const index = At(result, where.result_index);
  if (index == nullptr || !index->is_number_integer() || index->get<std::int64_t>() < 0) return false;
  const auto number = index->get<std::uint64_t>();
  if (number < where.first_index) return false;
  element.position = number - where.first_index;
  const std::string outcome = TextAt(result, where.result);
  element.accepted = Contains(where.accepted, outcome);
  if (element.accepted) return true;
  element.code = SafeCode(TextAt(result, where.result_code));
  if (element.code.empty()) element.code = "NO-CODE";
  element.message = TextAt(result, where.result_message);
  return !outcome.empty() || where.only_rejects;
}

// False when the list is not what the profile says; the caller then knows nothing.
bool ReadResults(const HubAnswers& where, const json& body, std::vector<ElementResult>& results) {
  const json* const list = At(body, where.results);
  if (list == nullptr) return false;
  if (!list->is_array()) return false;
  results.reserve(list->size());
  for (const json& result : *list) {
    ElementResult element;
    if (!result.is_object() || !ReadResult(where, result, element)) return false;
    results.push_back(std::move(element));
  }
  return true;
}

}  // namespace

ErrorClass ClassOf(const HubProfile& profile, absl::string_view code) {
  const HubError* const error = profile.FindError(code);
  return error == nullptr ? profile.default_error_class : error->error_class;
}

HubAnswer JudgeReply(const HubProfile& profile, const HttpReply& reply) {
  HubAnswer answer;
  answer.retry_after = reply.retry_after;
  answer.reason = reply.problem;
  switch (reply.outcome) {
    case HttpReply::Outcome::kNotSent:
      answer.verdict = HubVerdict::kNotApplied;
      answer.code = "NO-CONNECTION";
      return answer;
    case HttpReply::Outcome::kUntrusted:
      answer.verdict = HubVerdict::kFatal;
      answer.code = "NO-TRUST";
      return answer;
    case HttpReply::Outcome::kNoAnswer:
      answer.verdict = HubVerdict::kUnknown;
      answer.code = "NO-ANSWER";
      return answer;
    case HttpReply::Outcome::kAnswered:
      break;
  }
  if (reply.status / 100 == 2) return NotJson(reply.status);
  const json body = json::parse(reply.body, nullptr, false);
  const std::string code = body.is_object() ? SafeCode(TextAt(body, profile.answers.error_code)) : "";
  answer.code = code.empty() ? absl::StrCat("HTTP-", reply.status) : code;
  answer.reason = absl::StrCat("the hub answered ", reply.status);
  answer.verdict = VerdictOf(reply.status);
  answer.error_class = profile.default_error_class;
  if (const HubError* const error = FindForStatus(profile, code, reply.status)) {
    answer.error_class = error->error_class;
    Apply(error->error_class, reply.status, answer);
  }
  return answer;
}

PostAnswer ReadPostReply(const HubProfile& profile, const HttpReply& reply) {
  PostAnswer answer;
  const bool success = reply.outcome == HttpReply::Outcome::kAnswered && reply.status / 100 == 2;
  const json body = success ? json::parse(reply.body, nullptr, false) : json();
  if (!body.is_object()) {
    static_cast<HubAnswer&>(answer) = JudgeReply(profile, reply);
    return answer;
  }
  answer.task_id = TextAt(body, profile.answers.task_id);
  if (answer.task_id.empty() || answer.task_id.size() > kMaxTaskId) {
    static_cast<HubAnswer&>(answer) = NotJson(reply.status);
    answer.task_id.clear();
    return answer;
  }
  answer.verdict = HubVerdict::kDone;
  return answer;
}

TaskAnswer ReadTaskReply(const HubProfile& profile, const HttpReply& reply) {
  TaskAnswer answer;
  // A 404 page for people comes from a machine in between and says nothing about the task.
  const bool page = absl::StartsWith(reply.content_type, "text/html");
  if (reply.outcome == HttpReply::Outcome::kAnswered && reply.status == 404 && !page) {
    answer.verdict = HubVerdict::kDone;
    answer.state = TaskState::kMissing;
    return answer;
  }
  const bool success = reply.outcome == HttpReply::Outcome::kAnswered && reply.status / 100 == 2;
  const json body = success ? json::parse(reply.body, nullptr, false) : json();
  if (!body.is_object()) {
    static_cast<HubAnswer&>(answer) = JudgeReply(profile, reply);
    return answer;
  }
  answer.verdict = HubVerdict::kDone;
  const std::string state = TextAt(body, profile.answers.state);
  if (Contains(profile.answers.finished, state)) {
    answer.state = TaskState::kFinished;
  } else if (Contains(profile.answers.failed, state)) {
    answer.state = TaskState::kFailed;
    answer.code = SafeCode(TextAt(body, profile.answers.error_code));
    answer.error_class = answer.code.empty() ? ErrorClass::kTransient : ClassOf(profile, answer.code);
  }
  if (answer.state == TaskState::kFinished && !ReadResults(profile.answers, body, answer.results)) {
    answer.results.clear();
    static_cast<HubAnswer&>(answer) = NotJson(reply.status);
  }
  return answer;
}

}  // namespace sabun
