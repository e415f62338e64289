#include "tests/support/decrypt_scan.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/file_head.h"
#include "engine/store/frames.h"

namespace sabun {
namespace {

constexpr size_t kSaltAt = 8;

// What is in the file's frames.
std::string PlainOfFrames(absl::string_view bytes, const SecretBytes& epoch_key) {
  FrameCipher cipher(DeriveFrameKey(epoch_key.view(), bytes.substr(kSaltAt, kFileSaltBytes)));
  std::string all, plain;
  size_t at = kFileHeadBytes;
  while (at < bytes.size() && cipher.Open(at, bytes.substr(at), &plain)) {
    all += plain;
    at += plain.size() + kFrameExtraBytes;
  }
  return all;
}

bool Holds(const std::string& bytes, absl::string_view text, const SecretBytes& epoch_key) {
  std::string plain = bytes;
  CtrCipher(DeriveFileKey(epoch_key.view(), bytes.substr(kSaltAt, kFileSaltBytes)))
      .Apply(0, plain.data(), plain.size());
  return absl::StrContains(plain, text);
}

}  // namespace

std::vector<std::string> FilesThatHold(absl::string_view text, const std::string& directory, const RingContents& ring) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    bool holds = absl::StrContains(bytes, text);
    for (const auto& [number, epoch] : ring.epochs) {
      if (bytes.size() > kSaltAt + kFileSaltBytes) holds = holds || Holds(bytes, text, epoch.key);
      if (FormOfHead(bytes) == FileForm::kFrames) {
        holds = holds || absl::StrContains(PlainOfFrames(bytes, epoch.key), text);
      }
    }
    if (holds) files.push_back(entry.path());
  }
  return files;
}

}  // namespace sabun
