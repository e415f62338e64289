// AES-256 in counter mode at any offset of a file, with a key of its own for each file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "engine/base/secret_bytes.h"

namespace sabun {

inline constexpr size_t kFileSaltBytes = 32;

// A key of 32 bytes for one purpose: HKDF-SHA-256 of the store's key (32 bytes), a salt, and the purpose's name.
SecretBytes DeriveKey(absl::string_view store_key, absl::string_view salt, absl::string_view purpose);

// The key of one file, by the file's random salt.
inline SecretBytes DeriveFileKey(absl::string_view store_key, absl::string_view salt) {
  return DeriveKey(store_key, salt, "sabun file key 1");
}

// The same for a file of frames, so that no file of one form is ever one of the other.
inline SecretBytes DeriveFrameKey(absl::string_view store_key, absl::string_view salt) {
  return DeriveKey(store_key, salt, "sabun frame key 1");
}

// Encrypts or decrypts (the same operation) `data` in place; `offset` is its place in the file. Thread safe.
class CtrCipher {
 public:
  explicit CtrCipher(SecretBytes file_key) : file_key_(std::move(file_key)) {}
  void Apply(uint64_t offset, char* data, size_t size) const;

 private:
  SecretBytes file_key_;
};

}  // namespace sabun
