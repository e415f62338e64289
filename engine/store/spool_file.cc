#include "engine/store/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/base/disk_file.h"

namespace sabun {

absl::StatusOr<std::unique_ptr<SpoolFile>> SpoolFile::Create(const std::string& directory) {
  std::string path = directory + "/spool-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return DiskError("spool", "make a file in", directory);
  std::unique_ptr<SpoolFile> spool(new SpoolFile(file));
  // With a name it would outlive the process.
  if (unlink(path.c_str()) != 0) return DiskError("spool", "hide", path);
  return spool;
}

SpoolFile::~SpoolFile() { close(file_); }

absl::Status SpoolFile::Append(std::string* data) {
  cipher_.Apply(size_, data->data(), data->size());
  if (!WriteAll(file_, *data)) return DiskError("spool", "write", "its file");
  size_ += data->size();
  return absl::OkStatus();
}

absl::Status SpoolFile::Read(uint64_t offset, size_t size, char* out) const {
  if (!ReadAllAt(file_, offset, out, size)) return DiskError("spool", "read", "its file");
  cipher_.Apply(offset, out, size);
  return absl::OkStatus();
}

}  // namespace sabun
