// Keys and fingerprints as proto/sabun/v1/intake.proto specifies them; its test vectors are checked by the unit tests.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sabun/v1/dataset.pb.h"

namespace sabun::client {

// A key or a fingerprint.
using Hash128 = std::array<char, 16>;

// A keyed hash of one of the two schemes. Not thread-safe: each thread has its own.
class KeyedHash {
 public:
  // `secret` has 32 bytes. INVALID_ARGUMENT for another length or a scheme this adapter does not know.
  static absl::StatusOr<KeyedHash> Create(v1::FingerprintScheme scheme, absl::string_view secret);

  KeyedHash(KeyedHash&&) noexcept;
  KeyedHash& operator=(KeyedHash&&) noexcept;
  ~KeyedHash();

  Hash128 operator()(absl::string_view input) const;

 private:
  struct Hmac;
  KeyedHash();

  uint64_t seed_ = 0;
  std::array<unsigned char, 192> derived_secret_{};  // of XXH3, from the seed
  std::unique_ptr<Hmac> hmac_;                       // null for XXH3
};

// XXH3_128bits (seed 0) over bytes that arrive piece by piece: the digest of End. Not thread-safe.
class EntryDigest {
 public:
  EntryDigest();
  EntryDigest(const EntryDigest&) = delete;
  EntryDigest& operator=(const EntryDigest&) = delete;
  ~EntryDigest();

  void Append(absl::string_view entries);
  // 16 bytes in canonical form.
  std::string Finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `value` without leading and trailing U+0009, U+0020 and U+3000 (UTF-8).
absl::string_view TrimKeyValue(absl::string_view value);

// Puts the key input of `values` (UTF-8, in key order) into `*input`. False when a value is empty after trimming or
// contains a byte below 0x20: the row is unreadable. Whether a value is valid UTF-8 is the caller's to know.
bool BuildKeyInput(absl::Span<const absl::string_view> values, std::string* input);

}  // namespace sabun::client
