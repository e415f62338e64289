#include "engine/engine.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/access/grants.h"
#include "engine/base/bytes.h"
#include "engine/base/commit_point.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

// That the dataset of this number was erased.
std::string ErasedRow(uint32_t id) { return layout::Tagged(id, 'g'); }

// Row of the number that the next dataset gets; dataset 0 is the catalog's own.
std::string NextIdRow() { return layout::Tagged(0, 'n'); }

bool IsDatasetName(absl::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= Engine::kMaxDatasetNameBytes &&
         std::all_of(name.begin(), name.end(), allowed) && std::count(name.begin(), name.end(), '/') <= 1 &&
         name.front() != '/' && name.back() != '/';
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(Store* store, Clock* clock, EngineOptions options) {
  std::unique_ptr<Engine> engine(new Engine(store, clock, std::move(options)));
  RETURN_IF_ERROR(engine->OpenDatasets());
  if (engine->options_.restored) RETURN_IF_ERROR(engine->BringUp());
  return engine;
}

absl::Status Engine::BringUp() {
  std::map<uint32_t, LedgerState*> ledgers;
  for (const auto& dataset : List("", kMostDatasets)) ledgers[dataset->ledger().dataset] = &dataset->ledger();
  Replay replay(*options_.restored, {options_.spool_directory, options_.row_memory_bytes});
  RETURN_IF_ERROR(replay.Run(ledgers));
  replayed_ = replay.counts();
  return absl::OkStatus();
}

absl::Status Engine::OpenDatasets() {
  MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const auto next, store_->Get(Family::kCatalog, NextIdRow()));
  if (next && next->size() != 4) return absl::DataLossError("catalog: a row is damaged");
  if (next) next_id_ = LoadBig32(next->data());
  for (uint32_t id = 1; id < next_id_; ++id) {
    ASSIGN_OR_RETURN(const auto bytes, store_->Get(Family::kCatalog, layout::DatasetRow(id)));
    if (!bytes) {
      ASSIGN_OR_RETURN(const auto erased, store_->Get(Family::kCatalog, ErasedRow(id)));
      if (erased) continue;
      return absl::DataLossError(absl::StrCat("catalog: dataset ", id, " is missing"));
    }
    ASSIGN_OR_RETURN(DatasetRow row, DecodeDatasetRow(*bytes));
    const std::string name = row.name;
    ASSIGN_OR_RETURN(datasets_[name], Dataset::Open(store_, clock_, options_, std::move(row)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Dataset>> Engine::CreateDataset(const std::string& name, const std::string& profile_text,
                                                               const GuardLimits& guards, bool* created) {
  if (!IsDatasetName(name)) {
    return absl::InvalidArgumentError(
        "a dataset name has 1 to 64 characters of a-z 0-9 . _ - and at most one / inside (organization/dataset)");
  }
  RETURN_IF_ERROR(ParseProfile(profile_text).status());
  MutexLock lock(&mutex_);
  *created = false;
  if (const auto found = datasets_.find(name); found != datasets_.end()) {
    if (found->second->row().profile_text == profile_text) return found->second;
    return absl::AlreadyExistsError(
        absl::StrCat("dataset ", name, " exists with another profile; use update to replace it"));
  }
  DatasetRow row;
  row.id = next_id_;
  row.name = name;
  row.profile_text = profile_text;
  row.secret = options_.new_secret();
  row.guards = guards;
  row.created_at = absl::ToUnixSeconds(clock_->Now());
  std::string next;
  AppendBig32(next_id_ + 1, &next);
  Batch batch;
  batch.Put(Family::kCatalog, layout::DatasetRow(row.id), EncodeDatasetRow(row));
  batch.Put(Family::kCatalog, NextIdRow(), next);
  BeforeCommit("dataset_created");
  RETURN_IF_ERROR(store_->Commit(batch, Durability::kSynced));
  AfterCommit("dataset_created");
  ++next_id_;
  ASSIGN_OR_RETURN(datasets_[name], Dataset::Open(store_, clock_, options_, std::move(row)));
  *created = true;
  return datasets_[name];
}

absl::Status Engine::Health() const {
  RETURN_IF_ERROR(store_->Health());
  const Journal* const journal = options_.ledger.journal;
  return journal == nullptr ? absl::OkStatus() : journal->Health();
}

absl::StatusOr<std::shared_ptr<Dataset>> Engine::Find(const std::string& name) {
  RETURN_IF_ERROR(Health());
  MutexLock lock(&mutex_);
  const auto found = datasets_.find(name);
  if (found == datasets_.end()) return absl::NotFoundError(absl::StrCat("there is no dataset ", name));
  return found->second;
}

std::vector<std::shared_ptr<Dataset>> Engine::DatasetsOf(const std::string& organization) {
  std::vector<std::shared_ptr<Dataset>> datasets;
  for (const auto& [name, dataset] : datasets_) {
    if (OrganizationOf(name) == organization) datasets.push_back(dataset);
  }
  return datasets;
}

bool Engine::HasOrganization(const std::string& organization) {
  MutexLock lock(&mutex_);
  return !DatasetsOf(organization).empty();
}

absl::StatusOr<Engine::Removed> Engine::RemoveOrganization(const std::string& organization,
                                                           const std::function<void(const Removed&, Batch*)>& add) {
  MutexLock lock(&mutex_);
  const std::vector<std::shared_ptr<Dataset>> datasets = DatasetsOf(organization);
  if (datasets.empty()) return absl::NotFoundError(absl::StrCat("there is no dataset of ", organization));
  std::vector<std::shared_ptr<Dataset>> retired;
  auto revive = absl::MakeCleanup([&] {
    for (const auto& dataset : retired) dataset->EndRetirement();
  });
  Removed removed;
  Batch batch;
  for (const auto& dataset : datasets) {
    RETURN_IF_ERROR(dataset->Retire());
    retired.push_back(dataset);
    const LedgerHead head = dataset->ledger().Head();
    removed.datasets.push_back(dataset->row().name);
    removed.records += head.records;
    removed.accepted_records += head.capsules;
    removed.unsettled_records += head.pending + head.in_flight + head.parked;
    const uint32_t id = dataset->ledger().dataset;
    const std::string rows = layout::Dataset(id);
    for (int family = 0; family < kFamilyCount; ++family) {
      batch.DeleteRange(static_cast<Family>(family), rows, layout::After(rows));
    }
    batch.Put(Family::kCatalog, ErasedRow(id), "1");
  }
  add(removed, &batch);
  BeforeCommit("organization_erased");
  RETURN_IF_ERROR(store_->Commit(batch, Durability::kSynced));
  AfterCommit("organization_erased");
  std::move(revive).Cancel();
  for (const std::string& name : removed.datasets) datasets_.erase(name);
  return removed;
}

void Engine::DropIdleSnapshots(absl::Duration age) {
  MutexLock lock(&mutex_);
  for (const auto& [name, dataset] : datasets_) dataset->DropSnapshotIdleFor(age);
}

std::vector<std::shared_ptr<Dataset>> Engine::List(const std::string& after, size_t limit) {
  MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<Dataset>> datasets;
  for (auto at = datasets_.upper_bound(after); at != datasets_.end() && datasets.size() < limit; ++at) {
    datasets.push_back(at->second);
  }
  return datasets;
}

}  // namespace sabun
