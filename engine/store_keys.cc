#include "engine/store_keys.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/disk_file.h"
#include "engine/base/status_macros.h"
#include "engine/store/file_head.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

// A file of the store that is there, and the newest epoch that any names; nothing without files.
struct FoundFiles {
  std::string under_one_key;  // a file from before there were rings
  bool under_epochs = false;
};

absl::StatusOr<FoundFiles> LookAt(const std::string& directory) {
  FoundFiles found;
  const absl::StatusOr<std::vector<std::string>> paths = ListFolder(directory);
  if (absl::IsNotFound(paths.status())) return found;
  RETURN_IF_ERROR(paths.status());
  for (const std::string& path : *paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) continue;
    ASSIGN_OR_RETURN(const std::optional<uint32_t> epoch, EpochOfFile(path));
    if (!epoch) continue;
    if (*epoch == 0) found.under_one_key = path;
    found.under_epochs = found.under_epochs || *epoch != 0;
  }
  return found;
}

absl::Status WrongOldKey(const std::string& data, const SecretBytes& key) {
  return CodedError(
      absl::StatusCode::kFailedPrecondition,
      {"KEY-WRONG",
       absl::StrCat("the store in ", data, " was not written with the key that was given (", KeyId(key.view()),
                    "). Give the one it was made with (--key-file); nothing was changed."),
       absl::StrCat(data, " のストアは、指定された鍵(", KeyId(key.view()),
                    ")で作られていません。作成時の鍵を --key-file で指定してください。何も変更していません。")});
}

}  // namespace

std::string KeyRingPath(const std::string& data_directory) { return data_directory + "/keyring"; }

absl::StatusOr<std::shared_ptr<KeyRing>> OpenStoreKeys(const std::string& data_directory, const KeySource& source,
                                                       Clock* clock) {
  const std::string path = KeyRingPath(data_directory);
  const auto fetch = [source] { return FetchKey(source); };
  ASSIGN_OR_RETURN(const FoundFiles found, LookAt(data_directory + "/rocksdb"));
  ASSIGN_OR_RETURN(const bool has_first, FileExists(path));
  ASSIGN_OR_RETURN(const bool has_copy, FileExists(path + ".copy"));
  std::unique_ptr<KeyRing> ring;
  // A store with epochs and without a ring is for Open to refuse.
  if (has_first || has_copy || found.under_epochs) {
    ASSIGN_OR_RETURN(ring, KeyRing::Open(path, fetch));
  } else {
    ASSIGN_OR_RETURN(const SecretBytes key, fetch());
    const bool is_old = !found.under_one_key.empty();
    if (is_old) {
      ASSIGN_OR_RETURN(const bool is_right, IsUnderKey(found.under_one_key, key.view()));
      if (!is_right) return WrongOldKey(data_directory, key);
    }
    ASSIGN_OR_RETURN(ring, KeyRing::Create(path, fetch, is_old, absl::ToUnixSeconds(clock->Now())));
  }
  return std::shared_ptr<KeyRing>(std::move(ring));
}

absl::StatusOr<bool> RotateEpoch(KeyRing* keys, absl::Duration age, Clock* clock) {
  const RingContents contents = keys->contents();
  const absl::Time begun_at = absl::FromUnixSeconds(contents.epochs.rbegin()->second.begun_at);
  if (age > absl::ZeroDuration() && clock->Now() - begun_at >= age) {
    RETURN_IF_ERROR(keys->BeginEpoch(absl::ToUnixSeconds(clock->Now())).status());
    return true;
  }
  if (!keys->stale_copies().empty()) RETURN_IF_ERROR(keys->Refresh());
  return false;
}

}  // namespace sabun
