#include "engine/backups.h"

#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

absl::Status EraseDirectory(const std::string& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  return error ? absl::UnavailableError(absl::StrCat("cannot erase ", directory)) : absl::OkStatus();
}

absl::StatusOr<std::vector<DatasetRow>> DatasetsOf(Store* store) {
  std::vector<DatasetRow> rows;
  const auto scan =
      store->NewScan(Family::kCatalog, layout::Dataset(1), layout::After(std::string(1, layout::kVersion)));
  for (; scan->Valid(); scan->Next()) {
    const absl::string_view key = scan->key();
    if (key.size() != layout::DatasetRow(1).size() || key.back() != 'd') continue;
    ASSIGN_OR_RETURN(rows.emplace_back(), DecodeDatasetRow(std::string(scan->value())));
  }
  RETURN_IF_ERROR(scan->status());
  return rows;
}

}  // namespace

absl::Status Backups::CheckFolderPath(const std::string& folder) const {
  if (!fs::path(folder).is_absolute()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the backup folder must be an absolute path on the engine's machine, not ", folder));
  }
  std::error_code error;
  const fs::path data = fs::weakly_canonical(engine_->options().data_directory, error);
  const fs::path path = fs::weakly_canonical(folder, error);
  const fs::path above = path.lexically_relative(data);
  if (error || (!above.empty() && *above.begin() != "..")) {
    return absl::InvalidArgumentError(
        absl::StrCat("the backup folder ", folder, " is in the data directory; take one on another disk"));
  }
  return absl::OkStatus();
}

// The copy is opened: so it is known what it holds, and that it can be.
absl::Status Backups::Copy(const std::string& directory, BackupManifest* manifest) {
  Store* const store = engine_->store();
  RETURN_IF_ERROR(store->CopyFilesTo(directory));
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> copy, store->OpenCopy(directory));
  ASSIGN_OR_RETURN(const std::vector<DatasetRow> datasets, DatasetsOf(copy.get()));
  for (const DatasetRow& row : datasets) {
    ASSIGN_OR_RETURN(const auto bytes, copy->Get(Family::kCatalog, layout::HeadRow(row.id)));
    LedgerHead head;
    if (bytes) {
      ASSIGN_OR_RETURN(head, DecodeHead(*bytes));
    }
    manifest->datasets.push_back({row.name, head.records, head.capsules, head.newest});
  }
  return absl::OkStatus();
}

absl::StatusOr<BackupManifest> Backups::Create(const std::string& folder, size_t keep, Pace* pace) {
  RETURN_IF_ERROR(CheckFolderPath(folder));
  {
    MutexLock lock(&mutex_);
    if (std::exchange(busy_, true)) return absl::FailedPreconditionError("another backup is being made");
  }
  const auto idle = absl::MakeCleanup([this] {
    MutexLock lock(&mutex_);
    busy_ = false;
  });
  ASSIGN_OR_RETURN(BackupFolder backups, BackupFolder::OpenOrMake(folder));
  BackupManifest manifest;
  manifest.created_at = absl::ToUnixSeconds(engine_->clock()->Now());
  manifest.engine_version = engine_->options().version;
  Journal* const journal = engine_->options().ledger.journal;
  if (journal != nullptr) {
    ASSIGN_OR_RETURN(manifest.journal_segment, journal->BeginSegment());
    manifest.journal_directory = fs::absolute(journal->directory());
    // Whoever noted something in a segment before this one holds its ledger's lock until it is committed, and so in
    // the copy.
    for (const auto& dataset : engine_->List("", engine_->kMostDatasets)) dataset->ledger().Head();
  }
  const std::string staging = engine_->options().data_directory + "/backup";
  RETURN_IF_ERROR(EraseDirectory(staging));
  const auto erase = absl::MakeCleanup([&] { EraseDirectory(staging).IgnoreError(); });
  RETURN_IF_ERROR(Copy(staging, &manifest));
  ASSIGN_OR_RETURN(manifest, backups.Add(staging + "/rocksdb", std::move(manifest), pace));
  // Without the ring no backup can be read; with an old one, what was erased since could be. So the folder has one
  // copy, which every change of the ring replaces.
  KeyRing* const keys = engine_->options().keys.get();
  if (keys != nullptr) RETURN_IF_ERROR(keys->AddCopy((fs::path(folder) / "keyring").lexically_normal()));
  if (keep > 0) RETURN_IF_ERROR(backups.KeepNewest(keep));
  if (journal != nullptr) {
    ASSIGN_OR_RETURN(const std::vector<BackupManifest> kept, backups.List());
    RETURN_IF_ERROR(journal->DropBefore(kept.front().journal_segment));
  }
  return manifest;
}

absl::StatusOr<Backups::Checked> Backups::Check(const std::string& folder, absl::string_view id, Pace* pace) {
  ASSIGN_OR_RETURN(const BackupFolder backups, BackupFolder::Open(folder));
  Checked checked;
  ASSIGN_OR_RETURN(checked.manifest, backups.Find(id));
  VerifyFinding& files = checked.findings.emplace_back();
  files.check = "files";
  files.examined = checked.manifest.files.size();
  const absl::Status sound = backups.Check(checked.manifest, pace);
  if (absl::IsCancelled(sound)) return sound;
  if (!sound.ok()) {
    files.problem = std::string(sound.message());
    return checked;
  }
  const std::string directory = absl::StrCat(engine_->options().data_directory, "/backup-check");
  RETURN_IF_ERROR(EraseDirectory(directory));
  const auto erase = absl::MakeCleanup([&] { EraseDirectory(directory).IgnoreError(); });
  RETURN_IF_ERROR(backups.LayOut(checked.manifest, directory + "/rocksdb"));
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> copy, engine_->store()->OpenCopy(directory));
  VerifyFinding codes{"codes", "", 0};
  const uint64_t read = pace->bytes();
  const absl::Status coded = copy->VerifyFiles(pace);
  if (absl::IsCancelled(coded)) return coded;
  codes.examined = pace->bytes() - read;
  if (!coded.ok()) codes.problem = std::string(coded.message());
  checked.findings.push_back(std::move(codes));
  ASSIGN_OR_RETURN(const std::vector<DatasetRow> datasets, DatasetsOf(copy.get()));
  for (const DatasetRow& row : datasets) {
    ASSIGN_OR_RETURN(std::vector<VerifyFinding> findings, VerifyLedger(copy.get(), row.id, pace));
    for (VerifyFinding& finding : findings) {
      finding.check = absl::StrCat(row.name, ": ", finding.check);
      checked.findings.push_back(std::move(finding));
    }
  }
  return checked;
}

}  // namespace sabun
