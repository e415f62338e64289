#include "engine/fingerprint/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/random.h"

namespace sabun {
namespace {

void HmacSha256(absl::string_view key, absl::string_view input, unsigned char* out32) {
  unsigned int size = 32;
  SABUN_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(input.data()), input.size(), out32, &size) != nullptr);
}

}  // namespace

KeyedHash::KeyedHash(HashScheme scheme, absl::string_view secret) : scheme_(scheme), secret_(secret), seed_(0) {
  SABUN_CHECK(secret.size() == 32);
  for (int i = 7; i >= 0; --i) seed_ = seed_ << 8 | static_cast<unsigned char>(secret[i]);
}

void KeyedHash::Hash(absl::string_view input, unsigned char* out16) const {
  if (scheme_ == HashScheme::kXxh3) {
    XXH128_canonicalFromHash(reinterpret_cast<XXH128_canonical_t*>(out16),
                             XXH3_128bits_withSeed(input.data(), input.size(), seed_));
    return;
  }
  unsigned char full[32];
  HmacSha256(secret_, input, full);
  std::memcpy(out16, full, 16);
}

Key128 KeyedHash::Key(absl::string_view input) const {
  Key128 key;
  Hash(input, key.bytes.data());
  return key;
}

Fingerprint128 KeyedHash::Fingerprint(absl::string_view input) const {
  Fingerprint128 fingerprint;
  Hash(input, fingerprint.bytes.data());
  return fingerprint;
}

std::string KeyInput(const std::vector<absl::string_view>& key_values) {
  std::string input;
  for (size_t i = 0; i < key_values.size(); ++i) {
    if (i > 0) input.push_back('\x1F');
    input.append(key_values[i].data(), key_values[i].size());
  }
  return input;
}

std::string RandomSecret() { return RandomBytes(32); }

std::string DeriveSecret(absl::string_view secret, const std::vector<absl::string_view>& parts) {
  std::string input;
  for (const absl::string_view part : parts) AppendSized(part, &input);
  std::string derived(32, '\0');
  HmacSha256(secret, input, reinterpret_cast<unsigned char*>(derived.data()));
  return derived;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SABUN_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::Update(absl::string_view bytes) {
  SABUN_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::Finish() {
  std::string digest(32, '\0');
  SABUN_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), reinterpret_cast<unsigned char*>(digest.data()),
                                 nullptr) == 1);
  return digest;
}

StreamDigest::StreamDigest() : state_(XXH3_createState()) { XXH3_128bits_reset(static_cast<XXH3_state_t*>(state_)); }

StreamDigest::~StreamDigest() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }

void StreamDigest::Update(absl::string_view bytes) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}

std::string StreamDigest::Value() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(static_cast<const XXH3_state_t*>(state_)));
  return {reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest)};
}

}  // namespace sabun
