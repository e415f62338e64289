#include "tests/fault/failing_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "engine/base/check.h"

namespace sabun {
namespace {

std::atomic<FailingCalls*> current{nullptr};

}  // namespace

FailingCalls::FailingCalls(const std::string& directory) : directory_(std::filesystem::canonical(directory)) {
  SABUN_CHECK(current.exchange(this) == nullptr);
}

FailingCalls::~FailingCalls() { current = nullptr; }

void FailingCalls::Order(uint64_t calls, Trouble trouble) {
  SABUN_CHECK(trouble.error != EINTR || !trouble.lasting);  // who is interrupted may try again for ever
  const std::lock_guard<std::mutex> lock(mutex_);
  trouble_ = trouble;
  calls_left_ = calls;
  troubled_ = false;
}

bool FailingCalls::troubled() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return troubled_;
}

bool FailingCalls::IsDurable(const std::string& path) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return unsynced_.IsDurable(path);
}

FailingCalls* FailingCalls::Watching(const char* path) {
  FailingCalls* const watching = current;
  if (watching == nullptr) return nullptr;
  const std::string& directory = watching->directory_;
  const bool is_below = std::strncmp(path, directory.c_str(), directory.size()) == 0 &&
                        (path[directory.size()] == '/' || path[directory.size()] == '\0');
  return is_below ? watching : nullptr;
}

FailingCalls* FailingCalls::Watching(int file, std::string* path) {
  if (current == nullptr) return nullptr;
  const int errno_before = errno;
  path->resize(PATH_MAX);
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path->data(), path->size());
  path->resize(size < 0 ? 0 : static_cast<size_t>(size));
  errno = errno_before;
  return Watching(path->c_str());
}

bool FailingCalls::Meets() {
  if (calls_left_ > 0) {
    --calls_left_;
    return false;
  }
  if (troubled_ && !trouble_.lasting) return false;
  return troubled_ = true;
}

bool FailingCalls::Refuses(unsigned may) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (trouble_.error == 0 || (trouble_.error == EINTR && (may & kBeInterrupted) == 0) ||
      (trouble_.error == ENOSPC && (may & kFillTheDisk) == 0) || !Meets()) {
    return false;
  }
  errno = trouble_.error;
  return true;
}

size_t FailingCalls::Allowance(size_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (trouble_.error != 0 || size < 2 || !Meets()) return size;
  return size / 2;
}

namespace {

using Note = Unsynced;

template <typename Call>
int Open(const char* path, int flags, const Call& call) {
  FailingCalls* const disk = FailingCalls::Watching(path);
  if (disk == nullptr) return call();
  const bool makes = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  if (disk->Refuses(FailingCalls::kBeInterrupted | (makes ? FailingCalls::kFillTheDisk : 0))) return -1;
  const int file = call();
  if (file < 0) return file;
  disk->Tell([&](Note* note) {
    if (makes) note->Make(path);
    if ((flags & O_TRUNC) != 0) note->Truncate(path, 0);
  });
  return file;
}

template <typename Call>
ssize_t Read(int file, size_t size, const Call& call) {
  std::string path;
  FailingCalls* const disk = FailingCalls::Watching(file, &path);
  if (disk == nullptr) return call(size);
  if (disk->Refuses(FailingCalls::kBeInterrupted)) return -1;
  return call(disk->Allowance(size));
}

// At `offset`, or where the file stands.
template <typename Call>
ssize_t Write(int file, size_t size, std::optional<off_t> offset, const Call& call) {
  std::string path;
  FailingCalls* const disk = FailingCalls::Watching(file, &path);
  if (disk == nullptr) return call(size);
  if (disk->Refuses(FailingCalls::kBeInterrupted | FailingCalls::kFillTheDisk)) return -1;
  const ssize_t written = call(disk->Allowance(size));
  if (written <= 0) return written;
  const off_t end = offset ? *offset + written : lseek(file, 0, SEEK_CUR);
  disk->Tell([&](Note* note) { note->Write(path, static_cast<uint64_t>(end - written), static_cast<uint64_t>(end)); });
  return written;
}

// Of a file or directory. Nothing is really synced below a watched directory: that takes the time of a sweep.
template <typename Call>
int Sync(int file, const Call& call) {
  std::string path;
  FailingCalls* const disk = FailingCalls::Watching(file, &path);
  if (disk == nullptr) return call();
  const bool done = !disk->Refuses(FailingCalls::kBeInterrupted | FailingCalls::kFillTheDisk);
  const int why = errno;
  disk->Tell([&](Note* note) { note->Sync(path, done); });
  errno = why;
  return done ? 0 : -1;
}

// A call on a path; `tell(note)` when it succeeded.
template <typename Call, typename Told>
int OnPath(const char* path, unsigned may, const Call& call, const Told& told) {
  FailingCalls* const disk = FailingCalls::Watching(path);
  if (disk == nullptr) return call();
  if (disk->Refuses(may)) return -1;
  const int result = call();
  if (result == 0) disk->Tell(told);
  return result;
}

// A call on an open file that changes nothing which a power loss could take.
template <typename Call>
int OnFile(int file, unsigned may, const Call& call) {
  std::string path;
  FailingCalls* const disk = FailingCalls::Watching(file, &path);
  return disk != nullptr && disk->Refuses(may) ? -1 : call();
}

void NothingToTell(Note*) {}

ssize_t ReadStream(void* cookie, char* buffer, size_t size) {
  return ::read(static_cast<int>(reinterpret_cast<intptr_t>(cookie)), buffer, size);
}
int CloseStream(void* cookie) { return ::close(static_cast<int>(reinterpret_cast<intptr_t>(cookie))); }

}  // namespace
}  // namespace sabun

// The calls. Each passes on to the next definition that the loader knows: that of the C library or of a sanitizer.

#define NEXT(name) static const auto next = reinterpret_cast<decltype(&::name)>(dlsym(RTLD_NEXT, #name))

namespace {

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

}  // namespace

extern "C" {

#define DEFINE_OPEN(name)                                                     \
  int name(const char* path, int flags, ...) {                                \
    NEXT(name);                                                               \
    va_list arguments;                                                        \
    va_start(arguments, flags);                                               \
    const mode_t mode = ModeOf(flags, arguments);                             \
    va_end(arguments);                                                        \
    return sabun::Open(path, flags, [&] { return next(path, flags, mode); }); \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

int openat(int folder, const char* path, int flags, ...) {
  NEXT(openat);
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return sabun::Open(path, flags, [&] { return next(folder, path, flags, mode); });
}

int mkostemp(char* path, int flags) {
  NEXT(mkostemp);
  return sabun::Open(path, flags | O_CREAT, [&] { return next(path, flags); });
}

// A stream's own reads stay within the C library, so a stream that reads is made of calls that do not.
FILE* fopen(const char* path, const char* mode) {
  NEXT(fopen);
  if (sabun::FailingCalls::Watching(path) == nullptr || mode[0] != 'r' || std::strchr(mode, '+') != nullptr) {
    return next(path, mode);
  }
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  return fopencookie(reinterpret_cast<void*>(static_cast<intptr_t>(file)), "r",
                     {sabun::ReadStream, nullptr, nullptr, sabun::CloseStream});
}

// The library's file streams read and write by themselves, after this.
FILE* fopen64(const char* path, const char* mode) {
  NEXT(fopen64);
  FILE* stream = nullptr;
  const int flags = mode[0] == 'r' ? O_RDONLY : O_CREAT | (mode[0] == 'w' ? O_TRUNC : 0);
  sabun::Open(path, flags, [&] {
    stream = next(path, mode);
    return stream == nullptr ? -1 : 0;
  });
  return stream;
}

ssize_t read(int file, void* buffer, size_t size) {
  NEXT(read);
  return sabun::Read(file, size, [&](size_t allowed) { return next(file, buffer, allowed); });
}

ssize_t pread(int file, void* buffer, size_t size, off_t offset) {
  NEXT(pread);
  return sabun::Read(file, size, [&](size_t allowed) { return next(file, buffer, allowed, offset); });
}

ssize_t write(int file, const void* buffer, size_t size) {
  NEXT(write);
  return sabun::Write(file, size, std::nullopt, [&](size_t allowed) { return next(file, buffer, allowed); });
}

ssize_t pwrite(int file, const void* buffer, size_t size, off_t offset) {
  NEXT(pwrite);
  return sabun::Write(file, size, offset, [&](size_t allowed) { return next(file, buffer, allowed, offset); });
}

int fsync(int file) {
  NEXT(fsync);
  return sabun::Sync(file, [&] { return next(file); });
}

int fdatasync(int file) {
  NEXT(fdatasync);
  return sabun::Sync(file, [&] { return next(file); });
}

int ftruncate(int file, off_t size) noexcept {
  NEXT(ftruncate);
  std::string path;
  sabun::FailingCalls::Watching(file, &path);
  return sabun::OnPath(
      path.c_str(), sabun::FailingCalls::kBeInterrupted, [&] { return next(file, size); },
      [&](sabun::Note* note) { note->Truncate(path, static_cast<uint64_t>(size)); });
}

int truncate(const char* path, off_t size) noexcept {
  NEXT(truncate);
  return sabun::OnPath(
      path, sabun::FailingCalls::kBeInterrupted, [&] { return next(path, size); },
      [&](sabun::Note* note) { note->Truncate(path, static_cast<uint64_t>(size)); });
}

int fstat(int file, struct stat* facts) noexcept {
  NEXT(fstat);
  return sabun::OnFile(file, sabun::FailingCalls::kNothingElse, [&] { return next(file, facts); });
}

int stat(const char* path, struct stat* facts) noexcept {
  NEXT(stat);
  return sabun::OnPath(
      path, sabun::FailingCalls::kNothingElse, [&] { return next(path, facts); }, sabun::NothingToTell);
}

int flock(int file, int operation) noexcept {
  NEXT(flock);
  return sabun::OnFile(file, sabun::FailingCalls::kBeInterrupted, [&] { return next(file, operation); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  NEXT(mkdir);
  return sabun::OnPath(
      path, sabun::FailingCalls::kFillTheDisk, [&] { return next(path, mode); },
      [&](sabun::Note* note) { note->Make(path); });
}

int symlink(const char* target, const char* path) noexcept {
  NEXT(symlink);
  return sabun::OnPath(
      path, sabun::FailingCalls::kFillTheDisk, [&] { return next(target, path); }, sabun::NothingToTell);
}

int rename(const char* from, const char* to) noexcept {
  NEXT(rename);
  return sabun::OnPath(
      to, sabun::FailingCalls::kFillTheDisk, [&] { return next(from, to); },
      [&](sabun::Note* note) { note->Rename(from, to); });
}

int unlink(const char* path) noexcept {
  NEXT(unlink);
  return sabun::OnPath(
      path, sabun::FailingCalls::kNothingElse, [&] { return next(path); },
      [&](sabun::Note* note) { note->Erase(path); });
}

int remove(const char* path) noexcept {
  NEXT(remove);
  return sabun::OnPath(
      path, sabun::FailingCalls::kNothingElse, [&] { return next(path); },
      [&](sabun::Note* note) { note->Erase(path); });
}

struct dirent* readdir(DIR* folder) {
  NEXT(readdir);
  std::string path;
  sabun::FailingCalls* const disk = sabun::FailingCalls::Watching(dirfd(folder), &path);
  return disk != nullptr && disk->Refuses(sabun::FailingCalls::kNothingElse) ? nullptr : next(folder);
}

}  // extern "C"
