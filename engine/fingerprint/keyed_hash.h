// Record keys and fingerprints: 128-bit keyed hashes of bytes. The encodings are specified in
// proto/sabun/v1/intake.proto.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/record/ids.h"

namespace sabun {

enum class HashScheme : uint8_t { kXxh3 = 1, kHmacSha256 = 2 };

// A scheme with its secret. Thread safe.
class KeyedHash {
 public:
  // `secret` is 32 bytes.
  KeyedHash(HashScheme scheme, absl::string_view secret);

  Key128 Key(absl::string_view input) const;
  Fingerprint128 Fingerprint(absl::string_view input) const;

 private:
  void Hash(absl::string_view input, unsigned char* out16) const;

  HashScheme scheme_;
  std::string secret_;
  uint64_t seed_;
};

// The key input of a record: its key values joined by 0x1F. The values must be canonical, that is, trimmed.
std::string KeyInput(const std::vector<absl::string_view>& key_values);

// 32 bytes from the operating system's random source.
std::string RandomSecret();

// A secret that depends on `secret` and every part: HMAC-SHA-256 over the sized parts. 32 bytes.
std::string DeriveSecret(absl::string_view secret, const std::vector<absl::string_view>& parts);

// SHA-256 over bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  std::string Finish();  // 32 bytes; once

 private:
  void* context_;
};

// XXH3-128 with seed 0 over bytes that come in pieces: the digest of End.
class StreamDigest {
 public:
  StreamDigest();
  ~StreamDigest();
  StreamDigest(const StreamDigest&) = delete;
  StreamDigest& operator=(const StreamDigest&) = delete;

  void Update(absl::string_view bytes);
  std::string Value() const;  // 16 bytes, canonical form

 private:
  void* state_;
};

}  // namespace sabun
