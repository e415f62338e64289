#include "engine/store/frames.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace sabun {
namespace {

using Nonce = std::array<unsigned char, 12>;

const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  SABUN_CHECK(algorithm != nullptr);
  return algorithm;
}

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

// The place in the file: the key belongs to this file alone, which is only appended to, so no nonce ever repeats.
Nonce NonceOf(uint64_t offset) {
  Nonce nonce{};
  for (size_t i = nonce.size(); i > nonce.size() - 8; --i, offset >>= 8) nonce[i - 1] = static_cast<uint8_t>(offset);
  return nonce;
}

}  // namespace

size_t FrameBytesNeeded(absl::string_view begin) {
  if (begin.size() < kFrameLengthBytes) return kFrameLengthBytes;
  return std::min<size_t>(LoadBig32(begin.data()), kLargestFrame) + kFrameExtraBytes;
}

FrameCipher::FrameCipher(const SecretBytes& file_key) : context_(EVP_CIPHER_CTX_new()) {
  SABUN_CHECK(file_key.size() == 32);
  SABUN_CHECK(EVP_EncryptInit_ex(context_, Algorithm(), nullptr, Bytes(file_key.view()), nullptr) == 1);
}

FrameCipher::~FrameCipher() { EVP_CIPHER_CTX_free(context_); }

void FrameCipher::Seal(uint64_t offset, absl::string_view plain, std::string* frame) {
  SABUN_CHECK(!plain.empty() && plain.size() <= kLargestFrame);
  frame->resize(plain.size() + kFrameExtraBytes);
  for (size_t i = 0; i < kFrameLengthBytes; ++i) (*frame)[i] = static_cast<char>(plain.size() >> (24 - 8 * i));
  char* const hidden = frame->data() + kFrameLengthBytes;
  int size = 0;
  SABUN_CHECK(EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, NonceOf(offset).data()) == 1);
  SABUN_CHECK(EVP_EncryptUpdate(context_, Bytes(hidden), &size, Bytes(plain), static_cast<int>(plain.size())) == 1);
  unsigned char none[16];
  SABUN_CHECK(EVP_EncryptFinal_ex(context_, none, &size) == 1);
  SABUN_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_GCM_GET_TAG, kFrameTagBytes, hidden + plain.size()) == 1);
}

bool FrameCipher::Open(uint64_t offset, absl::string_view bytes, std::string* plain) {
  plain->clear();
  const size_t length = bytes.size() < kFrameLengthBytes ? 0 : LoadBig32(bytes.data());
  if (length == 0 || length > kLargestFrame || bytes.size() < length + kFrameExtraBytes) return false;
  const absl::string_view hidden = bytes.substr(kFrameLengthBytes, length);
  std::string tag(bytes.substr(kFrameLengthBytes + length, kFrameTagBytes));
  plain->resize(length);
  int size = 0;
  SABUN_CHECK(EVP_DecryptInit_ex(context_, nullptr, nullptr, nullptr, NonceOf(offset).data()) == 1);
  SABUN_CHECK(EVP_DecryptUpdate(context_, Bytes(plain->data()), &size, Bytes(hidden), static_cast<int>(length)) == 1);
  SABUN_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_GCM_SET_TAG, kFrameTagBytes, tag.data()) == 1);
  unsigned char none[16];
  const bool is_whole = EVP_DecryptFinal_ex(context_, none, &size) == 1;
  if (!is_whole) plain->clear();
  return is_whole;
}

}  // namespace sabun
