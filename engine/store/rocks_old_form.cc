#include "engine/store/rocks_old_form.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_head.h"
#include "engine/store/rocks_files.h"
#include "engine/store/rocks_rewrite.h"

namespace sabun {
namespace {

// Paths of files that are streams and would be frames today.
absl::StatusOr<std::vector<std::string>> OldFiles(rocksdb::FileSystem* files, const std::string& directory) {
  std::vector<std::string> names, old;
  const rocksdb::IOStatus listed = files->GetChildren(directory, {}, &names, nullptr);
  if (listed.IsNotFound()) return old;
  RETURN_IF_ERROR(RocksStatus(listed, "look at the files"));
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(directory, "/", name);
    if (FormOf(path) != FileForm::kFrames) continue;
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    RETURN_IF_ERROR(RocksStatus(files->NewSequentialFile(path, {}, &file, nullptr), "look at the files"));
    std::string head(kFileHeadUsedBytes, '\0');
    rocksdb::Slice got;
    RETURN_IF_ERROR(RocksStatus(file->Read(head.size(), {}, &got, head.data(), nullptr), "look at the files"));
    if (FormOfHead(ToView(got)) == FileForm::kStream) old.push_back(path);
  }
  return old;
}

absl::Status Refused(const std::string& path) {
  return CodedError(
      absl::StatusCode::kDataLoss,
      {"STORE-OLD-FILE",
       absl::StrCat(path,
                    " has the form of an older version, and the witness knows that this store has no such file any "
                    "more: it was put there, or is of a copy from before the update. Nothing was changed. Put back the "
                    "newest data directory and start again. Only when that copy was put there on purpose: `sabund "
                    "--accept-store-as-it-is` takes the store as it is."),
       absl::StrCat(
           path,
           " は旧バージョンの形式ですが、証人ファイルによればこのストアに旧形式のファイルはもうありません。"
           "外から置かれたか、更新前の複製です。何も変更していません。最新のデータディレクトリを戻して再起動して"
           "ください。その複製を意図して戻した場合に限り、`sabund --accept-store-as-it-is` "
           "で現状のまま受け入れます。")});
}

}  // namespace

absl::StatusOr<OldForm> ExamineOldForm(const RocksStoreOptions& options, rocksdb::FileSystem* files,
                                       WitnessFile* witness) {
  if (witness == nullptr || options.accept_as_it_is) return OldForm::kRead;
  ASSIGN_OR_RETURN(const bool exists, witness->Exists());
  if (!exists) return OldForm::kRead;
  RETURN_IF_ERROR(witness->Read().status());
  if (!witness->only_frames()) return OldForm::kRead;
  ASSIGN_OR_RETURN(const std::vector<std::string> old, OldFiles(files, options.directory + "/rocksdb"));
  if (!old.empty()) return Refused(old.front());
  return OldForm::kRefused;
}

absl::Status EndOldForm(const OpenedStore& store, WitnessFile* witness) {
  if (witness == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<std::string> old, OldFiles(store.files, store.directory));
  for (const std::string& path : old) {
    if (IsSmallFile(path)) RETURN_IF_ERROR(RewriteSmallFile(store.env, path));
  }
  ASSIGN_OR_RETURN(old, OldFiles(store.files, store.directory));
  if (witness->only_frames() == old.empty()) return absl::OkStatus();
  // What RocksDB erased while it was opened, and what was written again, must not come back after a power loss.
  std::unique_ptr<rocksdb::Directory> folder;
  RETURN_IF_ERROR(RocksStatus(store.env->NewDirectory(store.directory, &folder), "sync the files"));
  RETURN_IF_ERROR(RocksStatus(folder->Fsync(), "sync the files"));
  witness->SayOnlyFrames(old.empty());
  return witness->Create(store.mark);
}

}  // namespace sabun
