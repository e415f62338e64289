#include "engine/store/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

absl::Status DiskError(absl::string_view doing) {
  const std::string text = absl::StrCat("spool: ", doing, " failed (errno ", errno, ")");
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? absl::ResourceExhaustedError(text)
                                                              : absl::UnavailableError(text);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpoolFile>> SpoolFile::Create(const std::string& directory) {
  std::string path = directory + "/spool-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return DiskError("create");
  std::unique_ptr<SpoolFile> spool(new SpoolFile(file));
  // With a name it would outlive the process.
  if (unlink(path.c_str()) != 0) return DiskError("hide");
  return spool;
}

SpoolFile::~SpoolFile() { close(file_); }

absl::Status SpoolFile::Append(std::string* data) {
  cipher_.Apply(size_, data->data(), data->size());
  for (size_t done = 0; done < data->size();) {
    const ssize_t written = write(file_, data->data() + done, data->size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return DiskError("write");
    done += written;
  }
  size_ += data->size();
  return absl::OkStatus();
}

absl::Status SpoolFile::Read(uint64_t offset, size_t size, char* out) const {
  for (size_t done = 0; done < size;) {
    const ssize_t got = pread(file_, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return DiskError("read");
    done += got;
  }
  cipher_.Apply(offset, out, size);
  return absl::OkStatus();
}

}  // namespace sabun
