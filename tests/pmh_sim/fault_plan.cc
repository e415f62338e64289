#include "tests/pmh_sim/fault_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sabun {
namespace {

using Settings = std::map<std::string, std::string>;

// Every kind with the members it may have beside the common ones.
const std::map<std::string, std::set<std::string>>& Kinds() {
  static const auto* const kinds = new std::map<std::string, std::set<std::string>>{
      {"latency", {"ms", "on"}},
      {"http", {"status", "retry_after", "on"}},
      {"html", {"status", "on"}},
      {"drop", {"on"}},
      {"cut", {"on"}},
      {"lose_answer", {}},
      {"twice", {}},
      {"defer", {}},
      {"forget", {"records"}},
      {"expire_token", {}},
      {"never_finish", {}},
      {"tasks_lost", {}},
      {"task_failed", {}},
      {"late", {"polls"}},
      {"reject", {"field", "equals", "prefix", "op", "code", "message"}},
      {"poison", {"field", "equals", "prefix", "op", "code", "message"}},
  };
  return *kinds;
}

bool IsNumber(const std::string& member) {
  static const auto* const numbers = new std::set<std::string>{"every", "after", "count",  "percent",     "seed",
                                                               "ms",    "polls", "status", "retry_after", "records"};
  return numbers->count(member) > 0;
}

std::uint64_t Number(const Settings& members, const std::string& name, std::uint64_t otherwise) {
  const auto found = members.find(name);
  std::uint64_t value = otherwise;
  if (found != members.end() && !absl::SimpleAtoi(found->second, &value)) return otherwise;
  return value;
}

std::string Text(const Settings& members, const std::string& name, const std::string& otherwise) {
  const auto found = members.find(name);
  return found == members.end() ? otherwise : found->second;
}

// SplitMix64: spreads seed and counter, so that the same spec gives the same history on every machine.
std::uint64_t Mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

// The text at a path like "basicFiveInfo.name"; other JSON values as their JSON text; nothing when absent.
std::optional<std::string> ValueAt(const nlohmann::json& record, const std::string& path) {
  const nlohmann::json* at = &record;
  for (absl::string_view part : absl::StrSplit(path, '.')) {
    if (!at->is_object()) return std::nullopt;
    const auto found = at->find(std::string(part));
    if (found == at->end()) return std::nullopt;
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : at->dump();
}

}  // namespace

absl::string_view FaultPlan::Grammar() {
  return R"(Faults: clauses joined by ";", each KIND or KIND:MEMBER=VALUE,MEMBER=VALUE
  latency:ms=N (or latency_ms=N)         wait before doing anything
  http:status=N[,retry_after=SECONDS]    answer this status, do nothing
  html[:status=N]                        answer an HTML page (200), do nothing
  drop                                   close the connection, do nothing
  cut                                    do it, break off in the middle of the answer
  lose_answer                            do it, close the connection without an answer
  twice                                  do it two times
  defer                                  close the connection without an answer, do it after the next call that is done
  forget:records=N                       lose N of the records that were accepted, then do it
  expire_token                           forget all tokens before the call
  late:polls=N                           the task is PROCESSING for N questions
  never_finish | tasks_lost | task_failed  the task stays PROCESSING | is not found | ends as FAILED, nothing done
  reject:[field=PATH,equals=V|prefix=V,][op=upsert|delete,]code=C[,message=M]   refuse the record in its result
  poison: same members as reject         refuse the whole array with 400 because of the record
Every clause may have: every=N (each Nth call or matching record), after=N (the first N are spared), count=N (at most
N times), percent=P with seed=S (that share, from the seed). latency, http, html, drop and cut may have
on=token|register|task|all (register unless given; latency: all).)";
}

absl::StatusOr<FaultPlan::Clause> FaultPlan::ParseClause(absl::string_view text) {
  Clause clause;
  std::string rest;
  if (absl::StartsWith(text, "latency_ms=")) {
    clause.kind = "latency";
    rest = absl::StrCat("ms=", text.substr(11));
  } else {
    const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
    clause.kind = parts.first;
    rest = parts.second;
  }
  const auto kind = Kinds().find(clause.kind);
  if (kind == Kinds().end()) return absl::InvalidArgumentError(absl::StrCat("fault \"", text, "\": unknown kind"));
  static const auto* const common = new std::set<std::string>{"every", "after", "count", "percent", "seed"};
  for (absl::string_view member : absl::StrSplit(rest, ',', absl::SkipEmpty())) {
    std::pair<std::string, std::string> value = absl::StrSplit(member, absl::MaxSplits('=', 1));
    if (!kind->second.count(value.first) && !common->count(value.first)) {
      return absl::InvalidArgumentError(absl::StrCat("fault \"", text, "\": unknown member \"", value.first, "\""));
    }
    std::uint64_t number = 0;
    if (IsNumber(value.first) && !absl::SimpleAtoi(value.second, &number)) {
      return absl::InvalidArgumentError(absl::StrCat("fault \"", text, "\": ", value.first, " is not a number"));
    }
    static const auto* const calls = new std::set<std::string>{"token", "register", "task", "all"};
    static const auto* const ops = new std::set<std::string>{"upsert", "delete"};
    if ((value.first == "on" && !calls->count(value.second)) || (value.first == "op" && !ops->count(value.second))) {
      return absl::InvalidArgumentError(absl::StrCat("fault \"", text, "\": unknown value of ", value.first));
    }
    clause.members.insert(std::move(value));
  }
  if (Number(clause.members, "every", 1) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("fault \"", text, "\": every starts at 1"));
  }
  return clause;
}

absl::Status FaultPlan::Set(absl::string_view spec) {
  std::vector<Clause> clauses;
  for (absl::string_view text : absl::StrSplit(spec, ';', absl::SkipWhitespace())) {
    auto clause = ParseClause(absl::StripAsciiWhitespace(text));
    if (!clause.ok()) return clause.status();
    clauses.push_back(*std::move(clause));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  clauses_ = std::move(clauses);
  return absl::OkStatus();
}

bool FaultPlan::Applies(const Clause& clause, HubCall call) {
  if (clause.kind == "reject" || clause.kind == "poison") return false;
  if (clause.kind == "expire_token") return call != HubCall::kToken;
  const std::string on = Text(clause.members, "on", clause.kind == "latency" ? "all" : "register");
  if (on == "all") return true;
  return on == (call == HubCall::kToken ? "token" : call == HubCall::kTask ? "task" : "register");
}

bool FaultPlan::Fires(Clause& clause) {
  const std::uint64_t seen = ++clause.seen;
  const std::uint64_t after = Number(clause.members, "after", 0);
  if (seen <= after || clause.fired >= Number(clause.members, "count", UINT64_MAX)) return false;
  if ((seen - after) % Number(clause.members, "every", 1) != 0) return false;
  if (clause.members.count("percent") > 0) {
    const std::uint64_t draw = Mix(Number(clause.members, "seed", 1) * 1000003 + seen) % 100;
    if (draw >= Number(clause.members, "percent", 100)) return false;
  }
  ++clause.fired;
  return true;
}

void FaultPlan::AddTo(const Clause& clause, CallFaults& faults) {
  const std::string& kind = clause.kind;
  if (kind == "latency") faults.latency += absl::Milliseconds(Number(clause.members, "ms", 0));
  if (kind == "http") {
    faults.status = static_cast<int>(Number(clause.members, "status", 503));
    faults.retry_after = clause.members.count("retry_after") ? Number(clause.members, "retry_after", 1) : -1;
  }
  if (kind == "html") {
    faults.html = true;
    faults.status = static_cast<int>(Number(clause.members, "status", 200));
  }
  if (kind == "late") faults.late_polls = static_cast<int>(Number(clause.members, "polls", 1));
  faults.drop |= kind == "drop";
  faults.cut |= kind == "cut";
  faults.lose_answer |= kind == "lose_answer";
  faults.twice |= kind == "twice";
  faults.defer |= kind == "defer";
  if (kind == "forget") faults.forget += Number(clause.members, "records", 1);
  faults.expire_token |= kind == "expire_token";
  faults.never_finish |= kind == "never_finish";
  faults.task_lost |= kind == "tasks_lost";
  faults.task_failed |= kind == "task_failed";
}

CallFaults FaultPlan::NextCall(HubCall call) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CallFaults faults;
  for (Clause& clause : clauses_) {
    if (Applies(clause, call) && Fires(clause)) AddTo(clause, faults);
  }
  return faults;
}

bool FaultPlan::Matches(const Clause& clause, const nlohmann::json& record) {
  const std::string op = Text(clause.members, "op", "");
  const bool deleted = record.value("isDeleted", false);
  if (!op.empty() && (op == "delete") != deleted) return false;
  const std::string field = Text(clause.members, "field", "");
  if (field.empty()) return true;
  const std::optional<std::string> value = ValueAt(record, field);
  if (!value) return false;
  if (clause.members.count("prefix")) return absl::StartsWith(*value, clause.members.at("prefix"));
  return !clause.members.count("equals") || *value == clause.members.at("equals");
}

std::optional<RecordFault> FaultPlan::RecordClause(absl::string_view kind, const nlohmann::json& record) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Clause& clause : clauses_) {
    if (clause.kind == kind && Matches(clause, record) && Fires(clause)) {
      return RecordFault{Text(clause.members, "code", "E9001"), Text(clause.members, "message", "refused by rule")};
    }
  }
  return std::nullopt;
}

bool FaultPlan::JudgesRecords() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(clauses_.begin(), clauses_.end(),
                     [](const Clause& clause) { return clause.kind == "reject" || clause.kind == "poison"; });
}

std::optional<RecordFault> FaultPlan::Reject(const nlohmann::json& record) { return RecordClause("reject", record); }

std::optional<RecordFault> FaultPlan::Poison(const nlohmann::json& record) { return RecordClause("poison", record); }

}  // namespace sabun
