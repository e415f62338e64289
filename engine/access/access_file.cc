#include "engine/access/access_file.h"

#include <openssl/sha.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "absl/memory/memory.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

std::string DigestOf(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), sizeof(digest)});
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessFile>> AccessFile::Open(std::string path, Report report) {
  auto file = absl::WrapUnique(new AccessFile(std::move(path), std::move(report)));
  MutexLock lock(&file->mutex_);
  file->stamp_ = file->Look();
  RETURN_IF_ERROR(file->Read());
  file->report_(absl::OkStatus(), file->digest_);
  return file;
}

std::unique_ptr<AccessFile> AccessFile::Fixed(Grants grants) {
  auto file = absl::WrapUnique(new AccessFile("", nullptr));
  MutexLock lock(&file->mutex_);
  file->grants_ = std::make_shared<const Grants>(std::move(grants));
  return file;
}

AccessFile::Stamp AccessFile::Look() const {
  struct stat facts {};
  if (stat(path_.c_str(), &facts) != 0) return {};
  return {facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, facts.st_size, facts.st_ino};
}

absl::Status AccessFile::Read() {
  std::ifstream in(path_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return absl::FailedPreconditionError(absl::StrCat("--access: cannot read ", path_));
  ASSIGN_OR_RETURN(Grants grants, Grants::Parse(text));
  grants_ = std::make_shared<const Grants>(std::move(grants));
  digest_ = DigestOf(text);
  return absl::OkStatus();
}

std::shared_ptr<const Grants> AccessFile::Current() {
  MutexLock lock(&mutex_);
  if (path_.empty()) return grants_;
  const Stamp now = Look();
  if (!(now == stamp_)) {
    stamp_ = now;
    const absl::Status status = Read();
    report_(status, digest_);
  }
  return grants_;
}

}  // namespace sabun
