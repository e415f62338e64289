#include "keys/cipher.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/random.h"

namespace sabun {
namespace {

constexpr size_t kNonceBytes = 12, kTagBytes = 16;

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int Size(absl::string_view text) { return static_cast<int>(text.size()); }

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
Context NewContext() { return Context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free); }

}  // namespace

std::string KeyedDigest(absl::string_view key, absl::string_view bytes) {
  std::string digest(32, '\0');
  unsigned size = 0;
  SABUN_CHECK(HMAC(EVP_sha256(), key.data(), Size(key), Bytes(bytes), bytes.size(), Bytes(digest), &size) != nullptr);
  return digest;
}

std::string Seal(absl::string_view key, absl::string_view place, absl::string_view bytes) {
  const std::string nonce = RandomBytes(kNonceBytes);
  std::string sealed(bytes), tag(kTagBytes, '\0');
  const Context context = NewContext();
  int size = 0;
  SABUN_CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1);
  SABUN_CHECK(EVP_EncryptUpdate(context.get(), nullptr, &size, Bytes(place), Size(place)) == 1);
  SABUN_CHECK(EVP_EncryptUpdate(context.get(), Bytes(sealed), &size, Bytes(bytes), Size(bytes)) == 1);
  SABUN_CHECK(EVP_EncryptFinal_ex(context.get(), Bytes(tag), &size) == 1);
  SABUN_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1);
  return absl::StrCat(nonce, sealed, tag);
}

std::optional<std::string> Unseal(absl::string_view key, absl::string_view place, absl::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const absl::string_view nonce = sealed.substr(0, kNonceBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const absl::string_view bytes = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string opened(bytes);
  const Context context = NewContext();
  int size = 0;
  unsigned char rest[16];
  SABUN_CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1);
  SABUN_CHECK(EVP_DecryptUpdate(context.get(), nullptr, &size, Bytes(place), Size(place)) == 1);
  SABUN_CHECK(EVP_DecryptUpdate(context.get(), Bytes(opened), &size, Bytes(bytes), Size(bytes)) == 1);
  SABUN_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), rest, &size) != 1) return std::nullopt;
  return opened;
}

}  // namespace sabun
