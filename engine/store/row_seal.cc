#include "engine/store/row_seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstring>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/random.h"

namespace sabun {
namespace {

// Random nonces come from the system in pieces: one call a row would cost more than the seal.
constexpr size_t kNoncesAtOnce = 64;
// More idle ones than threads that work at once are let go.
constexpr size_t kMostIdle = 32;

// Looking the algorithm up costs more than sealing a row.
const EVP_CIPHER* Algorithm() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  SABUN_CHECK(algorithm != nullptr);
  return algorithm;
}

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void Add(EVP_CIPHER_CTX* context, absl::string_view bytes) {
  int size = 0;
  SABUN_CHECK(EVP_EncryptUpdate(context, nullptr, &size, Bytes(bytes), static_cast<int>(bytes.size())) == 1);
}

}  // namespace

RowSeal::RowSeal(const SecretBytes& key) : context_(EVP_CIPHER_CTX_new()) {
  SABUN_CHECK(key.size() == 32);
  SABUN_CHECK(EVP_EncryptInit_ex(context_, Algorithm(), nullptr, Bytes(key.view()), nullptr) == 1);
}

RowSeal::~RowSeal() { EVP_CIPHER_CTX_free(context_); }

// Rows of dataset 0 are the store's own: they are read before the ring is, and merged by RocksDB.
bool RowSeal::Covers(const RowPlace& place) {
  constexpr size_t kDatasetAt = 1, kDatasetBytes = 4;
  if (place.family == Family::kIndex || place.family == Family::kUnsettled) return false;
  return place.key.size() < kDatasetAt + kDatasetBytes || LoadBig32(place.key.data() + kDatasetAt) != 0;
}

void RowSeal::Tag(const RowPlace& place, absl::string_view value, char* seal) {
  // Family and length of the key come first, so that no two places have the same bytes.
  std::array<char, 64> head;
  head[0] = static_cast<char>(place.family);
  head[1] = static_cast<char>(place.key.size() >> 8);
  head[2] = static_cast<char>(place.key.size());
  constexpr size_t kHeadBytes = 3;
  SABUN_CHECK(place.key.size() < 1 << 16);
  SABUN_CHECK(EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, Bytes({seal, kNonceBytes})) == 1);
  if (place.key.size() <= head.size() - kHeadBytes) {
    std::memcpy(head.data() + kHeadBytes, place.key.data(), place.key.size());
    Add(context_, {head.data(), kHeadBytes + place.key.size()});
  } else {
    Add(context_, {head.data(), kHeadBytes});
    Add(context_, place.key);
  }
  if (!value.empty()) Add(context_, value);
  int size = 0;
  unsigned char none[16];
  SABUN_CHECK(EVP_EncryptFinal_ex(context_, none, &size) == 1);
  SABUN_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_GCM_GET_TAG, kTagBytes, seal + kNonceBytes) == 1);
}

absl::string_view RowSeal::Make(const RowPlace& place, absl::string_view value) {
  if (nonces_.empty()) nonces_ = RandomBytes(kNoncesAtOnce * kNonceBytes);
  std::memcpy(made_.data(), nonces_.data() + nonces_.size() - kNonceBytes, kNonceBytes);
  nonces_.resize(nonces_.size() - kNonceBytes);
  Tag(place, value, made_.data());
  return {made_.data(), made_.size()};
}

std::optional<absl::string_view> RowSeal::Open(const RowPlace& place, absl::string_view sealed) {
  if (sealed.size() < kBytes) return std::nullopt;
  const absl::string_view value = sealed.substr(0, sealed.size() - kBytes), seal = sealed.substr(value.size());
  std::array<char, kBytes> expected;
  std::memcpy(expected.data(), seal.data(), kNonceBytes);
  Tag(place, value, expected.data());
  if (CRYPTO_memcmp(expected.data(), seal.data(), kBytes) != 0) return std::nullopt;
  return value;
}

RowSeals::Taken RowSeals::Take() {
  {
    MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      RowSeal* const seal = idle_.back().release();
      idle_.pop_back();
      return Taken(seal, GiveBack{this});
    }
  }
  return Taken(new RowSeal(key_), GiveBack{this});
}

void RowSeals::Return(RowSeal* seal) {
  std::unique_ptr<RowSeal> owned(seal);
  MutexLock lock(&mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(owned));
}

}  // namespace sabun
