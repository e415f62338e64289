#include "bench/byte_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sabun::bench {

absl::StatusOr<FileSink> FileSink::Open(const std::string& path) {
  if (path == "-") return FileSink("standard output", STDOUT_FILENO);
  // Extracts look like personal data, so they are treated as such: nobody else may read them.
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  return FileSink(path, descriptor);
}

FileSink::FileSink(FileSink&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FileSink::~FileSink() {
  if (descriptor_ > STDOUT_FILENO) close(descriptor_);
}

absl::Status FileSink::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path_));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status FileSink::Close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor > STDOUT_FILENO && close(descriptor) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path_));
  }
  return absl::OkStatus();
}

}  // namespace sabun::bench
