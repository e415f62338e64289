#include "tests/crash/kills/oracle.h"

#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status_macros.h"

namespace sabun::kills {
namespace {

using nlohmann::json;

constexpr int kRounds = 6;

absl::StatusOr<json> AskJson(Crew* crew, const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const std::string out, crew->Ask(words));
  json parsed = json::parse(out, nullptr, false);
  if (parsed.is_discarded())
    return absl::InternalError(absl::StrCat("sabun ", words[0], " does not print JSON: ", out));
  return parsed;
}

absl::StatusOr<json> Status(Crew* crew) {
  ASSIGN_OR_RETURN(const json status, AskJson(crew, {"status", kDataset}));
  return status["datasets"][0];
}

absl::StatusOr<std::map<std::string, Content>> HeldByHub(Crew* crew) {
  ASSIGN_OR_RETURN(const std::string lines, crew->AskHub("/sim/records"));
  std::map<std::string, Content> held;
  for (const auto line : absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const json record = json::parse(line.begin(), line.end());
    held[record["historyKey"]] = {record["myNumber"], record["medicalSubsidyRecipientNumber"]};
  }
  return held;
}

absl::Status CheckHub(Crew* crew, const Source& source) {
  ASSIGN_OR_RETURN(const auto held, HeldByHub(crew));
  for (const auto& [key, content] : held) {
    const auto wanted = source.records().find(key);
    if (wanted == source.records().end()) return absl::InternalError(absl::StrCat("the hub still holds ", key));
    const bool right = wanted->second.refused() ? source.EverHad(key, content) : wanted->second == content;
    if (!right) return absl::InternalError(absl::StrCat("the hub holds another content of ", key));
  }
  for (const auto& [key, content] : source.records()) {
    if (!content.refused() && !held.contains(key)) return absl::InternalError(absl::StrCat("the hub lacks ", key));
  }
  return absl::OkStatus();
}

absl::Status CheckBooks(Crew* crew) {
  ASSIGN_OR_RETURN(const json change_sets, AskJson(crew, {"change-set", "list", kDataset}));
  for (const json& change_set : change_sets) {
    const json& books = change_set["books"];
    uint64_t sum = 0;
    for (const char* const state : {"accepted", "rejected", "superseded"}) sum += books[state].get<uint64_t>();
    if (books["planned"] != sum) {
      return absl::InternalError(
          absl::StrCat("the books of change set ", change_set["change_set"].dump(), " do not balance: ", books.dump()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NeedlessSends> ReadNeedlessSends(Crew* crew) {
  ASSIGN_OR_RETURN(const std::string text, crew->AskHub("/sim/stats"));
  const json stats = json::parse(text);
  return NeedlessSends{stats["unchanged"], stats["absent"]};
}

absl::Status Settle(Crew* crew) {
  RETURN_IF_ERROR(crew->SetHubFaults(""));
  std::string last;
  for (int round = 0; round < kRounds; ++round) {
    ASSIGN_OR_RETURN(const json pushed, AskJson(crew, crew->Push(false)));
    if (pushed["state"] == "held") {
      RETURN_IF_ERROR(crew->Ask({"change-set", "approve", kDataset, "--yes"}).status());
    }
    // Ends with 1 while something is open; the status says what.
    RETURN_IF_ERROR(crew->Run(crew->Submission()).status());
    ASSIGN_OR_RETURN(const json status, Status(crew));
    const bool settled = status["pending"] == 0 && status["in_flight"] == 0 && status["unknown"] == 0 &&
                         status["held_change_set"].is_null();
    if (settled && pushed["state"] != "held") return absl::OkStatus();
    last = status.dump();
  }
  return absl::InternalError(absl::StrCat("it does not settle: ", last));
}

absl::Status CheckSettled(Crew* crew, const Source& source) {
  RETURN_IF_ERROR(CheckHub(crew, source));
  ASSIGN_OR_RETURN(const json verified, AskJson(crew, {"verify", kDataset}));
  if (verified["sound"] != true) return absl::InternalError(absl::StrCat("verify: ", verified.dump()));
  ASSIGN_OR_RETURN(const json status, Status(crew));
  ASSIGN_OR_RETURN(const json rejects, AskJson(crew, {"rejects", "list", kDataset}));
  size_t withdrawn = 0;
  std::string unexplained;
  for (const json& reject : rejects) {
    const std::string key = reject["key"].back();
    const auto found = source.records().find(key);
    // The rules refuse the withdrawal of such a content as well; the hub may have had it in doubt, and has it no more.
    const bool is_withdrawn = found == source.records().end() && source.WasRefused(key);
    withdrawn += is_withdrawn;
    if (!is_withdrawn && (found == source.records().end() || !found->second.refused())) {
      absl::StrAppend(&unexplained, " ", reject.dump());
    }
  }
  if (status["records"] != source.records().size() || status["rejected"] != source.refused() + withdrawn ||
      status["rejected"] != rejects.size() || !unexplained.empty()) {
    return absl::InternalError(absl::StrCat("the status is not the source's: ", source.records().size(), " records, ",
                                            source.refused(), " refused, but ", status.dump(),
                                            "; rejected without a reason:", unexplained));
  }
  return CheckBooks(crew);
}

absl::Status CheckNothingMore(Crew* crew) {
  ASSIGN_OR_RETURN(const std::string before, crew->AskHub("/sim/stats"));
  ASSIGN_OR_RETURN(const json pushed, AskJson(crew, crew->Push(false)));
  if (pushed["state"] != "empty" || pushed["records_sent"] != 0) {
    return absl::InternalError(absl::StrCat("the same extract again is a change: ", pushed.dump()));
  }
  RETURN_IF_ERROR(crew->Ask(crew->Submission()).status());
  ASSIGN_OR_RETURN(const std::string after, crew->AskHub("/sim/stats"));
  return json::parse(before)["posts"] == json::parse(after)["posts"]
             ? absl::OkStatus()
             : absl::InternalError("a settled dataset was sent again");
}

}  // namespace sabun::kills
