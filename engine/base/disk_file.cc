#include "engine/base/disk_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"

namespace sabun {
namespace {

bool IsFullDisk(int why) { return why == ENOSPC || why == EDQUOT || why == EFBIG; }

}  // namespace

Descriptor::~Descriptor() {
  if (file_ >= 0) close(file_);
}

absl::Status DiskError(absl::string_view who, absl::string_view doing, absl::string_view path) {
  const int why = errno;
  const std::string text = absl::StrCat(who, ": cannot ", doing, " ", path, ": ", std::strerror(why));
  return IsFullDisk(why) ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

absl::Status FileAccessError(absl::string_view doing, const std::string& path) {
  const int why = errno;
  const absl::StatusCode kind = why == ENOENT     ? absl::StatusCode::kNotFound
                                : IsFullDisk(why) ? absl::StatusCode::kResourceExhausted
                                                  : absl::StatusCode::kUnavailable;
  return CodedError(kind, {"FILE-ACCESS",
                           absl::StrCat("cannot ", doing, " ", path, ": ", std::strerror(why),
                                        "; look at the path, its rights and the disk"),
                           absl::StrCat(path, " を処理できません(", std::strerror(why),
                                        ")。パス、権限、ディスクを確かめてください。")});
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

absl::Status SyncFolderOf(const std::string& path) {
  return SyncFolder(FolderOf(path)) ? absl::OkStatus() : FileAccessError("sync", FolderOf(path));
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  errno = error.value();
  if (error) return FileAccessError("make", path);
  if (!made) return absl::OkStatus();
  const bool is_right = mode == 0777 || chmod(path.c_str(), mode) == 0;
  const absl::Status done = is_right ? SyncFolderOf(path) : FileAccessError("protect", path);
  if (!done.ok()) rmdir(path.c_str());  // whoever finds it there takes it for done
  return done;
}

absl::StatusOr<bool> FileExists(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) == 0) return true;
  if (errno == ENOENT) return false;
  return FileAccessError("look at", path);
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  std::vector<std::string> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    paths.push_back(entry->path());
  }
  errno = error.value();
  if (error) return FileAccessError("list", path);
  return paths;
}

bool WriteAll(int file, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

ssize_t ReadSome(int file, char* out, size_t size) {
  ssize_t got = 0;
  do got = read(file, out, size);
  while (got < 0 && errno == EINTR);
  return got;
}

bool ReadAllAt(int file, uint64_t offset, char* out, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t got = pread(file, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

bool SyncFolder(const std::string& folder) {
  const Descriptor file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file.is_open() && fsync(file.get()) == 0;
}

}  // namespace sabun
