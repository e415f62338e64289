#include "adapters/pmh/hub_answers.h"

#include <algorithm>
#include <utility>

#include <simdjson.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sabun {
namespace {

using simdjson::dom::element;

constexpr std::size_t kMaxCode = 100;
constexpr std::size_t kMaxTaskId = 1000;

// An answer that is a JSON object. The values live as long as this does.
class AnswerObject {
 public:
  explicit AnswerObject(const std::string& body)
      : parsed_(parser_.parse(body).get(root_) == simdjson::SUCCESS && root_.is_object()) {}

  // Nothing when the body is no JSON object.
  const element* root() const { return parsed_ ? &root_ : nullptr; }

 private:
  simdjson::dom::parser parser_;
  element root_;
  const bool parsed_;
};

std::optional<element> At(const element& value, const std::string& pointer) {
  element found;
  if (value.at_pointer(pointer).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

// Texts as they are; numbers and booleans as JSON writes them; nothing for anything else.
std::string TextAt(const element& value, const std::string& pointer) {
  const std::optional<element> found = At(value, pointer);
  if (!found || found->is_object() || found->is_array() || found->is_null()) return "";
  std::string_view text;
  return found->get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::to_string(*found);
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

bool ReadResult(const HubAnswers& where, const element& result, ElementResult& read) {
  const std::optional<element> index = At(result, where.result_index);
  std::uint64_t number = 0;
  if (!index || index->get(number) != simdjson::SUCCESS || number < where.first_index) return false;
  read.position = number - where.first_index;
  const std::string outcome = TextAt(result, where.result);
  read.accepted = Contains(where.accepted, outcome);
  if (read.accepted) return true;
  read.code = SafeCode(TextAt(result, where.result_code));
  if (read.code.empty()) read.code = "NO-CODE";
  read.message = TextAt(result, where.result_message);
  return !outcome.empty() || where.only_rejects;
}

// False when the list is not what the profile says; the caller then knows nothing.
bool ReadResults(const HubAnswers& where, const element& body, std::vector<ElementResult>& results) {
  const std::optional<element> found = At(body, where.results);
  simdjson::dom::array list;
  if (!found || found->get(list) != simdjson::SUCCESS) return false;
  results.reserve(list.size());
  for (const element result : list) {
    if (!result.is_object() || !ReadResult(where, result, results.emplace_back())) return false;
  }
  return true;
}

// As the profile's fields lie in a registered element; what is absent is empty.
std::vector<std::string> ListedValues(const HubProfile& profile, const element& record) {
  std::vector<std::string> values;
  for (const HubField& field : profile.fields) {
    const std::optional<element> found = At(record, absl::StrCat("/", absl::StrJoin(field.path, "/")));
    std::string_view text;
    const bool absent = !found || found->is_null();
    const bool as_it_is = !absent && field.json != JsonKind::kRaw && found->get(text) == simdjson::SUCCESS;
    values.push_back(absent ? "" : as_it_is ? std::string(text) : simdjson::to_string(*found));
  }
  return values;
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
  const AnswerObject body(reply.body);
  const std::string code = body.root() ? SafeCode(TextAt(*body.root(), profile.answers.error_code)) : "";
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
  const AnswerObject body(success ? reply.body : std::string());
  if (body.root() == nullptr) {
    static_cast<HubAnswer&>(answer) = JudgeReply(profile, reply);
    return answer;
  }
  answer.task_id = TextAt(*body.root(), profile.answers.task_id);
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
  const AnswerObject body(success ? reply.body : std::string());
  if (body.root() == nullptr) {
    static_cast<HubAnswer&>(answer) = JudgeReply(profile, reply);
    return answer;
  }
  answer.verdict = HubVerdict::kDone;
  const std::string state = TextAt(*body.root(), profile.answers.state);
  if (Contains(profile.answers.finished, state)) {
    answer.state = TaskState::kFinished;
  } else if (Contains(profile.answers.failed, state)) {
    answer.state = TaskState::kFailed;
    answer.code = SafeCode(TextAt(*body.root(), profile.answers.error_code));
    answer.error_class = answer.code.empty() ? ErrorClass::kTransient : ClassOf(profile, answer.code);
  }
  if (answer.state == TaskState::kFinished && !ReadResults(profile.answers, *body.root(), answer.results)) {
    answer.results.clear();
    static_cast<HubAnswer&>(answer) = NotJson(reply.status);
  }
  return answer;
}

ListingPage ReadListingReply(const HubProfile& profile, const HttpReply& reply) {
  ListingPage page;
  const AnswerObject body(reply.body);
  const bool answered = reply.outcome == HttpReply::Outcome::kAnswered && reply.status / 100 == 2;
  if (!answered) {
    static_cast<HubAnswer&>(page) = JudgeReply(profile, reply);
    return page;
  }
  const std::optional<element> found = body.root() ? At(*body.root(), profile.listing.records) : std::nullopt;
  simdjson::dom::array records;
  if (!found || found->get(records) != simdjson::SUCCESS) {
    static_cast<HubAnswer&>(page) = NotJson(reply.status);
    return page;
  }
  for (const element record : records) page.records.push_back(ListedValues(profile, record));
  page.next = TextAt(*body.root(), profile.listing.next);
  page.verdict = HubVerdict::kDone;
  return page;
}

}  // namespace sabun
