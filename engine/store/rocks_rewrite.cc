#include "engine/store/rocks_rewrite.h"

#include <rocksdb/convenience.h>
#include <rocksdb/env.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_head.h"
#include "engine/store/rocks_files.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 4;

absl::Status Busy(absl::string_view with) {
  return CodedError(
      absl::StatusCode::kUnavailable,
      {"REWRITE-BUSY",
       absl::StrCat("files under older keys are still in use (", with,
                    "): a snapshot, a verification or a backup is going on. Nothing is lost; run the same "
                    "command again when it is done."),
       absl::StrCat("古い鍵のファイルがまだ使用中です(", with,
                    ")。取込・検証・バックアップの終了後に同じコマンドをもう一度実行してください。")});
}

// Files below the directory that name an epoch before `epoch`.
absl::StatusOr<std::vector<std::string>> FilesBefore(uint32_t epoch, const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(directory, error); at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (error) break;
    if (at->is_directory(error)) continue;
    const absl::StatusOr<std::optional<uint32_t>> named = EpochOfFile(at->path());
    if (absl::IsNotFound(named.status())) continue;  // RocksDB has erased it meanwhile
    RETURN_IF_ERROR(named.status());
    if (*named && **named < epoch) files.push_back(at->path());
  }
  if (error) return absl::UnavailableError(absl::StrCat("store: cannot list ", directory));
  return files;
}

// The manifest is appended to for as long as the store is open, and only its size makes RocksDB begin another: so it
// gets an entry about a file whose keys are larger than that, in the family that holds nothing else.
absl::Status BeginManifest(rocksdb::DB* db) {
  const std::string key(kManifestBytes * 3 / 4, 'm');  // a file's entry has its first and its last key
  rocksdb::ColumnFamilyHandle* const family = db->DefaultColumnFamily();
  RETURN_IF_ERROR(RocksStatus(db->Put({}, family, key, ""), "rewrite"));
  RETURN_IF_ERROR(RocksStatus(db->Flush({}, family), "rewrite"));
  RETURN_IF_ERROR(RocksStatus(db->Delete({}, family, key), "rewrite"));
  RETURN_IF_ERROR(RocksStatus(db->Flush({}, family), "rewrite"));
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return RocksStatus(db->CompactRange(options, family, nullptr, nullptr), "rewrite");
}

absl::Status CompactAll(const RewrittenStore& store) {
  // Logs go when nothing in them is needed; a family that has nothing in memory needs none.
  RETURN_IF_ERROR(RocksStatus(store.db->Flush({}, store.families), "rewrite"));
  uint64_t snapshots = 0;
  store.db->GetIntProperty(rocksdb::DB::Properties::kNumSnapshots, &snapshots);
  // What was deleted would be kept for them, and written again.
  if (snapshots > 0) return Busy("an older state is being read");
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (rocksdb::ColumnFamilyHandle* family : store.families) {
    RETURN_IF_ERROR(RocksStatus(store.db->CompactRange(options, family, nullptr, nullptr), "rewrite"));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsSmallFile(absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  return name == "IDENTITY" || absl::StartsWith(name, "OPTIONS-");
}

absl::Status RewriteSmallFile(rocksdb::Env* env, const std::string& path) {
  std::string text;
  RETURN_IF_ERROR(RocksStatus(rocksdb::ReadFileToString(env, path, &text), "rewrite"));
  const std::string made = path + ".dbtmp";
  RETURN_IF_ERROR(RocksStatus(rocksdb::WriteStringToFile(env, text, made, /*should_sync=*/true), "rewrite"));
  return RocksStatus(env->RenameFile(made, path), "rewrite");
}

absl::Status RewriteUnderNewestEpoch(const RewrittenStore& store, const KeyRing& keys) {
  const uint32_t epoch = keys.Newest().epoch;
  std::vector<std::string> left;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    RETURN_IF_ERROR(CompactAll(store));
    RETURN_IF_ERROR(BeginManifest(store.db));
    // Removes at once what is out of use.
    RETURN_IF_ERROR(RocksStatus(store.db->DisableFileDeletions(), "rewrite"));
    RETURN_IF_ERROR(RocksStatus(store.db->EnableFileDeletions(/*force=*/true), "rewrite"));
    ASSIGN_OR_RETURN(left, FilesBefore(epoch, store.directory));
    for (const std::string& path : left) {
      if (IsSmallFile(path)) RETURN_IF_ERROR(RewriteSmallFile(store.env, path));
    }
    ASSIGN_OR_RETURN(left, FilesBefore(epoch, store.directory));
    if (left.empty()) return absl::OkStatus();
  }
  return Busy(absl::StrCat(left.size(), " files, the first is ", fs::path(left.front()).filename().string()));
}

}  // namespace sabun
