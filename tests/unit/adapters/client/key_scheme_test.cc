#include "adapters/client/key_scheme.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstring>

#include "absl/strings/escaping.h"

namespace sabun::client {
namespace {

std::string Secret() {
  std::string secret;
  for (char byte = 0; byte < 32; ++byte) secret.push_back(byte);
  return secret;
}

std::string HashText(v1::FingerprintScheme scheme, absl::string_view input) {
  const absl::StatusOr<KeyedHash> hash = KeyedHash::Create(scheme, Secret());
  if (!hash.ok()) return hash.status().ToString();
  const Hash128 bytes = (*hash)(input);
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

constexpr absl::string_view kKeyInput =
    "A01\x1F"
    "0000123";

// The vectors of proto/sabun/v1/intake.proto.
TEST(KeyScheme, KeyInputMatchesTheTestVector) {
  std::string input;
  ASSERT_TRUE(BuildKeyInput({" A01 ", "0000123"}, &input));
  EXPECT_EQ(input, kKeyInput);
}

TEST(KeyScheme, Xxh3MatchesTheTestVectors) {
  EXPECT_EQ(HashText(v1::FINGERPRINT_SCHEME_XXH3_128, kKeyInput), "744e0b710a8f64d4fbffd0a07e20e912");
  EXPECT_EQ(HashText(v1::FINGERPRINT_SCHEME_XXH3_128, ""), "a0e0a04487f25f04aa6a62c39e6ac9e1");
}

// Short, middle and long inputs are hashed in different ways.
TEST(KeyScheme, Xxh3OfAnyLengthIsTheLibrarysSeededHash) {
  const absl::StatusOr<KeyedHash> hash = KeyedHash::Create(v1::FINGERPRINT_SCHEME_XXH3_128, Secret());
  ASSERT_TRUE(hash.ok());
  std::string input;
  for (size_t size = 0; size < 5'000; size += 1 + size / 50) {
    while (input.size() < size) input.push_back(static_cast<char>(input.size() * 7));
    XXH128_canonical_t expected;
    XXH128_canonicalFromHash(&expected, XXH3_128bits_withSeed(input.data(), input.size(), 0x0706050403020100));
    const Hash128 bytes = (*hash)(input);
    ASSERT_EQ(std::memcmp(bytes.data(), expected.digest, bytes.size()), 0) << size;
  }
}

TEST(KeyScheme, HmacMatchesTheTestVectors) {
  EXPECT_EQ(HashText(v1::FINGERPRINT_SCHEME_HMAC_SHA256_128, kKeyInput), "ab1ec8fe25ba79e4d7d0889657bc76b0");
  EXPECT_EQ(HashText(v1::FINGERPRINT_SCHEME_HMAC_SHA256_128, ""), "d38b42096d80f45f826b44a9d5607de7");
}

TEST(KeyScheme, DigestMatchesTheTestVector) {
  const std::string key = absl::HexStringToBytes("744e0b710a8f64d4fbffd0a07e20e912");
  EntryDigest digest;
  digest.Append(key);
  digest.Append(key);
  EXPECT_EQ(absl::BytesToHexString(digest.Finish()), "76373df95bc62e70cfd1e4a35a10b9e6");
}

TEST(KeyScheme, OneHmacHashesManyInputs) {
  const absl::StatusOr<KeyedHash> hash = KeyedHash::Create(v1::FINGERPRINT_SCHEME_HMAC_SHA256_128, Secret());
  ASSERT_TRUE(hash.ok());
  const Hash128 first = (*hash)("one");
  EXPECT_NE(first, (*hash)("two"));
  EXPECT_EQ(first, (*hash)("one"));
}

TEST(KeyScheme, ShortSecretIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(KeyedHash::Create(v1::FINGERPRINT_SCHEME_XXH3_128, "short").status()));
}

TEST(KeyScheme, UnknownSchemeIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(KeyedHash::Create(v1::FINGERPRINT_SCHEME_UNSPECIFIED, Secret()).status()));
}

TEST(KeyScheme, TrimTakesSpacesTabsAndIdeographicSpaces) {
  EXPECT_EQ(TrimKeyValue("\xE3\x80\x80 \tあ い\t\xE3\x80\x80 "), "あ い");
  EXPECT_EQ(TrimKeyValue(" \xE3\x80\x80"), "");
}

TEST(KeyScheme, EmptyKeyValueIsUnreadable) {
  std::string input;
  EXPECT_FALSE(BuildKeyInput({"A01", " \xE3\x80\x80"}, &input));
}

TEST(KeyScheme, ControlCharacterInsideAKeyValueIsUnreadable) {
  std::string input;
  EXPECT_FALSE(BuildKeyInput({"A\t1"}, &input));
  EXPECT_FALSE(BuildKeyInput({"A\x1F"
                              "1"},
                             &input));
}

}  // namespace
}  // namespace sabun::client
