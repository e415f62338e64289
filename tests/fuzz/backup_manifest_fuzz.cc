// A backup's manifest that was changed, with a digest that fits: it is refused, or names only what can be in its
// folder.
#include <openssl/sha.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/store/backup_folder.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using sabun::fuzz::Require;
using Json = nlohmann::json;

bool IsPlainName(const std::string& name) { return !name.empty() && name[0] != '.' && name.find('/') == name.npos; }

// The digest is no secret: whoever changes a manifest can make one that fits.
std::string WithDigest(const std::string& text) {
  const Json backup = Json::parse(text, nullptr, false);
  if (backup.is_discarded()) return text;
  const std::string compact = backup.dump(-1, ' ', false, Json::error_handler_t::replace);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(compact.data()), compact.size(), digest);
  const absl::string_view bytes(reinterpret_cast<const char*>(digest), sizeof(digest));
  return absl::StrCat("{\"backup\":", compact, ",\"sha256\":\"", absl::BytesToHexString(bytes), "\"}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto manifest = sabun::ParseBackupManifest(WithDigest(std::string(reinterpret_cast<const char*>(data), size)),
                                                   "/b/backups/000001.json");
  if (!manifest.ok()) {
    Require(absl::IsDataLoss(manifest.status()), "another manifest is DATA_LOSS");
    return 0;
  }
  Require(manifest->id == "000001", "a backup is named as its file is");
  for (const sabun::BackupFile& file : manifest->files) {
    Require(IsPlainName(file.name), "a file is laid out in its directory");
    Require(file.stored.size() == 64 && file.stored.find_first_not_of("0123456789abcdef") == file.stored.npos,
            "a file is stored by its salt");
  }
  return 0;
}
