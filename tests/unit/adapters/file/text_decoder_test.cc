#include "adapters/file/text_decoder.h"

#include <gtest/gtest.h>

#include <optional>

namespace sabun::file {
namespace {

std::optional<std::string> Decode(Encoding encoding, absl::string_view bytes) {
  absl::StatusOr<TextDecoder> decoder = TextDecoder::Create(encoding);
  absl::string_view text;
  if (!decoder.ok() || !decoder->Decode(bytes, &text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> DecodeField(absl::string_view field) {
  absl::StatusOr<TextDecoder> decoder = TextDecoder::Create(Encoding::kUtf8);
  absl::string_view text;
  if (!decoder.ok() || !decoder->DecodeField(field, &text)) return std::nullopt;
  return std::string(text);
}

TEST(TextDecoder, Cp932HoldsTheRowsOfNecAndIbm) {
  EXPECT_EQ(Decode(Encoding::kCp932, "\x87\x40\x87\x8A"), "①㈱");
  EXPECT_EQ(Decode(Encoding::kCp932, "\xFB\xFC\xFA\xB1"), "髙﨑");
  EXPECT_EQ(Decode(Encoding::kCp932, "\xEE\xE0\xED\x95"), "髙﨑");
}

TEST(TextDecoder, Cp932SignsAreThoseOfWindows) {
  EXPECT_EQ(Decode(Encoding::kCp932, "\x81\x60\x81\x7C\x81\x61"), "～－∥");
  EXPECT_EQ(Decode(Encoding::kCp932, "\\~"), "\\~");
}

TEST(TextDecoder, Cp932TrailBytesMayLookLikeAscii) {
  EXPECT_EQ(Decode(Encoding::kCp932, "\x83\x5C\x83\x7C\x95\x5C"), "ソポ表");
}

TEST(TextDecoder, Cp932HalfWidthKanaStayHalfWidth) { EXPECT_EQ(Decode(Encoding::kCp932, "\xB1\xB2\xB3"), "ｱｲｳ"); }

TEST(TextDecoder, WhatIsNoCp932IsRefused) {
  for (const char* bytes : {"\x81", "\x81\x20", "\x80", "\xA0", "\xFD", "\xFF", "\x85\x40"}) {
    EXPECT_EQ(Decode(Encoding::kCp932, bytes), std::nullopt);
  }
}

TEST(TextDecoder, WhatIsNoUtf8IsRefused) {
  for (const char* bytes : {"\xE3\x81", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xB1\xB2"}) {
    EXPECT_EQ(Decode(Encoding::kUtf8, bytes), std::nullopt);
  }
}

TEST(TextDecoder, NulIsRefusedInBothEncodings) {
  EXPECT_EQ(Decode(Encoding::kUtf8, absl::string_view("a\0b", 3)), std::nullopt);
  EXPECT_EQ(Decode(Encoding::kCp932, absl::string_view("long enough for a word\0", 23)), std::nullopt);
}

TEST(TextDecoder, QuotesComeOffAndDoubledOnesBecomeOne) {
  EXPECT_EQ(DecodeField("\"a\"\"b\""), "a\"b");
  EXPECT_EQ(DecodeField("\"\""), "");
  EXPECT_EQ(DecodeField("\"\"\"\""), "\"");
  EXPECT_EQ(DecodeField("a\"b"), "a\"b");
}

TEST(TextDecoder, LongTextIsDecodedWhole) {
  std::string cp932;
  std::string utf8;
  for (int i = 0; i < 333'333; ++i) cp932 += "\x88\xA4", utf8 += "愛";
  EXPECT_EQ(Decode(Encoding::kCp932, cp932), utf8);
}

}  // namespace
}  // namespace sabun::file
