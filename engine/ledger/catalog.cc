#include "engine/ledger/catalog.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace sabun {
namespace {

using Json = nlohmann::json;

// Visits every member of a struct under its name, so that writing and reading cannot disagree.
template <typename Visitor>
void Members(GuardLimits& limits, Visitor&& visit) {
  visit("max_deletes", limits.max_deletes);
  visit("max_delete_percent", limits.max_delete_percent);
  visit("max_updates", limits.max_updates);
  visit("max_update_percent", limits.max_update_percent);
  visit("max_shrink_rows", limits.max_shrink_rows);
  visit("max_shrink_percent", limits.max_shrink_percent);
}

template <typename Visitor>
void Members(SnapshotCounts& counts, Visitor&& visit) {
  visit("received", counts.received);
  visit("unchanged", counts.unchanged);
  visit("added", counts.added);
  visit("updated", counts.updated);
  visit("deleted", counts.deleted);
  visit("cosmetic", counts.cosmetic);
  visit("invalid", counts.invalid);
  visit("duplicate", counts.duplicate);
  visit("cancelled", counts.cancelled);
  visit("delete_rows", counts.delete_rows);
  visit("unreadable", counts.unreadable);
  visit("suspended_deletes", counts.suspended_deletes);
}

template <typename Visitor>
void Members(LedgerHead& head, Visitor&& visit) {
  visit("next_change_set", head.next_change_set);
  visit("next_generation", head.next_generation);
  visit("next_batch", head.next_batch);
  visit("lease_token", head.lease_token);
  visit("lease_holder", head.lease_holder);
  visit("index_generation", head.index.generation);
  visit("index_page_entries", head.index.page_entries);
  visit("index_overlay_entries", head.index.overlay_entries);
  visit("unsettled_generation", head.unsettled_generation);
  visit("records", head.records);
  visit("capsules", head.capsules);
  visit("pending", head.pending);
  visit("in_flight", head.in_flight);
  visit("parked", head.parked);
  visit("last_complete_rows", head.last_complete_rows);
  visit("held", head.held);
  visit("newest", head.newest);
  visit("reserved_change_set", head.reserved_change_set);
  visit("reserved_generation", head.reserved_generation);
  visit("restore_id", head.restore_id);
  visit("unreconciled", head.unreconciled);
  visit("replaying", head.replaying);
  visit("replay_cursor", head.replay_cursor);
  visit("replay_below", head.replay_below);
  visit("replay_change_set", head.replay_change_set);
}

template <typename Visitor>
void Members(Hold& hold, Visitor&& visit) {
  visit("rule", hold.rule);
  visit("limit", hold.limit);
  visit("actual", hold.actual);
  visit("limit_percent", hold.limit_percent);
  visit("actual_percent", hold.actual_percent);
  visit("samples", hold.samples);
}

// Members of the first version must be there.
bool IsNew(absl::string_view name) {
  for (const absl::string_view since :
       {"restore_id", "unreconciled", "replaying", "replay_cursor", "replay_below", "replay_change_set"}) {
    if (name == since) return true;
  }
  return false;
}

template <typename Struct>
Json ToJson(const Struct& value) {
  Json json = Json::object();
  Struct copy = value;
  Members(copy, [&](const char* name, auto& member) { json[name] = member; });
  return json;
}

template <typename Struct>
void FromJson(const Json& json, Struct* value) {
  Members(*value, [&](const char* name, auto& member) {
    // Members that a version added are not in the rows of those before it.
    if (!json.contains(name) && IsNew(name)) return;
    json.at(name).get_to(member);
  });
}

// The library would cut a fraction to the integer that it is read into, which is undefined when it is too large.
bool OnlyPercentsAreFractions(const Json& json) {
  for (const auto& [name, value] : json.items()) {
    if (value.is_number_float() && !(json.is_object() && absl::EndsWith(name, "percent"))) return false;
    if (value.is_structured() && !OnlyPercentsAreFractions(value)) return false;
  }
  return true;
}

// nlohmann reports by exception; here is the only place where one is turned into a status.
template <typename Row, typename Read>
absl::StatusOr<Row> Decode(const std::string& bytes, const Read& read) {
  const absl::Status damaged = absl::DataLossError("catalog: a row is damaged");
  try {
    Row row;
    const Json json = Json::parse(bytes);
    if (!OnlyPercentsAreFractions(json)) return damaged;
    read(json, &row);
    return row;
  } catch (const Json::exception&) {
    return damaged;
  }
}

}  // namespace

std::string EncodeDatasetRow(const DatasetRow& row) {
  return Json{{"id", row.id},
              {"name", row.name},
              {"profile", row.profile_text},
              {"secret", absl::BytesToHexString(row.secret)},
              {"guards", ToJson(row.guards)},
              {"field_ids", row.field_ids},
              {"created_at", row.created_at},
              {"retention_days", row.retention_days},
              {"fingerprint_secret", row.fingerprint_secret}}
      .dump();
}

absl::StatusOr<DatasetRow> DecodeDatasetRow(const std::string& bytes) {
  return Decode<DatasetRow>(bytes, [](const Json& json, DatasetRow* row) {
    json.at("id").get_to(row->id);
    json.at("name").get_to(row->name);
    json.at("profile").get_to(row->profile_text);
    row->secret = absl::HexStringToBytes(json.at("secret").get<std::string>());
    FromJson(json.at("guards"), &row->guards);
    json.at("field_ids").get_to(row->field_ids);
    json.at("created_at").get_to(row->created_at);
    row->retention_days = json.value("retention_days", 0u);
    row->fingerprint_secret = json.value("fingerprint_secret", 0u);
  });
}

std::string EncodeHead(const LedgerHead& head) { return ToJson(head).dump(); }

absl::StatusOr<LedgerHead> DecodeHead(const std::string& bytes) {
  return Decode<LedgerHead>(bytes, [](const Json& json, LedgerHead* head) { FromJson(json, head); });
}

std::string EncodeChangeSetInfo(const ChangeSetInfo& info) {
  Json holds = Json::array();
  for (const Hold& hold : info.holds) holds.push_back(ToJson(hold));
  return Json{{"number", info.number},
              {"snapshot_id", info.snapshot_id},
              {"kind", static_cast<int>(info.kind)},
              {"state", static_cast<int>(info.state)},
              {"digest", absl::BytesToHexString(info.digest)},
              {"counts", ToJson(info.counts)},
              {"planned", info.books.planned},
              {"books", info.books.by_state},
              {"holds", holds},
              {"created_at", info.created_at},
              {"decided_at", info.decided_at},
              {"decided_by", info.decided_by},
              {"pushed_by", info.pushed_by},
              {"erased", info.erased}}
      .dump();
}

absl::StatusOr<ChangeSetInfo> DecodeChangeSetInfo(const std::string& bytes) {
  return Decode<ChangeSetInfo>(bytes, [](const Json& json, ChangeSetInfo* info) {
    json.at("number").get_to(info->number);
    json.at("snapshot_id").get_to(info->snapshot_id);
    info->kind = static_cast<SnapshotKind>(json.at("kind").get<int>());
    info->state = static_cast<ChangeSetState>(json.at("state").get<int>());
    info->digest = absl::HexStringToBytes(json.at("digest").get<std::string>());
    FromJson(json.at("counts"), &info->counts);
    json.at("planned").get_to(info->books.planned);
    json.at("books").get_to(info->books.by_state);
    for (const Json& hold : json.at("holds")) FromJson(hold, &info->holds.emplace_back());
    json.at("created_at").get_to(info->created_at);
    json.at("decided_at").get_to(info->decided_at);
    json.at("decided_by").get_to(info->decided_by);
    info->pushed_by = json.value("pushed_by", "");  // change sets of older versions have none
    info->erased = json.value("erased", uint64_t{0});
  });
}

}  // namespace sabun
