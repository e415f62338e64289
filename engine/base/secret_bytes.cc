#include "engine/base/secret_bytes.h"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace sabun {

SecretBytes::SecretBytes(absl::string_view secret) : size_(secret.size()) {
  if (size_ == 0) return;
  bytes_ = static_cast<char*>(OPENSSL_secure_malloc(size_));
  // A full secure heap: OPENSSL_secure_clear_free knows which memory is whose.
  if (bytes_ == nullptr) bytes_ = static_cast<char*>(OPENSSL_malloc(size_));
  SABUN_CHECK(bytes_ != nullptr);
  std::memcpy(bytes_, secret.data(), size_);
}

SecretBytes SecretBytes::TakeFrom(std::string* secret) {
  SecretBytes taken(*secret);
  Wipe(secret);
  return taken;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

SecretBytes::~SecretBytes() {
  if (bytes_ != nullptr) OPENSSL_secure_clear_free(bytes_, size_);
}

bool operator==(const SecretBytes& a, const SecretBytes& b) {
  return a.size_ == b.size_ && (a.size_ == 0 || CRYPTO_memcmp(a.bytes_, b.bytes_, a.size_) == 0);
}

void Wipe(std::string* secret) {
  OPENSSL_cleanse(secret->data(), secret->size());
  secret->clear();
}

}  // namespace sabun
