// The golden vectors of proto/sabun/v1/intake.proto, computed by the engine's side.
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "engine/fingerprint/keyed_hash.h"

namespace sabun {
namespace {

std::string TestSecret() {
  std::string secret;
  for (int i = 0; i < 32; ++i) secret.push_back(static_cast<char>(i));
  return secret;
}

template <typename Id>
std::string Hex(const Id& id) {
  return absl::BytesToHexString(id.view());
}

TEST(KeyedHash, KeyInputJoinsValuesByUnitSeparator) {
  EXPECT_EQ(absl::BytesToHexString(KeyInput({"A01", "0000123"})), "4130311f30303030313233");
}

TEST(KeyedHash, Xxh3GoldenVectors) {
  const KeyedHash hash(HashScheme::kXxh3, TestSecret());
  EXPECT_EQ(Hex(hash.Key(KeyInput({"A01", "0000123"}))), "744e0b710a8f64d4fbffd0a07e20e912");
  EXPECT_EQ(Hex(hash.Fingerprint("")), "a0e0a04487f25f04aa6a62c39e6ac9e1");
}

TEST(KeyedHash, HmacGoldenVectors) {
  const KeyedHash hash(HashScheme::kHmacSha256, TestSecret());
  EXPECT_EQ(Hex(hash.Key(KeyInput({"A01", "0000123"}))), "ab1ec8fe25ba79e4d7d0889657bc76b0");
  EXPECT_EQ(Hex(hash.Fingerprint("")), "d38b42096d80f45f826b44a9d5607de7");
}

TEST(DeriveSecret, EveryPartCountsAndBoundariesToo) {
  const std::string secret = TestSecret();
  EXPECT_NE(DeriveSecret(secret, {"ab", "c"}), DeriveSecret(secret, {"a", "bc"}));
  EXPECT_NE(DeriveSecret(secret, {"key"}), DeriveSecret(secret, {"fingerprint"}));
  EXPECT_EQ(DeriveSecret(secret, {"key"}).size(), 32u);
}

TEST(StreamDigest, PiecesGiveTheDigestOfTheWhole) {
  StreamDigest whole, pieces;
  whole.Update("abcdef");
  pieces.Update("abc");
  pieces.Update("def");
  EXPECT_EQ(whole.Value(), pieces.Value());
  pieces.Update("g");
  EXPECT_NE(whole.Value(), pieces.Value());
}

TEST(Sha256, EmptyInputGivesThePublishedValue) {
  EXPECT_EQ(absl::BytesToHexString(Sha256().Finish()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace sabun
