#include "keys/ring_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sabun {

absl::StatusOr<std::string> ReadRingFile(const std::string& path) {
  const Descriptor in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.is_open()) return FileAccessError("open", path);
  std::string bytes;
  char piece[4096];
  while (true) {
    const ssize_t size = ReadSome(in.get(), piece, sizeof(piece));
    if (size < 0) return FileAccessError("read", path);
    if (size == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(size));
  }
}

absl::Status WriteRingFile(const std::string& path, absl::string_view bytes) {
  const std::string unfinished = path + ".new";
  {
    const Descriptor out(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!out.is_open()) return FileAccessError("make", unfinished);
    struct stat before;
    const bool is_new = stat(path.c_str(), &before) != 0;
    if (is_new && errno != ENOENT) return FileAccessError("look at", path);
    if (!is_new && before.st_uid != geteuid() && fchown(out.get(), before.st_uid, before.st_gid) != 0) {
      return FileAccessError("hand over", unfinished);
    }
    if (!WriteAll(out.get(), bytes)) return FileAccessError("write", unfinished);
    if (fsync(out.get()) != 0) return FileAccessError("sync", unfinished);
  }
  if (rename(unfinished.c_str(), path.c_str()) != 0) return FileAccessError("name", path);
  return SyncFolderOf(path);
}

absl::StatusOr<RingLock> RingLock::Take(const std::string& path) {
  // On the folder: a file beside the ring would be one more thing to keep.
  RingLock lock(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.file_.is_open()) return FileAccessError("open", FolderOf(path));
  while (flock(lock.file_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return FileAccessError("lock", FolderOf(path));
  }
  return lock;
}

}  // namespace sabun
