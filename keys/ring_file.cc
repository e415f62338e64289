#include "keys/ring_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

absl::Status DiskError(absl::string_view doing, const std::string& path) {
  const int why = errno;
  const absl::StatusCode kind = why == ENOENT   ? absl::StatusCode::kNotFound
                                : why == ENOSPC ? absl::StatusCode::kResourceExhausted
                                                : absl::StatusCode::kUnavailable;
  return CodedError(kind, {"FILE-ACCESS",
                           absl::StrCat("cannot ", doing, " ", path, ": ", std::strerror(why),
                                        "; look at the path, its rights and the disk"),
                           absl::StrCat(path, " を処理できません(", std::strerror(why),
                                        ")。パス、権限、ディスクを確かめてください。")});
}

struct Descriptor {
  explicit Descriptor(int opened) : file(opened) {}
  ~Descriptor() {
    if (file >= 0) close(file);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int file;
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

absl::Status SyncFolderOf(const std::string& path) {
  const Descriptor folder(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.file >= 0 && fsync(folder.file) == 0 ? absl::OkStatus() : DiskError("sync", FolderOf(path));
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  errno = error.value();
  if (error) return DiskError("make", path);
  if (!made) return absl::OkStatus();
  const bool is_right = mode == 0777 || chmod(path.c_str(), mode) == 0;
  const absl::Status done = is_right ? SyncFolderOf(path) : DiskError("protect", path);
  if (!done.ok()) rmdir(path.c_str());  // whoever finds it there takes it for done
  return done;
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  std::vector<std::string> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    paths.push_back(entry->path());
  }
  errno = error.value();
  return error ? absl::StatusOr<std::vector<std::string>>(DiskError("list", path)) : paths;
}

absl::StatusOr<std::string> ReadRingFile(const std::string& path) {
  const Descriptor in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.file < 0) return DiskError("open", path);
  std::string bytes;
  char piece[4096];
  while (true) {
    const ssize_t size = read(in.file, piece, sizeof(piece));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return DiskError("read", path);
    if (size == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(size));
  }
}

absl::Status WriteRingFile(const std::string& path, absl::string_view bytes) {
  const std::string unfinished = path + ".new";
  {
    const Descriptor out(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (out.file < 0) return DiskError("make", unfinished);
    struct stat before;
    const bool is_new = stat(path.c_str(), &before) != 0;
    if (is_new && errno != ENOENT) return DiskError("look at", path);
    if (!is_new && before.st_uid != geteuid() && fchown(out.file, before.st_uid, before.st_gid) != 0) {
      return DiskError("hand over", unfinished);
    }
    while (!bytes.empty()) {
      const ssize_t size = write(out.file, bytes.data(), bytes.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return DiskError("write", unfinished);
      bytes.remove_prefix(static_cast<size_t>(size));
    }
    if (fsync(out.file) != 0) return DiskError("sync", unfinished);
  }
  if (rename(unfinished.c_str(), path.c_str()) != 0) return DiskError("name", path);
  return SyncFolderOf(path);
}

absl::StatusOr<RingLock> RingLock::Take(const std::string& path) {
  // On the folder: a file beside the ring would be one more thing to keep.
  RingLock lock(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.file_ < 0) return DiskError("open", FolderOf(path));
  while (flock(lock.file_, LOCK_EX) != 0) {
    if (errno != EINTR) return DiskError("lock", FolderOf(path));
  }
  return lock;
}

RingLock::~RingLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace sabun
