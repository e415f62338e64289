#include "engine/store/ctr_cipher.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>

#include "engine/base/check.h"

namespace sabun {
namespace {

// Looking it up takes a third of the time that a block of 4 KiB takes, and a lock that all readers share.
const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  SABUN_CHECK(algorithm != nullptr);
  return algorithm;
}

}  // namespace

SecretBytes DeriveKey(absl::string_view store_key, absl::string_view salt, absl::string_view purpose) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr),
                                                                            &EVP_PKEY_CTX_free);
  const auto bytes = [](absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::string key(32, '\0');
  size_t size = key.size();
  SABUN_CHECK(EVP_PKEY_derive_init(context.get()) == 1);
  SABUN_CHECK(EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1);
  SABUN_CHECK(EVP_PKEY_CTX_set1_hkdf_key(context.get(), bytes(store_key), static_cast<int>(store_key.size())) == 1);
  SABUN_CHECK(EVP_PKEY_CTX_set1_hkdf_salt(context.get(), bytes(salt), static_cast<int>(salt.size())) == 1);
  SABUN_CHECK(EVP_PKEY_CTX_add1_hkdf_info(context.get(), bytes(purpose), static_cast<int>(purpose.size())) == 1);
  SABUN_CHECK(EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(key.data()), &size) == 1);
  return SecretBytes::TakeFrom(&key);
}

void CtrCipher::Apply(uint64_t offset, char* data, size_t size) const {
  // The counter block is the block number of the file; the key belongs to this file alone, so no pair ever repeats.
  unsigned char counter[16] = {};
  uint64_t block = offset / 16;
  for (int i = 15; i >= 8; --i, block >>= 8) counter[i] = static_cast<unsigned char>(block);
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  SABUN_CHECK(EVP_EncryptInit_ex(context.get(), Algorithm(), nullptr,
                                 reinterpret_cast<const unsigned char*>(file_key_.view().data()), counter) == 1);
  int written = 0;
  unsigned char skipped[16] = {};
  if (offset % 16 != 0) {
    SABUN_CHECK(EVP_EncryptUpdate(context.get(), skipped, &written, skipped, static_cast<int>(offset % 16)) == 1);
  }
  while (size > 0) {
    const int piece = static_cast<int>(std::min<size_t>(size, size_t{1} << 30));
    auto* bytes = reinterpret_cast<unsigned char*>(data);
    SABUN_CHECK(EVP_EncryptUpdate(context.get(), bytes, &written, bytes, piece) == 1);
    data += piece;
    size -= piece;
  }
}

}  // namespace sabun
