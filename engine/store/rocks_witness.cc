#include "engine/store/rocks_witness.h"

#include <utility>

#include "engine/base/status_macros.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/rocks_files.h"

namespace sabun {
namespace {

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

WitnessFile::WitnessFile(rocksdb::FileSystem* files, std::string path, const SecretBytes& store_key)
    : files_(files), path_(std::move(path)), mac_key_(DeriveKey(store_key.view(), "", "sabun witness key 1")) {}

absl::StatusOr<bool> WitnessFile::Exists() {
  const rocksdb::IOStatus status = files_->FileExists(path_, {}, nullptr);
  if (status.IsNotFound()) return false;
  RETURN_IF_ERROR(RocksStatus(status, "witness"));
  return true;
}

absl::StatusOr<std::optional<Mark>> WitnessFile::Read() {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  RETURN_IF_ERROR(RocksStatus(files_->NewSequentialFile(path_, {}, &file, nullptr), "read the witness"));
  std::string bytes(kWitnessBytes, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    rocksdb::Slice got;
    RETURN_IF_ERROR(
        RocksStatus(file->Read(bytes.size() - done, {}, &got, bytes.data() + done, nullptr), "read the witness"));
    if (got.empty()) break;
    done += got.size();
  }
  bytes.resize(done);
  const std::optional<Witnessed> found = DecodeWitness(mac_key_.view(), bytes);
  only_frames_ = found && found->only_frames;
  return found ? std::optional(found->mark) : std::nullopt;
}

absl::Status WitnessFile::Create(const Mark& mark) {
  file_.reset();
  std::string bytes(kWitnessBytes, '\0');
  const std::string slot = EncodeWitnessSlot(mac_key_.view(), {mark, only_frames_});
  bytes.replace(WitnessSlotOffset(mark), slot.size(), slot);
  const std::string made = path_ + ".new";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  std::unique_ptr<rocksdb::FSDirectory> folder;
  rocksdb::IOStatus status = files_->NewWritableFile(made, {}, &file, nullptr);
  if (status.ok()) status = file->Append(bytes, {}, nullptr);
  if (status.ok()) status = file->Fsync({}, nullptr);
  if (status.ok()) status = file->Close({}, nullptr);
  if (status.ok()) status = files_->RenameFile(made, path_, {}, nullptr);
  if (status.ok()) status = files_->NewDirectory(FolderOf(path_), {}, &folder, nullptr);
  if (status.ok()) status = folder->Fsync({}, nullptr);
  return RocksStatus(status, "make the witness");
}

absl::Status WitnessFile::Write(const Mark& mark) {
  rocksdb::IOStatus status;
  if (file_ == nullptr) status = files_->NewRandomRWFile(path_, {}, &file_, nullptr);
  // The other slot stays as it is, so that a torn write costs nothing.
  if (status.ok()) {
    status =
        file_->Write(WitnessSlotOffset(mark), EncodeWitnessSlot(mac_key_.view(), {mark, only_frames_}), {}, nullptr);
  }
  if (status.ok()) status = file_->Sync({}, nullptr);
  return RocksStatus(status, "write the witness");
}

}  // namespace sabun
