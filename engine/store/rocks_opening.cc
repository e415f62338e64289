#include "engine/store/rocks_opening.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"
#include "engine/store/rocks_files.h"
#include "engine/store/rocks_options.h"

namespace sabun {
namespace {

constexpr const char* kCatalog = "catalog";

absl::StatusOr<bool> Exists(rocksdb::Env* env, const std::string& path) {
  const rocksdb::Status status = env->FileExists(path);
  if (status.IsNotFound()) return false;
  RETURN_IF_ERROR(RocksStatus(status, "look for the store"));
  return true;
}

// RocksDB would begin a new store where CURRENT is missing, and delete what lies there.
absl::Status RefuseRemains(rocksdb::Env* env, const std::string& path) {
  std::vector<std::string> names;
  const rocksdb::Status status = env->GetChildren(path, &names);
  if (status.IsNotFound()) return absl::OkStatus();
  RETURN_IF_ERROR(RocksStatus(status, "look for the store"));
  const auto holds_data = [](const std::string& name) {
    return absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log");
  };
  if (std::none_of(names.begin(), names.end(), holds_data)) return absl::OkStatus();
  return CodedError(absl::StatusCode::kDataLoss,
                    {"STORE-INCOMPLETE",
                     absl::StrCat(path,
                                  " holds files of a store, but not its file CURRENT. Nothing was changed. Put the "
                                  "whole directory back, from a backup if need be."),
                     absl::StrCat(path,
                                  " にはストアのファイルがありますが CURRENT がありません。何も変更していません。"
                                  "ディレクトリ全体を（必要ならバックアップから）戻してください。")});
}

// RocksDB ends the process over an identity that it cannot read.
absl::Status CheckIdentity(rocksdb::Env* env, const std::string& path) {
  std::string identity;
  const rocksdb::Status status = rocksdb::ReadFileToString(env, path + "/IDENTITY", &identity);
  if (status.ok() || status.IsNotFound() || status.IsPathNotFound()) return absl::OkStatus();
  if (!status.IsCorruption()) return RocksStatus(status, "open");
  return CodedError(absl::StatusCode::kDataLoss,
                    {"STORE-DAMAGED",
                     absl::StrCat("the file ", path,
                                  "/IDENTITY is damaged. It holds no data: delete it and start again, "
                                  "and have the disk looked at."),
                     absl::StrCat("ファイル ", path,
                                  "/IDENTITY が壊れています。データは含まないため、削除して再起動し、"
                                  "ディスクを点検してください。")});
}

// The catalog's row as it would be after opening. Only the catalog is read from the log, so that this is quick.
absl::StatusOr<std::optional<Mark>> ReadStoredMark(const rocksdb::DBOptions& db_options, const std::string& path) {
  std::vector<std::string> names;
  RETURN_IF_ERROR(RocksStatus(rocksdb::DB::ListColumnFamilies(db_options, path, &names), "open"));
  // A store whose making was interrupted.
  if (std::find(names.begin(), names.end(), kCatalog) == names.end()) return std::optional<Mark>();
  std::vector<rocksdb::ColumnFamilyDescriptor> families = StoreFamilies(rocksdb::NewLRUCache(1 << 20));
  families.resize(2);  // the default one, which has to be there, and the catalog
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(RocksStatus(rocksdb::DB::OpenForReadOnly(db_options, path, families, &handles, &opened), "open"));
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::string row;
  const rocksdb::Status status = db->Get({}, handles.back(), layout::CommitRow(), &row);
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  if (status.IsNotFound()) return std::optional<Mark>();
  RETURN_IF_ERROR(RocksStatus(status, "read"));
  const std::optional<CommitRow> commits = DecodeCommitRow(row);
  if (!commits) return absl::DataLossError("store: the row of commits is damaged");
  return commits->mark;
}

}  // namespace

absl::StatusOr<std::optional<Mark>> ExamineBeforeOpening(const RocksStoreOptions& options,
                                                         const rocksdb::DBOptions& db_options, WitnessFile* witness) {
  WitnessFindings found;
  found.data = options.directory;
  found.witness = witness->path();
  // The witness first: another engine may be at work on both, and its witness is never ahead of its store.
  ASSIGN_OR_RETURN(found.witness_exists, witness->Exists());
  if (found.witness_exists) {
    ASSIGN_OR_RETURN(found.witnessed, witness->Read());
  }
  const std::string path = options.directory + "/rocksdb";
  ASSIGN_OR_RETURN(found.store_exists, Exists(db_options.env, path + "/CURRENT"));
  if (found.store_exists) {
    RETURN_IF_ERROR(CheckIdentity(db_options.env, path));
    ASSIGN_OR_RETURN(found.stored, ReadStoredMark(db_options, path));
  } else {
    RETURN_IF_ERROR(RefuseRemains(db_options.env, path));
  }
  if (!options.accept_as_it_is) RETURN_IF_ERROR(CompareWithWitness(found));
  return found.witnessed;
}

absl::Status MissingCommits(uint64_t expected, uint64_t found) {
  return CodedError(
      absl::StatusCode::kDataLoss,
      {"STORE-INCOMPLETE",
       absl::StrCat("a part of the store has ", found, " commits where there were ", expected,
                    ": files were lost or damaged. Restore a backup, or put the newest whole copy back."),
       absl::StrCat("ストアの一部に ", expected, " 件あるべきコミットが ", found,
                    " 件しかありません。ファイルの喪失か破損です。バックアップから復元するか、最新の完全な"
                    "複製を戻してください。")});
}

absl::Status SyncLogs(rocksdb::FileSystem* files, const std::string& path) {
  std::vector<std::string> names;
  const rocksdb::IOStatus listed = files->GetChildren(path, {}, &names, nullptr);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return absl::OkStatus();
  RETURN_IF_ERROR(RocksStatus(listed, "look for the store"));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log")) continue;
    std::unique_ptr<rocksdb::FSRandomRWFile> log;
    RETURN_IF_ERROR(RocksStatus(files->NewRandomRWFile(path + "/" + name, {}, &log, nullptr), "open"));
    RETURN_IF_ERROR(RocksStatus(log->Fsync({}, nullptr), "open"));
  }
  std::unique_ptr<rocksdb::FSDirectory> directory;
  RETURN_IF_ERROR(RocksStatus(files->NewDirectory(path, {}, &directory, nullptr), "open"));
  return RocksStatus(directory->Fsync({}, nullptr), "open");
}

absl::Status EmptyDirectory(rocksdb::Env* env, const std::string& path) {
  std::vector<std::string> names;
  if (env->GetChildren(path, &names).ok()) {
    for (const std::string& name : names) {
      if (name != "." && name != "..") RETURN_IF_ERROR(RocksStatus(env->DeleteFile(path + "/" + name), "clear"));
    }
  }
  for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    RETURN_IF_ERROR(RocksStatus(env->CreateDirIfMissing(path.substr(0, at)), absl::StrCat("make ", path)));
  }
  return RocksStatus(env->CreateDirIfMissing(path), absl::StrCat("make ", path));
}

}  // namespace sabun
