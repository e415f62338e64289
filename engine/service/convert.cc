#include "engine/service/convert.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/record/packed_fields.h"

namespace sabun {
namespace {

constexpr absl::string_view kMask = "***";

// That a value is missing may be told; what it is may not.
bool IsHidden(const Rules& rules, size_t field, absl::string_view value, Showing showing) {
  return showing == Showing::kMasked && rules.profile.fields[field].personal && !value.empty();
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  // The two enumerations have the same numbers.
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

v1::FingerprintScheme ToProto(HashScheme scheme) {
  return scheme == HashScheme::kXxh3 ? v1::FINGERPRINT_SCHEME_XXH3_128 : v1::FINGERPRINT_SCHEME_HMAC_SHA256_128;
}

void FillFields(const Rules& rules, google::protobuf::RepeatedPtrField<v1::Field>* fields,
                google::protobuf::RepeatedField<uint32_t>* key_fields) {
  for (const ProfileField& field : rules.profile.fields) {
    v1::Field* out = fields->Add();
    out->set_name(field.name);
    out->set_label_ja(field.label_ja);
    out->set_required(field.required);
    out->set_personal(field.personal);
  }
  for (const uint32_t field : rules.profile.key_fields) key_fields->Add(field);
}

void FillDataset(Dataset& dataset, bool whole, v1::Dataset* out) {
  const DatasetRow row = dataset.row();
  const std::shared_ptr<const Rules> rules = dataset.rules();
  const LedgerHead head = dataset.ledger().Head();
  out->set_name(row.name);
  out->set_profile_name(rules->profile.name);
  out->set_profile_version(rules->profile.version);
  out->set_scheme(ToProto(dataset.key_scheme()));
  v1::GuardLimits* guards = out->mutable_guards();
  guards->set_max_deletes(row.guards.max_deletes);
  guards->set_max_delete_percent(row.guards.max_delete_percent);
  guards->set_max_updates(row.guards.max_updates);
  guards->set_max_update_percent(row.guards.max_update_percent);
  guards->set_max_shrink_rows(row.guards.max_shrink_rows);
  guards->set_max_shrink_percent(row.guards.max_shrink_percent);
  out->set_records(head.records);
  out->set_accepted_records(head.capsules);
  out->set_created_at(row.created_at);
  out->set_retention_days(row.retention_days);
  if (!whole) return;
  out->set_profile_toml(row.profile_text);
  FillFields(*rules, out->mutable_fields(), out->mutable_key_fields());
}

GuardLimits WithLimits(GuardLimits limits, const v1::GuardLimits& given) {
  if (given.has_max_deletes()) limits.max_deletes = given.max_deletes();
  if (given.has_max_delete_percent()) limits.max_delete_percent = given.max_delete_percent();
  if (given.has_max_updates()) limits.max_updates = given.max_updates();
  if (given.has_max_update_percent()) limits.max_update_percent = given.max_update_percent();
  if (given.has_max_shrink_rows()) limits.max_shrink_rows = given.max_shrink_rows();
  if (given.has_max_shrink_percent()) limits.max_shrink_percent = given.max_shrink_percent();
  return limits;
}

void FillCounts(const SnapshotCounts& counts, v1::SnapshotCounts* out) {
  out->set_received(counts.received);
  out->set_unchanged(counts.unchanged);
  out->set_added(counts.added);
  out->set_updated(counts.updated);
  out->set_deleted(counts.deleted);
  out->set_cosmetic(counts.cosmetic);
  out->set_invalid(counts.invalid);
  out->set_duplicate(counts.duplicate);
  out->set_cancelled(counts.cancelled);
  out->set_delete_rows(counts.delete_rows);
  out->set_unreadable(counts.unreadable);
  out->set_suspended_deletes(counts.suspended_deletes);
}

void FillChangeSet(const std::string& dataset, const ChangeSetInfo& info, v1::ChangeSet* out) {
  out->set_dataset(dataset);
  out->set_number(info.number);
  out->set_snapshot_id(info.snapshot_id);
  out->set_kind(static_cast<v1::SnapshotKind>(info.kind));
  out->set_state(static_cast<v1::ChangeSetState>(info.state));
  out->set_digest(info.digest);
  FillCounts(info.counts, out->mutable_counts());
  v1::Books* books = out->mutable_books();
  books->set_planned(info.books.planned);
  books->set_accepted(info.books[ChangeState::kAccepted]);
  books->set_rejected(info.books[ChangeState::kRejected]);
  books->set_unknown(info.books[ChangeState::kUnknown]);
  books->set_pending(info.books[ChangeState::kPending]);
  books->set_in_flight(info.books[ChangeState::kInFlight]);
  books->set_superseded(info.books[ChangeState::kSuperseded]);
  for (const Hold& hold : info.holds) {
    v1::Hold* held = out->add_holds();
    held->set_rule(hold.rule);
    held->set_limit(hold.limit);
    held->set_actual(hold.actual);
    held->set_limit_percent(hold.limit_percent);
    held->set_actual_percent(hold.actual_percent);
    for (const std::string& sample : hold.samples) held->add_samples(sample);
  }
  out->set_created_at(info.created_at);
  out->set_decided_at(info.decided_at);
  out->set_decided_by(info.decided_by);
  out->set_pushed_by(info.pushed_by);
  out->set_erased(info.erased);
}

void FillRowError(const RowFinding& finding, v1::RowError* out) {
  out->set_ordinal(finding.ordinal);
  out->set_code(std::string(finding.code->code));
  out->set_field(finding.field);
  out->set_message_ja(std::string(finding.code->message_ja));
  out->set_message_en(std::string(finding.code->message_en));
  out->set_warning(finding.code->warning);
}

std::string ToPacked(const Rules& rules, absl::string_view canonical, Showing showing) {
  std::vector<absl::string_view> values;
  // A damaged form shows as empty values, as Dataset::Values does.
  if (!DecodeCanonical(canonical, rules.field_ids, &values)) values.assign(rules.field_ids.size(), "");
  std::string packed;
  packed.reserve(canonical.size() + values.size());
  for (size_t field = 0; field < values.size(); ++field) {
    AppendSized(IsHidden(rules, field, values[field], showing) ? kMask : values[field], &packed);
  }
  return packed;
}

std::vector<std::string> ShownKey(const Rules& rules, absl::string_view canonical, Showing showing) {
  const std::vector<std::string> values = Dataset::Values(rules, canonical);
  std::vector<std::string> key;
  for (const uint32_t field : rules.profile.key_fields) {
    key.push_back(IsHidden(rules, field, values[field], showing) ? std::string(kMask) : values[field]);
  }
  return key;
}

}  // namespace sabun
