#include "adapters/file/mapped_file.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"

namespace sabun::file {
namespace {

constexpr size_t kLongFileBytes = size_t{16} << 20, kAtOnce = size_t{1} << 20;
constexpr size_t kMostMappedAhead = size_t{2} << 30;

absl::Status CannotOpen(const std::string& path, int error) {
  const std::string reason = std::strerror(error);
  if (error == ENOENT) {
    return client::LocalizedError(absl::StatusCode::kNotFound,
                                  {"FILE-NOT-FOUND", absl::StrCat(path, ": ファイルがありません。"),
                                   absl::StrCat(path, ": there is no such file.")});
  }
  const absl::StatusCode code = error == EACCES ? absl::StatusCode::kPermissionDenied : absl::StatusCode::kUnknown;
  return client::LocalizedError(code, {"FILE-UNREADABLE", absl::StrCat(path, ": ファイルを開けません(", reason, ")。"),
                                       absl::StrCat(path, ": cannot be opened (", reason, ").")});
}

}  // namespace

absl::StatusOr<std::unique_ptr<MappedFile>> MappedFile::Open(const std::string& path) {
  auto file = std::unique_ptr<MappedFile>(new MappedFile);
  file->path_ = path;
  file->descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file->descriptor_ < 0) return CannotOpen(path, errno);
  struct stat info {};
  if (::fstat(file->descriptor_, &info) != 0) return CannotOpen(path, errno);
  if (!S_ISREG(info.st_mode)) {
    return client::LocalizedError(
        absl::StatusCode::kInvalidArgument,
        {"FILE-NOT-REGULAR",
         absl::StrCat(
             path,
             ": 通常のファイルではありません。二度読むため、パイプは使えません。標準入力なら - を指定してください。"),
         absl::StrCat(path, ": not a regular file. It is read twice, so a pipe will not do; - reads standard input.")});
  }
  file->changed_at_ = info.st_mtim;
  if (info.st_size == 0) return file;
  void* const mapping = ::mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, file->descriptor_, 0);
  if (mapping == MAP_FAILED) return CannotOpen(path, errno);
  ::madvise(mapping, info.st_size, MADV_SEQUENTIAL);
  file->data_ = absl::string_view(static_cast<const char*>(mapping), info.st_size);
  return file;
}

void MappedFile::Start(int advice, size_t bytes) {
  Stop();
  if (data_.size() < kLongFileBytes) return;
  stop_ = false;
  pages_ = std::thread([this, advice, bytes] {
    // Errors leave the pages to the reader, or to the end of the process: a kernel before Linux 5.14 cannot map ahead.
    const sched_param none{};
    if (advice == MADV_DONTNEED) (void)::sched_setscheduler(0, SCHED_IDLE, &none);
    char* const begin = const_cast<char*>(data_.data());
    for (size_t at = 0; at < bytes && !stop_; at += kAtOnce) {
      if (::madvise(begin + at, std::min(kAtOnce, bytes - at), advice) != 0) return;
    }
  });
}

void MappedFile::Stop() {
  stop_ = true;
  if (pages_.joinable()) pages_.join();
}

void MappedFile::StartMappingAhead() { Start(MADV_POPULATE_READ, std::min(data_.size(), kMostMappedAhead)); }
void MappedFile::StopMappingAhead() { Stop(); }
void MappedFile::StartDroppingPages() { Start(MADV_DONTNEED, data_.size()); }

MappedFile::~MappedFile() {
  Stop();
  if (!data_.empty()) ::munmap(const_cast<char*>(data_.data()), data_.size());
  if (descriptor_ >= 0) ::close(descriptor_);
}

absl::Status MappedFile::CheckUnchanged() const {
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) return CannotOpen(path_, errno);
  const bool same = static_cast<size_t>(info.st_size) == data_.size() && info.st_mtim.tv_sec == changed_at_.tv_sec &&
                    info.st_mtim.tv_nsec == changed_at_.tv_nsec;
  if (same) return absl::OkStatus();
  return client::LocalizedError(
      absl::StatusCode::kFailedPrecondition,
      {"FILE-CHANGED",
       absl::StrCat(path_,
                    ": "
                    "読んでいる間にファイルが変わりました。何も取り込んでいません。書き終わってから、もう一度実行してく"
                    "ださい。"),
       absl::StrCat(path_,
                    ": the file changed while it was read. Nothing was stored. Run again when it is complete.")});
}

}  // namespace sabun::file
