#include "adapters/client/key_scheme.h"

#include <openssl/evp.h>

// The library's streaming state is only complete with its static part.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>
#if defined(__x86_64__)
#define XXH_DISPATCH_DISABLE_REPLACE
#include <immintrin.h>
#include <xxh_x86dispatch.h>
#endif

#include <cstring>

namespace sabun::client {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kShaBlockBytes = 64;

// Inputs of more bytes than this are hashed with a secret that is derived from the seed.
constexpr size_t kLongestSeeded = 240;

Hash128 Canonical(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  Hash128 bytes;
  std::memcpy(bytes.data(), canonical.digest, bytes.size());
  return bytes;
}

#if defined(__x86_64__)

// The library leaves the upper halves of the wide registers dirty, which makes all that follows slow.
__attribute__((target("avx"))) void ClearWideRegisters() { _mm256_zeroupper(); }

XXH128_hash_t HashWithSecret(absl::string_view input, absl::Span<const unsigned char> secret) {
  static const bool has_wide_registers = __builtin_cpu_supports("avx");
  const XXH128_hash_t hash = XXH3_128bits_withSecret_dispatch(input.data(), input.size(), secret.data(), secret.size());
  if (has_wide_registers) ClearWideRegisters();
  return hash;
}

#else

XXH128_hash_t HashWithSecret(absl::string_view input, absl::Span<const unsigned char> secret) {
  return XXH3_128bits_withSecret(input.data(), input.size(), secret.data(), secret.size());
}

#endif

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context NewContext() { return Context(EVP_MD_CTX_new(), &EVP_MD_CTX_free); }

}  // namespace

// Both padded keys are hashed once; copying those states makes a hash of a short input three blocks instead of five,
// and avoids the look-up of the algorithm that HMAC() does each time.
struct KeyedHash::Hmac {
  Context inner = NewContext();
  Context outer = NewContext();
  Context scratch = NewContext();

  bool Start(absl::string_view secret) {
    unsigned char inner_pad[kShaBlockBytes];
    unsigned char outer_pad[kShaBlockBytes];
    for (size_t i = 0; i < kShaBlockBytes; ++i) {
      const unsigned char byte = i < secret.size() ? static_cast<unsigned char>(secret[i]) : 0;
      inner_pad[i] = byte ^ 0x36;
      outer_pad[i] = byte ^ 0x5C;
    }
    return EVP_DigestInit_ex(inner.get(), EVP_sha256(), nullptr) == 1 &&
           EVP_DigestUpdate(inner.get(), inner_pad, sizeof(inner_pad)) == 1 &&
           EVP_DigestInit_ex(outer.get(), EVP_sha256(), nullptr) == 1 &&
           EVP_DigestUpdate(outer.get(), outer_pad, sizeof(outer_pad)) == 1;
  }

  Hash128 Hash(absl::string_view input) const {
    unsigned char sha[32];
    EVP_MD_CTX_copy_ex(scratch.get(), inner.get());
    EVP_DigestUpdate(scratch.get(), input.data(), input.size());
    EVP_DigestFinal_ex(scratch.get(), sha, nullptr);
    EVP_MD_CTX_copy_ex(scratch.get(), outer.get());
    EVP_DigestUpdate(scratch.get(), sha, sizeof(sha));
    EVP_DigestFinal_ex(scratch.get(), sha, nullptr);
    Hash128 bytes;
    std::memcpy(bytes.data(), sha, bytes.size());
    return bytes;
  }
};

KeyedHash::KeyedHash() = default;
KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;
KeyedHash& KeyedHash::operator=(KeyedHash&&) noexcept = default;
KeyedHash::~KeyedHash() = default;

absl::StatusOr<KeyedHash> KeyedHash::Create(v1::FingerprintScheme scheme, absl::string_view secret) {
  if (secret.size() != kSecretBytes) return absl::InvalidArgumentError("the engine's secret is not 32 bytes long");
  KeyedHash hash;
  if (scheme == v1::FINGERPRINT_SCHEME_XXH3_128) {
    for (int i = 7; i >= 0; --i) hash.seed_ = hash.seed_ << 8 | static_cast<unsigned char>(secret[i]);
    XXH3_generateSecret_fromSeed(hash.derived_secret_.data(), hash.seed_);
    return hash;
  }
  if (scheme == v1::FINGERPRINT_SCHEME_HMAC_SHA256_128) {
    hash.hmac_ = std::make_unique<Hmac>();
    if (!hash.hmac_->Start(secret)) return absl::InternalError("SHA-256 cannot be started");
    return hash;
  }
  return absl::InvalidArgumentError("the engine asks for a fingerprint scheme this adapter does not know");
}

Hash128 KeyedHash::operator()(absl::string_view input) const {
  if (hmac_ != nullptr) return hmac_->Hash(input);
  // With a seed the library derives that secret anew for each long input; this gives the same hash in half the time.
  if (input.size() > kLongestSeeded) {
    return Canonical(HashWithSecret(input, derived_secret_));
  }
  return Canonical(XXH3_128bits_withSeed(input.data(), input.size(), seed_));
}

struct EntryDigest::State {
  XXH3_state_t xxh;
};

EntryDigest::EntryDigest() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh); }
EntryDigest::~EntryDigest() = default;

void EntryDigest::Append(absl::string_view entries) {
  XXH3_128bits_update(&state_->xxh, entries.data(), entries.size());
}

std::string EntryDigest::Finish() const {
  const Hash128 digest = Canonical(XXH3_128bits_digest(&state_->xxh));
  return std::string(digest.data(), digest.size());
}

absl::string_view TrimKeyValue(absl::string_view value) {
  constexpr absl::string_view kIdeographicSpace = "\xE3\x80\x80";
  const auto starts_with_space = [&](size_t* size) {
    *size = 1;
    if (value.front() == ' ' || value.front() == '\t') return true;
    *size = kIdeographicSpace.size();
    return value.substr(0, *size) == kIdeographicSpace;
  };
  const auto ends_with_space = [&](size_t* size) {
    *size = 1;
    if (value.back() == ' ' || value.back() == '\t') return true;
    *size = kIdeographicSpace.size();
    return value.size() >= *size && value.substr(value.size() - *size) == kIdeographicSpace;
  };
  size_t size = 0;
  while (!value.empty() && starts_with_space(&size)) value.remove_prefix(size);
  while (!value.empty() && ends_with_space(&size)) value.remove_suffix(size);
  return value;
}

bool BuildKeyInput(absl::Span<const absl::string_view> values, std::string* input) {
  input->clear();
  for (size_t i = 0; i < values.size(); ++i) {
    const absl::string_view value = TrimKeyValue(values[i]);
    if (value.empty()) return false;
    if (i > 0) input->push_back('\x1F');
    for (const char c : value) {
      if (static_cast<unsigned char>(c) < 0x20) return false;
    }
    input->append(value.data(), value.size());
  }
  return true;
}

}  // namespace sabun::client
