// expect: what a scenario says about the engine, the hub and the last answers.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/packing.h"
#include "engine/base/status_macros.h"
#include "tests/scenario/hand_push.h"
#include "tests/scenario/message_facts.h"
#include "tests/scenario/world.h"
#include "tests/support/decrypt_scan.h"

namespace sabun::scenario {
namespace {

using client::FromGrpc;

absl::Status Differs(absl::string_view what, const std::string& is, const std::string& expected) {
  if (is == expected) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", is.empty() ? "nothing" : is, "\n      and not ",
                                                    expected.empty() ? "nothing" : expected));
}

std::string Sorted(std::vector<std::string> words, absl::string_view separator = " ") {
  std::sort(words.begin(), words.end());
  return absl::StrJoin(words, separator);
}

std::vector<std::string> WordsAfter(const ScriptLine& line, size_t begin) {
  return {line.words.begin() + static_cast<std::ptrdiff_t>(std::min(begin, line.words.size())), line.words.end()};
}

std::string HoldsText(const v1::ChangeSet& change_set) {
  std::vector<std::string> rules;
  for (const v1::Hold& hold : change_set.holds()) rules.push_back(hold.rule());
  return absl::StrJoin(rules, ",");
}

absl::Status ExpectPush(World& world, const ScriptLine& line) {
  if (!world.push) return WrongLanguage("no push was done");
  const v1::ChangeSet& change_set = world.push->committed.change_set();
  Facts facts = FactsOf(world.push->committed.counts());
  std::vector<std::string> strict;
  for (const auto& [name, value] : facts) strict.push_back(name);
  facts["state"] = FactsOf(change_set)["state"];
  facts["change_set"] = absl::StrCat(change_set.number());
  facts["holds"] = HoldsText(change_set);
  // In one pass every row is sent, whatever is asked for.
  facts["records_sent"] = world.one_pass ? line.Named("records_sent") : absl::StrCat(world.push->records_sent);
  strict.push_back("holds");
  return CompareFacts(facts, line.named, strict);
}

absl::Status ExpectSubmit(World& world, const ScriptLine& line) {
  if (!world.submit) return WrongLanguage("no submit was done");
  const Facts facts = {{"accepted", absl::StrCat(world.submit->accepted)},
                       {"rejected", absl::StrCat(world.submit->rejected)},
                       {"unknown", absl::StrCat(world.submit->unknown)},
                       {"pending", absl::StrCat(world.submit->pending)},
                       {"superseded", absl::StrCat(world.submit->superseded)},
                       {"change_sets", absl::StrJoin(world.submit->change_sets, ",")}};
  return CompareFacts(facts, line.named, {"accepted", "rejected", "unknown", "pending"});
}

absl::Status ExpectError(World& world, const ScriptLine& line) {
  if (!world.error) return absl::FailedPreconditionError("the step before went well");
  const absl::Status error = *std::exchange(world.error, std::nullopt);
  const client::ToldError told = client::Tell(error);
  world.Tell(absl::StrCat(error.message(), told.message_ja, told.message_en));
  const bool same = told.code == line.Word(2) || absl::StatusCodeToString(error.code()) == line.Word(2);
  if (same && absl::StrContains(error.message(), line.Word(3))) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the error is ", told.code, ": ", error.ToString()));
}

// expect row_errors, with one "ROW CODE [FIELD]" a line; rows count from 1.
absl::Status ExpectRowErrors(World& world, const ScriptLine& line) {
  if (!world.push) return WrongLanguage("no push was done");
  std::vector<std::string> errors, expected;
  for (const v1::RowError& error : world.push->errors) {
    errors.push_back(
        absl::StrCat(error.ordinal() + 1, " ", error.code(), error.field().empty() ? "" : " ", error.field()));
  }
  for (const ScriptLine& row : line.block) expected.push_back(absl::StrJoin(row.words, " "));
  return Differs("row errors", Sorted(errors, ", "), Sorted(expected, ", "));
}

// Each line: KEY only-in-extract, KEY only-in-engine, or KEY other-content.
absl::Status ExpectDifferences(World& world, const ScriptLine& line) {
  if (!world.push) return WrongLanguage("no push was done");
  const auto kind = [](v1::DifferenceKind difference) {
    if (difference == v1::DIFFERENCE_KIND_ONLY_IN_EXTRACT) return "only-in-extract";
    return difference == v1::DIFFERENCE_KIND_ONLY_IN_ENGINE ? "only-in-engine" : "other-content";
  };
  std::vector<std::string> differences, expected;
  for (const v1::Difference& difference : world.push->committed.differences()) {
    differences.push_back(absl::StrCat(difference.key(difference.key_size() - 1), " ", kind(difference.kind())));
  }
  for (const ScriptLine& row : line.block) expected.push_back(absl::StrJoin(row.words, " "));
  return Differs("differences", Sorted(differences, ", "), Sorted(expected, ", "));
}

absl::StatusOr<nlohmann::json> HubRecord(World& world, const std::string& key) {
  for (const std::string& text : world.hub().Records()) {
    nlohmann::json record = nlohmann::json::parse(text, nullptr, false);
    if (record.value("historyKey", "") == key) return record;
  }
  return absl::FailedPreconditionError(absl::StrCat("the hub does not hold ", key));
}

std::string TextAt(const nlohmann::json& record, const std::string& field) {
  const nlohmann::json& five = record.at("basicFiveInfo");
  const nlohmann::json& parent = five.contains(field) ? five : record;
  if (!parent.contains(field)) return "";
  return parent.at(field).is_string() ? parent.at(field).get<std::string>() : parent.at(field).dump();
}

// expect hub KEY... · expect hub KEY field=value ... · expect hub nothing · expect hub count=N
absl::Status ExpectHub(World& world, const ScriptLine& line) {
  if (!line.Named("count").empty()) {
    return Differs("the hub holds", absl::StrCat(world.hub().Records().size()), line.Named("count"));
  }
  if (!line.named.empty()) {
    ASSIGN_OR_RETURN(const nlohmann::json record, HubRecord(world, line.Word(2)));
    Facts facts;
    for (const auto& [name, value] : line.named) facts[name] = TextAt(record, name);
    return CompareFacts(facts, line.named, {});
  }
  std::vector<std::string> held;
  for (const std::string& text : world.hub().Records()) {
    held.push_back(nlohmann::json::parse(text, nullptr, false).value("historyKey", ""));
  }
  return Differs("the hub holds", Sorted(held), line.Has("nothing") ? "" : Sorted(WordsAfter(line, 2)));
}

absl::Status ExpectHubCalls(World& world, const ScriptLine& line) {
  const PmhSimStats stats = world.hub().Stats();
  return CompareFacts({{"posts", absl::StrCat(stats.posts)}, {"refused_posts", absl::StrCat(stats.refused_posts)}},
                      line.named, {});
}

absl::Status ExpectStatus(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  v1::GetStatusRequest request;
  v1::GetStatusResponse response;
  grpc::ClientContext context;
  request.set_dataset(world.dataset);
  RETURN_IF_ERROR(FromGrpc(stubs->admin->GetStatus(&context, request, &response)));
  const v1::DatasetStatus& status = response.datasets(0);
  Facts facts = FactsOf(status);
  facts["held"] = absl::StrCat(status.held_change_set().number());
  facts["newest"] = absl::StrCat(status.newest_change_set().number());
  return CompareFacts(facts, line.named, {"pending", "in_flight", "unknown", "rejected", "open_batches", "held"});
}

absl::Status ExpectBooks(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::uint64_t number, ToNumber(line.Word(2)));
  ASSIGN_OR_RETURN(const v1::ChangeSet change_set, ReadChangeSet(world, number));
  const Facts facts = FactsOf(change_set.books());
  std::vector<std::string> strict;
  for (const auto& [name, value] : facts) strict.push_back(name);
  return CompareFacts(facts, line.named, strict);
}

absl::Status ExpectChangeSet(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::uint64_t number, ToNumber(line.Word(2)));
  ASSIGN_OR_RETURN(const v1::ChangeSet change_set, ReadChangeSet(world, number));
  Facts facts = FactsOf(change_set);
  facts["holds"] = HoldsText(change_set);
  std::vector<std::string> samples;
  for (const v1::Hold& hold : change_set.holds()) {
    facts["limit"] = absl::StrCat(hold.limit());
    facts["actual"] = absl::StrCat(hold.actual());
    samples.insert(samples.end(), hold.samples().begin(), hold.samples().end());
  }
  std::sort(samples.begin(), samples.end());
  facts["samples"] = absl::StrJoin(samples, ",");
  return CompareFacts(facts, line.named, {});
}

// expect changes N, with one "KEY OP STATE [FIELD,FIELD]" a line, in any order.
absl::Status ExpectChanges(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  ASSIGN_OR_RETURN(const v1::Dataset dataset, world.Dataset());
  v1::ReadChangesRequest request;
  request.set_dataset(world.dataset);
  ASSIGN_OR_RETURN(const std::uint64_t number, ToNumber(line.Word(2)));
  request.set_number(number);
  const bool with_fields =
      std::any_of(line.block.begin(), line.block.end(), [](const ScriptLine& row) { return row.words.size() > 3; });
  std::vector<std::string> changes, expected;
  grpc::ClientContext context;
  const auto reader = stubs->change_sets->ReadChanges(&context, request);
  v1::ReadChangesResponse page;
  while (reader->Read(&page)) {
    for (const v1::Change& change : page.changes()) {
      const Facts facts = FactsOf(change);
      std::vector<std::string> names;
      for (const std::uint32_t field : change.changed_fields()) {
        names.push_back(dataset.fields(static_cast<int>(field)).name());
      }
      changes.push_back(absl::StrCat(*change.key().rbegin(), " ", facts.at("op"), " ", facts.at("state"),
                                     with_fields && !names.empty() ? " " : "",
                                     with_fields ? absl::StrJoin(names, ",") : ""));
    }
  }
  RETURN_IF_ERROR(FromGrpc(reader->Finish()));
  for (const ScriptLine& row : line.block) expected.push_back(absl::StrJoin(row.words, " "));
  return Differs("the changes", Sorted(changes, ", "), Sorted(expected, ", "));
}

// expect rejects KEY... · expect rejects KEY code=.. attempts=.. · expect rejects nothing
absl::Status ExpectRejects(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  v1::ListRejectsRequest request;
  request.set_dataset(world.dataset);
  std::map<std::string, Facts> rejects;
  grpc::ClientContext context;
  const auto reader = stubs->rejects->ListRejects(&context, request);
  v1::ListRejectsResponse page;
  while (reader->Read(&page)) {
    for (const v1::Reject& reject : page.rejects()) rejects[*reject.key().rbegin()] = FactsOf(reject);
  }
  RETURN_IF_ERROR(FromGrpc(reader->Finish()));
  if (!line.named.empty()) {
    if (!rejects.contains(line.Word(2))) return absl::FailedPreconditionError(line.Word(2) + " is not rejected");
    return CompareFacts(rejects[line.Word(2)], line.named, {});
  }
  std::vector<std::string> keys;
  for (const auto& [key, reject] : rejects) keys.push_back(key);
  return Differs("the rejects", Sorted(keys), line.Has("nothing") ? "" : Sorted(WordsAfter(line, 2)));
}

// expect batch KEY=op ... · expect batch nothing
absl::Status ExpectBatch(World& world, const ScriptLine& line) {
  std::vector<std::string> items, expected;
  for (const auto& [key, item] : world.batch.items) items.push_back(absl::StrCat(key, "=", FactsOf(item).at("op")));
  for (const auto& [key, op] : line.named) expected.push_back(absl::StrCat(key, "=", op));
  return Differs("the batch", Sorted(items), Sorted(expected));
}

// expect item KEY field=value ...: what the hub would be told.
absl::Status ExpectItem(World& world, const ScriptLine& line) {
  const auto item = world.batch.items.find(line.Word(2));
  if (item == world.batch.items.end()) return absl::FailedPreconditionError("it is not in the batch");
  ASSIGN_OR_RETURN(const v1::Dataset dataset, world.Dataset());
  absl::string_view fields = item->second.fields();
  std::vector<absl::string_view> values;
  if (!client::TakePackedFields(&fields, dataset.fields_size(), &values)) return absl::DataLossError("bad fields");
  Facts facts = FactsOf(item->second);
  for (int i = 0; i < dataset.fields_size(); ++i) facts[dataset.fields(i).name()] = std::string(values[i]);
  return CompareFacts(facts, line.named, {});
}

absl::Status ExpectResume(World& world, const ScriptLine& line) {
  if (world.hand_push == nullptr) return WrongLanguage("no push was stopped");
  Facts facts = FactsOf(world.hand_push->begun());
  facts["committed"] = world.hand_push->begun().has_committed() ? "true" : "false";
  return CompareFacts(facts, line.named, {});
}

absl::Status ExpectNoTrace(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(const std::string place, world.FindTrace(line.Word(2)));
  if (place.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("a personal value is in ", place));
}

// expect stored TEXT · expect not-stored TEXT: whether any file holds it, opened with any key that there still is.
absl::Status ExpectStored(World& world, const ScriptLine& line) {
  ASSIGN_OR_RETURN(EngineHost* const host, world.Host());
  const auto files = FilesThatHold(line.Word(2), host->root(), host->keys().contents());
  if (files.empty() == (line.Word(1) == "not-stored")) return absl::OkStatus();
  return absl::FailedPreconditionError(files.empty() ? "no file holds it" : absl::StrCat("it is in ", files.front()));
}

}  // namespace

const Verbs& Expectations() {
  static const auto* const verbs = new Verbs{
      {"push", &ExpectPush},         {"submit", &ExpectSubmit},        {"error", &ExpectError},
      {"hub", &ExpectHub},           {"hub-calls", &ExpectHubCalls},   {"status", &ExpectStatus},
      {"books", &ExpectBooks},       {"change-set", &ExpectChangeSet}, {"changes", &ExpectChanges},
      {"rejects", &ExpectRejects},   {"batch", &ExpectBatch},          {"item", &ExpectItem},
      {"resume", &ExpectResume},     {"no-trace", &ExpectNoTrace},     {"stored", &ExpectStored},
      {"not-stored", &ExpectStored}, {"row-errors", &ExpectRowErrors}, {"differences", &ExpectDifferences},
  };
  return *verbs;
}

}  // namespace sabun::scenario
