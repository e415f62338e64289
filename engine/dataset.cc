#include "engine/dataset.h"

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/commit_point.h"
#include "engine/base/status_macros.h"
#include "engine/record/packed_fields.h"
#include "engine/resend.h"
#include "engine/snapshot.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

std::vector<std::string> FieldNames(const Profile& profile, const std::vector<uint32_t>& fields) {
  std::vector<std::string> names;
  for (const uint32_t field : fields) names.push_back(profile.fields[field].name);
  return names;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Dataset>> Dataset::Open(Store* store, Clock* clock, const EngineOptions& options,
                                                       DatasetRow row) {
  std::shared_ptr<Dataset> dataset(new Dataset(store, clock, options, row.id));
  RETURN_IF_ERROR(dataset->ledger_.Open());
  dataset->submissions_.ResumeLease();
  MutexLock lock(&dataset->mutex_);
  RETURN_IF_ERROR(dataset->Adopt(std::move(row)));
  return dataset;
}

absl::Status Dataset::Adopt(DatasetRow row) {
  ASSIGN_OR_RETURN(Profile profile, ParseProfile(row.profile_text));
  auto rules = std::make_shared<Rules>(std::move(profile));
  rules->digest = RulesDigest(rules->profile);
  // A field keeps its id for the dataset's life, so that adding or moving fields leaves stored records comparable.
  for (const ProfileField& field : rules->profile.fields) {
    const auto [found, added] = row.field_ids.try_emplace(field.name, static_cast<uint32_t>(row.field_ids.size() + 1));
    rules->field_ids.push_back(found->second);
  }
  std::vector<uint32_t> identity_ids;
  for (const uint32_t field : rules->profile.identity_fields) identity_ids.push_back(rules->field_ids[field]);
  {
    MutexLock lock(&ledger_.mutex);
    LedgerWrite write(&ledger_);
    // A submission that goes by the old profile would put values into other members.
    if (rules_ != nullptr && row.profile_text != row_.profile_text) submissions_.EndLease(&write);
    write.batch.Put(Family::kCatalog, layout::DatasetRow(row.id), EncodeDatasetRow(row));
    RETURN_IF_ERROR(write.Commit("dataset_row"));
    ledger_.identity_ids = std::move(identity_ids);
    ledger_.profile_text = row.profile_text;
  }
  row_ = std::move(row);
  rules_ = std::move(rules);
  return absl::OkStatus();
}

DatasetRow Dataset::row() {
  MutexLock lock(&mutex_);
  return row_;
}

std::shared_ptr<const Rules> Dataset::rules() {
  MutexLock lock(&mutex_);
  return rules_;
}

HashScheme Dataset::key_scheme() { return rules()->profile.hmac_scheme ? HashScheme::kHmacSha256 : HashScheme::kXxh3; }

std::vector<std::string> Dataset::Values(const Rules& rules, absl::string_view canonical) {
  std::vector<std::string> values;
  // A damaged form shows as empty values; verify finds it.
  if (!DecodeCanonical(canonical, rules.field_ids, &values)) values.assign(rules.field_ids.size(), "");
  return values;
}

std::vector<std::string> Dataset::KeyValues(const Rules& rules, absl::string_view canonical) {
  const std::vector<std::string> values = Values(rules, canonical);
  std::vector<std::string> key;
  for (const uint32_t field : rules.profile.key_fields) key.push_back(values[field]);
  return key;
}

// Whoever holds the snapshot still must not find its work going on beside the next one's.
void Dataset::DropSnapshot() {
  if (snapshot_ != nullptr) snapshot_->Stop();
  snapshot_.reset();
}

absl::Status Dataset::DropIdleSnapshot() {
  if (attached_) return absl::FailedPreconditionError("a snapshot is being taken in; wait until it is done");
  DropSnapshot();
  return absl::OkStatus();
}

absl::Status Dataset::Update(const std::string& profile_text, const std::optional<GuardLimits>& guards) {
  {
    MutexLock lock(&mutex_);
    RETURN_IF_ERROR(DropIdleSnapshot());
    DatasetRow row = row_;
    if (guards) row.guards = *guards;
    if (profile_text.empty() || profile_text == row.profile_text) return Adopt(std::move(row));
    if (ledger_.Head().held != 0)
      return absl::FailedPreconditionError("a change set is held; approve or discard it first");
    ASSIGN_OR_RETURN(const Profile profile, ParseProfile(profile_text));
    const Profile& old = rules_->profile;
    if (FieldNames(profile, profile.key_fields) != FieldNames(old, old.key_fields) ||
        profile.hmac_scheme != old.hmac_scheme) {
      return absl::FailedPreconditionError(
          "the new profile has another record key or fingerprint scheme: create another dataset for it");
    }
    row.profile_text = profile_text;
    RETURN_IF_ERROR(Adopt(std::move(row)));
  }
  return rejects_.Retry("").status();  // under new rules a reject may pass
}

absl::Status Dataset::RefuseWhileHeld() {
  const uint64_t held = ledger_.Head().held;
  if (held == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("change set ", held, " is held; approve or discard it first"));
}

absl::Status Dataset::ChangeRow(const std::function<void(DatasetRow*)>& change) {
  MutexLock lock(&mutex_);
  RETURN_IF_ERROR(DropIdleSnapshot());
  DatasetRow row = row_;
  change(&row);
  return Adopt(std::move(row));
}

absl::Status Dataset::SetRetention(uint32_t days) {
  if (days == row().retention_days) return absl::OkStatus();
  return ChangeRow([days](DatasetRow* row) { row->retention_days = days; });
}

absl::Status Dataset::RotateFingerprintSecret() {
  return ChangeRow([](DatasetRow* row) { ++row->fingerprint_secret; });
}

absl::StatusOr<std::shared_ptr<Snapshot>> Dataset::Attach(const SnapshotRequest& request) {
  if ((request.kind == SnapshotKind::kPartial || request.against_hub) && !request.compare_only) {
    RETURN_IF_ERROR(RefuseWhileHeld());
  }
  {
    MutexLock lock(&mutex_);
    if (retired_) return absl::NotFoundError("the dataset was erased");
    const bool same = snapshot_ != nullptr && snapshot_->request() == request;
    if (attached_ && same) return absl::UnavailableError("the broken stream of this snapshot is not closed yet; retry");
    if (attached_) return absl::FailedPreconditionError("another snapshot of this dataset is being taken in");
    attached_ = true;
    if (same) return snapshot_;
    DropSnapshot();
  }
  auto snapshot = std::make_shared<Snapshot>(this, request);
  MutexLock lock(&mutex_);
  snapshot_ = snapshot;
  return snapshot;
}

void Dataset::Detach(const std::shared_ptr<Snapshot>& snapshot, bool done) {
  MutexLock lock(&mutex_);
  if (snapshot_ != snapshot) return;
  if (done) DropSnapshot();
  attached_ = false;
  detached_at_ = ledger_.clock->Steady();
}

void Dataset::DropSnapshotIdleFor(absl::Duration age) {
  MutexLock lock(&mutex_);
  if (!attached_ && ledger_.clock->Steady() - detached_at_ >= age) DropSnapshot();
}

bool Dataset::IsTakingIn() {
  MutexLock lock(&mutex_);
  return attached_;
}

absl::Status Dataset::Retire() {
  MutexLock lock(&mutex_);
  // Whoever takes the lease a moment later finds the ledger closed.
  const bool submitting = !submissions_.Holder().empty();
  if (attached_ || submitting) {
    return CodedError(absl::StatusCode::kFailedPrecondition,
                      {"ERASE-BUSY",
                       absl::StrCat("the dataset ", row_.name,
                                    " is in use: ", submitting ? "somebody submits" : "a snapshot is being taken in",
                                    ". End that first; nothing was erased."),
                       absl::StrCat("対象データ ", row_.name, submitting ? " は送信中です。" : " は取込中です。",
                                    "先に終了してください。何も消去していません。")});
  }
  DropSnapshot();
  MutexLock ledger(&ledger_.mutex);
  retired_ = ledger_.retired = true;
  return absl::OkStatus();
}

void Dataset::EndRetirement() {
  MutexLock lock(&mutex_);
  MutexLock ledger(&ledger_.mutex);
  retired_ = ledger_.retired = false;
}

absl::StatusOr<ChangeSetInfo> Dataset::WithoutSnapshots(const std::function<absl::StatusOr<ChangeSetInfo>()>& work) {
  {
    MutexLock lock(&mutex_);
    RETURN_IF_ERROR(DropIdleSnapshot());
    attached_ = true;
  }
  absl::StatusOr<ChangeSetInfo> info = work();
  MutexLock lock(&mutex_);
  attached_ = false;
  return info;
}

absl::StatusOr<ChangeSetInfo> Dataset::Approve(uint64_t number, absl::string_view digest, absl::string_view by) {
  return WithoutSnapshots([&] { return change_sets_.Approve(number, digest, by); });
}

absl::StatusOr<ChangeSetInfo> Dataset::Resend(const ResendSelection& selection) {
  ASSIGN_OR_RETURN(const auto done, change_sets_.FindSnapshot(selection.id));
  if (done) return *done;
  RETURN_IF_ERROR(RefuseWhileHeld());
  return WithoutSnapshots([&] { return PlanResend(this, selection); });
}

}  // namespace sabun
