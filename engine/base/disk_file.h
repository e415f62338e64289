// Files through the operating system, for the stages that keep some beside RocksDB's: calls that a signal interrupted
// are made again, short ones go on, and errors say what could not be done. tests/fault lets each of these calls fail.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun {

// An open file, closed at the end; below 0: none, and errno says why.
class Descriptor {
 public:
  explicit Descriptor(int file = -1) : file_(file) {}
  Descriptor(Descriptor&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~Descriptor();
  int get() const { return file_; }
  bool is_open() const { return file_ >= 0; }

 private:
  int file_;
};

// What errno says: "WHO: cannot DOING PATH: why". RESOURCE_EXHAUSTED for a full disk, otherwise UNAVAILABLE.
absl::Status DiskError(absl::string_view who, absl::string_view doing, absl::string_view path);

// The same with a code and in both languages, where it is the operator who gave the path: FILE-ACCESS. NOT_FOUND,
// RESOURCE_EXHAUSTED or UNAVAILABLE.
absl::Status FileAccessError(absl::string_view doing, const std::string& path);

// The folder that a file is in.
std::string FolderOf(const std::string& path);
// Makes a folder and what is missing above it, unless it is there; its name is durable. Errors: FILE-ACCESS.
absl::Status MakeFolder(const std::string& path, mode_t mode = 0777);
// Errors: FILE-ACCESS when it cannot be told.
absl::StatusOr<bool> FileExists(const std::string& path);
// The paths of what is in a folder, in no order. Errors: FILE-ACCESS.
absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path);
// Makes the names in the file's folder durable: without it a power loss takes a new file's name, and with it the file.
// Errors: FILE-ACCESS.
absl::Status SyncFolderOf(const std::string& path);

// The rest of this page returns false, or a size below 0, when errno says why.
// All of it.
bool WriteAll(int file, absl::string_view bytes);
// As many bytes as there are, at most `size`; 0 at the end.
ssize_t ReadSome(int file, char* out, size_t size);
// Exactly `size` bytes; a file that ends before is an error, EIO.
bool ReadAllAt(int file, uint64_t offset, char* out, size_t size);
// Makes the names in a folder durable.
bool SyncFolder(const std::string& folder);

}  // namespace sabun
