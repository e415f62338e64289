#include "engine/store/file_head.h"

#include <openssl/crypto.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/coded_error.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"
#include "engine/store/ctr_cipher.h"
#include "keys/cipher.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

// Before there were epochs, and since.
constexpr absl::string_view kMagicOfOneKey = "SABUNF01", kMagic = "SABUNF02";
constexpr size_t kSaltAt = 8, kCheckAt = kSaltAt + kFileSaltBytes, kCheckBytes = 16, kMarkAt = kCheckAt + kCheckBytes,
                 kMarkBytes = 16, kEpochAt = kMarkAt + kMarkBytes;
static_assert(kEpochAt + kEpochFieldBytes == kFileHeadUsedBytes && kMarkAt == kFileHeadCheckedBytes);

std::string CheckValue(const SecretBytes& file_key) {
  std::string zeros(kCheckBytes, '\0');
  // The last block of the counter space is never reached by data.
  CtrCipher(file_key).Apply(~uint64_t{0} - 15, zeros.data(), zeros.size());
  return zeros;
}

// Logs and manifests keep the name they were born with, and RocksDB ends the process over some that were exchanged:
// their head is tied to the name. Other files are renamed or linked, and RocksDB knows them by their own ids.
std::string NameMark(const SecretBytes& file_key, absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('/') + 1);
  if (!absl::EndsWith(name, ".log") && !absl::StartsWith(name, "MANIFEST-")) return std::string(kMarkBytes, '\0');
  return std::string(DeriveKey(file_key.view(), name, "sabun file name 1").view().substr(0, kMarkBytes));
}

// Nothing when the bytes are no head.
std::optional<uint32_t> EpochOf(absl::string_view head) {
  if (head.size() < kFileHeadUsedBytes) return std::nullopt;
  if (absl::StartsWith(head, kMagicOfOneKey)) return 0;
  if (absl::StartsWith(head, kMagic)) return ReadEpochField(head.substr(kEpochAt, kEpochFieldBytes));
  return std::nullopt;
}

bool Fits(const SecretBytes& file_key, absl::string_view head) {
  const std::string check = CheckValue(file_key);
  return CRYPTO_memcmp(check.data(), head.data() + kCheckAt, kCheckBytes) == 0;
}

std::string ReadHead(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string head(kFileHeadUsedBytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(in.gcount()));
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

std::string NewFileHead(const KeyRing& keys, absl::string_view path) {
  const EpochKey epoch = keys.Newest();
  const std::string salt = RandomBytes(kFileSaltBytes);
  const SecretBytes file_key = DeriveFileKey(epoch.key.view(), salt);
  return absl::StrCat(epoch.epoch == 0 ? kMagicOfOneKey : kMagic, salt, CheckValue(file_key), NameMark(file_key, path),
                      epoch.epoch == 0 ? std::string(kEpochFieldBytes, '\0') : EpochField(epoch.epoch));
}

absl::StatusOr<SecretBytes> OpenFileHead(const KeyRing& keys, absl::string_view path, absl::string_view head) {
  const std::optional<uint32_t> epoch = EpochOf(head);
  if (!epoch) return absl::DataLossError("not a file of this store, or its head is damaged");
  ASSIGN_OR_RETURN(const SecretBytes key, keys.Find(*epoch));
  SecretBytes file_key = DeriveFileKey(key.view(), head.substr(kSaltAt, kFileSaltBytes));
  if (!Fits(file_key, head)) {
    if (*epoch == 0) return absl::FailedPreconditionError("the key file is not the one this store was written with");
    return absl::DataLossError("the head of a file is damaged");
  }
  const absl::string_view mark = head.substr(kMarkAt, kMarkBytes);
  // Without a mark: from before there were any, or a file that may be renamed.
  if (mark != std::string(kMarkBytes, '\0') && mark != NameMark(file_key, path)) {
    return absl::DataLossError("another file's content lies under this name");
  }
  return file_key;
}

absl::StatusOr<std::optional<uint32_t>> EpochOfFile(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::UnavailableError(absl::StrCat("cannot read ", path));
  return EpochOf(ReadHead(path));
}

bool IsUnderKey(const std::string& path, absl::string_view key) {
  const std::string head = ReadHead(path);
  return EpochOf(head) == std::optional<uint32_t>(0) &&
         Fits(DeriveFileKey(key, head.substr(kSaltAt, kFileSaltBytes)), head);
}

absl::Status CheckFileKeys(const KeyRing& keys, const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string head = ReadHead(entry.path());
    const std::optional<uint32_t> epoch = EpochOf(head);
    if (!epoch) continue;
    ASSIGN_OR_RETURN(const SecretBytes key, keys.Find(*epoch));
    if (entry.path().filename() != "CURRENT" || *epoch == 0) continue;
    if (Fits(DeriveFileKey(key.view(), head.substr(kSaltAt, kFileSaltBytes)), head)) continue;
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
