#include "engine/store/file_head.h"

#include <fcntl.h>
#include <openssl/crypto.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/coded_error.h"
#include "engine/base/disk_file.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/store/ctr_cipher.h"
#include "keys/cipher.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

// A stream from before there were epochs, and since; frames.
constexpr absl::string_view kMagicOfOneKey = "SABUNF01", kMagic = "SABUNF02", kMagicOfFrames = "SABUNF03";
constexpr size_t kSaltAt = 8, kCheckAt = kSaltAt + kFileSaltBytes, kCheckBytes = 16, kMarkAt = kCheckAt + kCheckBytes,
                 kMarkBytes = 16, kEpochAt = kMarkAt + kMarkBytes;
static_assert(kEpochAt + kEpochFieldBytes == kFileHeadUsedBytes && kMarkAt == kFileHeadCheckedBytes);

SecretBytes KeyOf(FileForm form, const SecretBytes& epoch_key, absl::string_view salt) {
  return form == FileForm::kFrames ? DeriveFrameKey(epoch_key.view(), salt) : DeriveFileKey(epoch_key.view(), salt);
}

std::string CheckValue(FileForm form, const SecretBytes& file_key) {
  if (form == FileForm::kFrames) {
    return std::string(DeriveKey(file_key.view(), "", "sabun frame check 1").view().substr(0, kCheckBytes));
  }
  std::string zeros(kCheckBytes, '\0');
  // The last block of the counter space is never reached by data.
  CtrCipher(file_key).Apply(~uint64_t{0} - 15, zeros.data(), zeros.size());
  return zeros;
}

// RocksDB ends the process over some logs and manifests that were exchanged. Other files are renamed or linked, and
// RocksDB knows them by their own ids.
std::string NameMark(const SecretBytes& file_key, absl::string_view path) {
  const absl::string_view name = NameTiedTo(path);
  if (name.empty()) return std::string(kMarkBytes, '\0');
  return std::string(DeriveKey(file_key.view(), name, "sabun file name 1").view().substr(0, kMarkBytes));
}

// Nothing when the bytes are no head.
std::optional<uint32_t> EpochOf(absl::string_view head) {
  const std::optional<FileForm> form = FormOfHead(head);
  if (!form) return std::nullopt;
  if (absl::StartsWith(head, kMagicOfOneKey)) return 0;
  return ReadEpochField(head.substr(kEpochAt, kEpochFieldBytes));
}

bool Fits(const SecretBytes& epoch_key, absl::string_view head) {
  const FileForm form = *FormOfHead(head);
  const std::string check = CheckValue(form, KeyOf(form, epoch_key, head.substr(kSaltAt, kFileSaltBytes)));
  return CRYPTO_memcmp(check.data(), head.data() + kCheckAt, kCheckBytes) == 0;
}

// What cannot be read is not taken for a file without a head: the key that it is under is still needed.
absl::StatusOr<std::string> ReadHead(const std::string& path) {
  const Descriptor in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.is_open()) return FileAccessError("open", path);
  std::string head(kFileHeadUsedBytes, '\0');
  size_t size = 0;
  while (size < head.size()) {
    const ssize_t got = ReadSome(in.get(), head.data() + size, head.size() - size);
    if (got < 0) return FileAccessError("read", path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  head.resize(size);
  return head;
}

}  // namespace

std::string EpochField(uint32_t epoch) {
  std::string field;
  AppendBig32(epoch, &field);
  return field + KeyedDigest("sabun epoch field 1", field).substr(0, kEpochFieldBytes - field.size());
}

std::optional<uint32_t> ReadEpochField(absl::string_view field) {
  if (field.size() != kEpochFieldBytes || EpochField(LoadBig32(field.data())) != field) return std::nullopt;
  return LoadBig32(field.data());
}

absl::string_view NameTiedTo(absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  return absl::EndsWith(name, ".log") || absl::StartsWith(name, "MANIFEST-") ? name : absl::string_view();
}

FileForm FormOf(absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  const bool is_framed = !NameTiedTo(path).empty() || absl::EndsWith(name, ".dbtmp") || name == "CURRENT" ||
                         name == "IDENTITY" || absl::StartsWith(name, "OPTIONS-");
  return is_framed ? FileForm::kFrames : FileForm::kStream;
}

std::optional<FileForm> FormOfHead(absl::string_view head) {
  if (head.size() < kFileHeadUsedBytes) return std::nullopt;
  if (absl::StartsWith(head, kMagicOfFrames)) return FileForm::kFrames;
  if (absl::StartsWith(head, kMagicOfOneKey) || absl::StartsWith(head, kMagic)) return FileForm::kStream;
  return std::nullopt;
}

std::string NewFileHead(const KeyRing& keys, absl::string_view path) {
  const EpochKey epoch = keys.Newest();
  const std::string salt = RandomBytes(kFileSaltBytes);
  const FileForm form = FormOf(path);
  const SecretBytes file_key = KeyOf(form, epoch.key, salt);
  const bool without_epoch = form == FileForm::kStream && epoch.epoch == 0;
  const absl::string_view magic = form == FileForm::kFrames ? kMagicOfFrames : without_epoch ? kMagicOfOneKey : kMagic;
  return absl::StrCat(magic, salt, CheckValue(form, file_key), NameMark(file_key, path),
                      without_epoch ? std::string(kEpochFieldBytes, '\0') : EpochField(epoch.epoch));
}

absl::StatusOr<SecretBytes> OpenFileHead(const KeyRing& keys, absl::string_view path, absl::string_view head) {
  const std::optional<uint32_t> epoch = EpochOf(head);
  if (!epoch) return absl::DataLossError("not a file of this store, or its head is damaged");
  ASSIGN_OR_RETURN(const SecretBytes key, keys.Find(*epoch));
  if (!Fits(key, head)) {
    if (*epoch == 0) return absl::FailedPreconditionError("the key file is not the one this store was written with");
    return absl::DataLossError("the head of a file is damaged");
  }
  const FileForm form = *FormOfHead(head);
  SecretBytes file_key = KeyOf(form, key, head.substr(kSaltAt, kFileSaltBytes));
  const absl::string_view mark = head.substr(kMarkAt, kMarkBytes);
  // A stream without a mark: from before there were any, or a file that may be renamed.
  const bool may_lack_it = form == FileForm::kStream && mark == std::string(kMarkBytes, '\0');
  if (!may_lack_it && mark != NameMark(file_key, path)) {
    return absl::DataLossError("another file's content lies under this name");
  }
  return file_key;
}

absl::StatusOr<std::optional<uint32_t>> EpochOfFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string head, ReadHead(path));
  return EpochOf(head);
}

absl::StatusOr<bool> IsUnderKey(const std::string& path, absl::string_view key) {
  ASSIGN_OR_RETURN(const std::string head, ReadHead(path));
  return EpochOf(head) == std::optional<uint32_t>(0) && Fits(SecretBytes(key), head);
}

absl::Status CheckFileKeys(const KeyRing& keys, const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> paths = ListFolder(directory);
  if (absl::IsNotFound(paths.status())) return absl::OkStatus();
  RETURN_IF_ERROR(paths.status());
  for (const std::string& path : *paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) continue;
    ASSIGN_OR_RETURN(const std::string head, ReadHead(path));
    const std::optional<uint32_t> epoch = EpochOf(head);
    if (!epoch) continue;
    ASSIGN_OR_RETURN(const SecretBytes key, keys.Find(*epoch));
    if (fs::path(path).filename() != "CURRENT" || *epoch == 0) continue;
    if (Fits(key, head)) continue;
    return CodedError(absl::StatusCode::kFailedPrecondition,
                      {"KEY-RING-FOREIGN",
                       absl::StrCat("the key ring does not belong to the files in ", directory,
                                    ": it is another store's. Put this store's own ring in its place; nothing was "
                                    "changed."),
                       absl::StrCat("鍵束は ", directory,
                                    " のファイルのものではありません(別のストアの鍵束です)。このストアの鍵束を戻して"
                                    "ください。何も変更していません。")});
  }
  return absl::OkStatus();
}

}  // namespace sabun
