// A file for what does not fit into memory: append, then read back in ranges. Encrypted under a key that only this
// process knows, and without a name on disk, so that nothing remains when the process ends, however it ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/store/ctr_cipher.h"
#include "keys/key_source.h"

namespace sabun {

// Not thread safe.
class SpoolFile {
 public:
  // Errors: UNAVAILABLE, RESOURCE_EXHAUSTED (disk full).
  static absl::StatusOr<std::unique_ptr<SpoolFile>> Create(const std::string& directory);
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // Appends and encrypts `*data`, which is unspecified afterwards.
  absl::Status Append(std::string* data);
  // Exactly `size` bytes from `offset`.
  absl::Status Read(uint64_t offset, size_t size, char* out) const;
  uint64_t size() const { return size_; }

 private:
  explicit SpoolFile(int file) : file_(file), cipher_(NewKey()) {}

  int file_;
  CtrCipher cipher_;
  uint64_t size_ = 0;
};

}  // namespace sabun
