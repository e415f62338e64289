#include "adapters/pmh/hub_profile.h"

#include <set>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "adapters/client/status_macros.h"
#include "adapters/pmh/toml_section.h"

namespace sabun {
namespace {

constexpr std::size_t kMaxProfileBytes = 1 << 20;

const std::vector<std::string>& ClassNames() {
  static const auto* const names =
      new std::vector<std::string>{"transient", "record", "dependency", "credentials", "fatal"};
  return *names;
}

void ReadAuth(TomlSection section, HubAuth& auth) {
  section.Choice("kind", auth.kind, {"none", "client_credentials", "token_file"});
  section.Pointer("token_path", auth.token_path);
  section.Text("client_id", auth.client_id);
  section.Text("client_id_file", auth.client_id_file);
  section.Text("client_id_env", auth.client_id_env);
  section.Text("client_secret_file", auth.client_secret_file);
  section.Text("client_secret_env", auth.client_secret_env);
  section.Text("token_file", auth.token_file);
  section.Text("scope", auth.scope);
  section.Seconds("refresh_before_seconds", auth.refresh_before, absl::Hours(1));
  if (auth.kind == HubAuth::Kind::kTokenFile) section.Require("token_file");
  section.Finish();
}

void ReadAnswers(TomlSection section, HubAnswers& answers) {
  section.Pointer("task_id", answers.task_id);
  section.Pointer("state", answers.state);
  section.Texts("finished", answers.finished);
  section.Texts("failed", answers.failed);
  section.Pointer("results", answers.results);
  section.Pointer("result_index", answers.result_index);
  section.Pointer("result", answers.result);
  section.Pointer("result_code", answers.result_code);
  section.Pointer("result_message", answers.result_message);
  section.Texts("accepted", answers.accepted);
  section.Texts("already_deleted", answers.already_deleted);
  section.Count("first_index", answers.first_index, 0, 1);
  section.Flag("only_rejects", answers.only_rejects);
  section.Pointer("error_code", answers.error_code);
  if (answers.finished.empty()) section.Fail("finished", "must name at least one value");
  if (answers.accepted.empty()) section.Fail("accepted", "must name at least one value");
  section.Finish();
}

void ReadRetry(TomlSection section, HubRetry& retry) {
  section.Count("max_attempts", retry.max_attempts, 1, 1000);
  section.Seconds("first_wait_seconds", retry.first_wait, absl::Hours(1));
  section.Number("growth", retry.growth, 1, 10);
  section.Seconds("max_wait_seconds", retry.max_wait, absl::Hours(24));
  section.Number("jitter", retry.jitter, 0, 1);
  section.Count("max_refusals_in_a_row", retry.max_refusals_in_a_row, 1, 1000000);
  section.Finish();
}

void ReadCircuit(TomlSection section, HubCircuit& circuit) {
  section.Count("failures", circuit.failures, 1, 1000000);
  section.Seconds("first_pause_seconds", circuit.first_pause, absl::Hours(1));
  section.Number("growth", circuit.growth, 1, 10);
  section.Seconds("max_pause_seconds", circuit.max_pause, absl::Hours(24));
  section.Number("jitter", circuit.jitter, 0, 1);
  section.Count("max_trials", circuit.max_trials, 1, 1000);
  section.Finish();
}

void ReadPoll(TomlSection section, HubPoll& poll) {
  section.Seconds("first_wait_seconds", poll.first_wait, absl::Hours(1));
  section.Number("growth", poll.growth, 1, 10);
  section.Seconds("max_wait_seconds", poll.max_wait, absl::Hours(1));
  section.Seconds("give_up_after_seconds", poll.give_up_after, absl::Hours(24 * 7));
  section.Flag("repost_unfinished", poll.repost_unfinished);
  section.Flag("repost_missing", poll.repost_missing);
  section.Finish();
}

void ReadListing(TomlSection section, HubListingCall& listing) {
  section.Pointer("path", listing.path);
  section.Text("size_parameter", listing.size_parameter);
  section.Count("page_size", listing.page_size, 1, 10000);
  section.Text("cursor_parameter", listing.cursor_parameter);
  section.Pointer("records", listing.records);
  section.Pointer("next", listing.next);
  section.Finish();
}

void ReadRoute(TomlSection section, HubRoute& route) {
  section.Text("proxy", route.proxy);
  section.Text("ca_file", route.ca_file);
  section.Text("client_cert_file", route.client_cert_file);
  section.Text("client_key_file", route.client_key_file);
  if (route.client_cert_file.empty() != route.client_key_file.empty()) {
    section.Fail("client_cert_file", "and client_key_file go together");
  }
  section.Finish();
}

void ReadHub(TomlSection section, HubProfile& profile) {
  section.Text("base_url", profile.base_url);
  if (!absl::StartsWith(profile.base_url, "http://") && !absl::StartsWith(profile.base_url, "https://")) {
    section.Fail("base_url", "must start with http:// or https://");
  }
  section.Pointer("register_path", profile.register_path);
  section.Pointer("task_path", profile.task_path);
  if (!absl::StrContains(profile.task_path, "{task_id}")) section.Fail("task_path", "must contain {task_id}");
  section.Text("deleted_flag", profile.deleted_flag);
  if (profile.deleted_flag.empty()) section.Fail("deleted_flag", "must name a member");
  section.Count("max_records", profile.max_records, 1, 10000);
  section.Count("max_bytes", profile.max_bytes, 1024, 64 << 20);
  section.Count("max_concurrency", profile.max_concurrency, 1, 64);
  section.Number("requests_per_second", profile.requests_per_second, 0.001, 100000);
  section.Seconds("connect_timeout_seconds", profile.connect_timeout, absl::Minutes(10));
  section.Seconds("request_timeout_seconds", profile.request_timeout, absl::Minutes(15));
  section.Seconds("renew_lease_seconds", profile.renew_lease_every, absl::Minutes(1));
  if (profile.renew_lease_every <= absl::ZeroDuration()) section.Fail("renew_lease_seconds", "must be above 0");
  if (profile.connect_timeout <= absl::ZeroDuration()) section.Fail("connect_timeout_seconds", "must be above 0");
  if (profile.request_timeout <= absl::ZeroDuration()) section.Fail("request_timeout_seconds", "must be above 0");
  section.Choice("default_error_class", profile.default_error_class, ClassNames());
  ReadAuth(section.Section("auth"), profile.auth);
  ReadAnswers(section.Section("answers"), profile.answers);
  ReadRetry(section.Section("retry"), profile.retry);
  ReadCircuit(section.Section("circuit"), profile.circuit);
  ReadPoll(section.Section("poll"), profile.poll);
  ReadListing(section.Section("listing"), profile.listing);
  ReadRoute(section.Section("route"), profile.route);
  section.Finish();
}

// The tables of an array like [[error]]; nothing when it is absent.
absl::StatusOr<std::vector<const toml::table*>> Tables(const toml::table& root, const char* name) {
  std::vector<const toml::table*> tables;
  const toml::node* const node = root.get(name);
  if (node == nullptr) return tables;
  const toml::array* const array = node->as_array();
  if (array == nullptr) return ProfileError(*node, absl::StrCat(name, " must be written as [[", name, "]]"));
  for (const toml::node& element : *array) {
    if (!element.is_table()) return ProfileError(element, absl::StrCat(name, " must be written as [[", name, "]]"));
    tables.push_back(element.as_table());
  }
  return tables;
}

absl::Status ReadErrors(const toml::table& root, HubProfile& profile) {
  const auto tables = Tables(root, "error");
  if (!tables.ok()) return tables.status();
  absl::Status problem;
  std::set<std::string> codes;
  for (const toml::table* const table : *tables) {
    HubError error;
    TomlSection section(table, "error", problem);
    for (const char* const member : {"code", "class", "remedy_ja", "remedy_en"}) section.Require(member);
    section.Text("code", error.code);
    section.Choice("class", error.error_class, ClassNames());
    section.Text("remedy_ja", error.remedy_ja);
    section.Text("remedy_en", error.remedy_en);
    if (!codes.insert(error.code).second) section.Fail("code", "is given twice");
    section.Finish();
    if (!problem.ok()) return problem;
    profile.errors.push_back(std::move(error));
  }
  return absl::OkStatus();
}

// Two fields must not share a place, and none may lie below another.
absl::Status CheckPlaces(const std::vector<std::pair<HubField, const toml::table*>>& fields, const std::string& flag) {
  std::set<std::string> leaves = {flag};
  std::set<std::string> inner;
  for (const auto& [field, table] : fields) {
    std::string place;
    for (std::size_t i = 0; i < field.path.size(); ++i) {
      absl::StrAppend(&place, i == 0 ? "" : ".", field.path[i]);
      const bool leaf = i + 1 == field.path.size();
      if (leaves.count(place) > 0 || (leaf && inner.count(place) > 0)) {
        return ProfileError(*table, absl::StrCat("field.path \"", place, "\" is taken by another field"));
      }
      if (!leaf) inner.insert(place);
    }
    leaves.insert(place);
  }
  return absl::OkStatus();
}

absl::Status ReadFields(const toml::table& root, HubProfile& profile) {
  const auto tables = Tables(root, "field");
  if (!tables.ok()) return tables.status();
  absl::Status problem;
  std::vector<std::pair<HubField, const toml::table*>> fields;
  for (const toml::table* const table : *tables) {
    HubField field;
    // The engine reads the other members of [[field]], so there is no Finish here.
    TomlSection section(table, "field", problem);
    section.Require("name");
    section.Text("name", field.name);
    std::string path = field.name;
    section.Text("path", path);
    field.path = absl::StrSplit(path, '.');
    for (const std::string& part : field.path) {
      if (part.empty()) section.Fail("path", "has an empty part");
    }
    section.Choice("json", field.json, {"string", "boolean", "raw"});
    if (!problem.ok()) return problem;
    fields.emplace_back(std::move(field), table);
  }
  if (fields.empty()) return ProfileError(root, "there is no [[field]]");
  RETURN_IF_ERROR(CheckPlaces(fields, profile.deleted_flag));
  for (auto& field : fields) profile.fields.push_back(std::move(field.first));
  return absl::OkStatus();
}

}  // namespace

const HubError* HubProfile::FindError(absl::string_view code) const {
  for (const HubError& error : errors) {
    if (error.code == code) return &error;
  }
  return nullptr;
}

absl::StatusOr<HubProfile> ParseHubProfile(absl::string_view toml_text) {
  if (toml_text.size() > kMaxProfileBytes) return absl::InvalidArgumentError("profile:1: larger than 1 MiB");
  toml::table root;
  try {
    root = toml::parse(std::string_view(toml_text.data(), toml_text.size()));
  } catch (const toml::parse_error& error) {
    const auto description = error.description();
    return absl::InvalidArgumentError(absl::StrCat("profile:", error.source().begin.line, ": ",
                                                   absl::string_view(description.data(), description.size())));
  }
  HubProfile profile;
  absl::Status problem;
  TomlSection top(&root, "profile", problem);
  ReadHub(top.Section("hub"), profile);
  if (!problem.ok()) return problem;
  RETURN_IF_ERROR(ReadErrors(root, profile));
  RETURN_IF_ERROR(ReadFields(root, profile));
  return profile;
}

}  // namespace sabun
