#include "engine/canonical/text_rules.h"

#include <gtest/gtest.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <random>

namespace sabun {
namespace {

constexpr uint32_t kEverything = kTrim | kKanaFullwidth | kAsciiHalfwidth | kSpacesFold | kNfc;

std::string Apply(absl::string_view text, uint32_t rules) {
  std::string out = "before";
  ApplyTextRules(text, rules, &out);
  return out;
}

std::string Utf8(char32_t c) {
  std::string out;
  icu::UnicodeString(static_cast<UChar32>(c)).toUTF8String(out);
  return out;
}

std::string Nfkc(const std::string& text) {
  UErrorCode error = U_ZERO_ERROR;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::Normalizer2::getNFKCInstance(error)->normalizeUTF8(0, text, sink, nullptr, error);
  return out;
}

struct Example {
  uint32_t rules;
  const char* text;
  const char* result;
};

constexpr Example kExamples[] = {
    {kTrim, "", ""},
    {kTrim, " \t\u3000", ""},
    {kTrim, "\u3000 愛知 花子\t\u3000", "愛知 花子"},
    {kTrim, "A  B", "A  B"},
    {kTrim, "１ｶ", "１ｶ"},
    {kTrim, " 0000123 ", "0000123"},
    {0, " A ", " A "},
    {kTrim | kKanaFullwidth, "ｱｲﾁ ﾊﾅｺ", "アイチ ハナコ"},
    {kTrim | kKanaFullwidth, "ｶﾞｷﾞﾊﾟﾋﾟｳﾞﾜﾞｦﾞ", "ガギパピヴヷヺ"},
    {kTrim | kKanaFullwidth, "ｱﾞ", "ア゛"},
    {kTrim | kKanaFullwidth, "ﾞﾟ", "゛゜"},
    {kTrim | kKanaFullwidth, "ｶﾟ", "カ゜"},
    {kTrim | kKanaFullwidth, "ハﾞ", "バ"},
    {kTrim | kKanaFullwidth, "ｶﾞﾞ", "ガ゛"},
    {kTrim | kKanaFullwidth, "Aﾞ愛ﾟ", "A゛愛゜"},
    {kTrim | kKanaFullwidth, "ｱ-ﾄ｢1｣｡､･ｰ", "ア-ト「1」。、・ー"},
    {kTrim | kKanaFullwidth, "１Ａ", "１Ａ"},
    {kTrim | kDigitsHalfwidth, "１２3Ａ－ｱ", "123Ａ－ｱ"},
    {kTrim | kAsciiHalfwidth, "１２3Ａ－ｚ～！ｱ", "123A-z~!ｱ"},
    {kTrim | kSpacesFold, "A  B\t\u3000C\r\nD", "A B C D"},
    {kTrim | kSpacesFold, "\r\nA\n", "A"},
    {kTrim | kSpacesFold, "\n \r", ""},
    {kTrim | kSpacesFold, "愛知\u3000\u3000花子", "愛知 花子"},
    {kTrim | kSpacesFoldWide, "愛知 花子", "愛知\u3000花子"},
    {kTrim | kSpacesFoldWide, "A B", "A\u3000B"},
    {kTrim | kNfc, "カ\u3099ハ\u309A", "ガパ"},
    {kTrim | kNfc, "e\u0301", "é"},
    {kTrim | kNfc, "\u212B", "Å"},
    {kTrim | kNfc, "１ｶ㍻", "１ｶ㍻"},
    {kTrim, "カ\u3099", "カ\u3099"},
    {kTrim | kNfc | kKanaFullwidth, "ｶ\u3099", "ガ"},
    {kTrim | kNfc, "髙﨑栁𠮷", "髙﨑栁𠮷"},
    {kTrim | kNfc, "\uFA19\uFA1Be\u0301", "\uFA19\uFA1Bé"},
    {kTrim | kNfc, "\U0002F81A", "\U0002F81A"},
    {kTrim | kNfc, "辻\U000E0100", "辻\U000E0100"},
};

TEST(TextRules, Examples) {
  for (const Example& example : kExamples)
    EXPECT_EQ(Apply(example.text, example.rules), example.result) << example.text;
}

TEST(TextRules, HalfwidthKanaIsAsUnicodeSays) {
  for (char32_t c = 0xFF61; c < 0xFF9E; ++c) {
    EXPECT_EQ(Apply(Utf8(c), kKanaFullwidth), Nfkc(Utf8(c))) << std::hex << static_cast<uint32_t>(c);
    for (const char32_t mark : {0xFF9E, 0xFF9F}) {
      const std::string pair = Utf8(c) + Utf8(mark);
      const bool joins = Nfkc(pair).size() == 3;
      EXPECT_EQ(Apply(pair, kKanaFullwidth), joins ? Nfkc(pair) : Nfkc(Utf8(c)) + (mark == 0xFF9E ? "゛" : "゜"))
          << pair;
    }
  }
}

TEST(TextRules, FullwidthAsciiIsAsUnicodeSays) {
  for (char32_t c = 0xFF01; c <= 0xFF5E; ++c) EXPECT_EQ(Apply(Utf8(c), kAsciiHalfwidth), Nfkc(Utf8(c)));
}

// The short cut that leaves plain Japanese alone must agree with ICU on every character of the plane.
TEST(TextRules, NfcAgreesWithIcuOnEveryCharacterButCompatibilityIdeographs) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  for (char32_t c = 0xA0; c <= 0xFFFD; ++c) {
    if ((c >= 0xD800 && c <= 0xDFFF) || (c >= 0xF900 && c <= 0xFAFF)) continue;
    // Before it a letter that composes, after it a mark that composes.
    const std::string text = "カ" + Utf8(c) + "\u3099";
    std::string expected;
    icu::StringByteSink<std::string> sink(&expected);
    nfc->normalizeUTF8(0, text, sink, nullptr, error);
    ASSERT_EQ(Apply(text, kNfc), expected) << std::hex << static_cast<uint32_t>(c);
  }
}

TEST(TextRules, ApplyingTwiceChangesNothingMore) {
  const char* const kPieces[] = {"A", " ", "\u3000", "\t",     "\n", "１",     "Ａ", "ｶ",      "ﾊ",
                                 "ﾞ", "ﾟ", "カ",     "\u3099", "e",  "\u0301", "愛", "\uFA19", "𠮷"};
  std::mt19937 random(20260101);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (unsigned size = random() % 8; size > 0; --size) text += kPieces[random() % std::size(kPieces)];
    const uint32_t rules = kTrim | (random() % 2 ? kEverything : random() % 128);
    const std::string once = Apply(text, rules);
    ASSERT_EQ(Apply(once, rules), once) << text << " by " << rules;
  }
}

TEST(TextRules, CapacityIsUsedAgain) {
  std::string out;
  out.reserve(100);
  const char* before = out.data();
  ApplyTextRules("  ｱｲﾁ  ﾊﾅｺ ", kEverything & ~kNfc, &out);
  EXPECT_EQ(out.data(), before);
}

TEST(TextSurvey, TellsWhatIsThere) {
  EXPECT_TRUE(SurveyText("plain").ascii);
  EXPECT_FALSE(SurveyText("愛知").ascii);
  EXPECT_TRUE(SurveyText("愛知").valid);
  EXPECT_TRUE(SurveyText("a\tb").breaks);
  EXPECT_TRUE(SurveyText("愛\r\n").breaks);
  EXPECT_FALSE(SurveyText("愛\r\n").control);
}

TEST(TextSurvey, ControlCharactersAreSeen) {
  for (const absl::string_view text :
       {absl::string_view("a\0b", 3), absl::string_view("\x7F"), absl::string_view("愛\x1B"),
        absl::string_view("\u0085"), absl::string_view("\x1F"), absl::string_view("a\x0B")}) {
    EXPECT_TRUE(SurveyText(text).control);
  }
}

TEST(TextSurvey, BrokenUtf8IsSeen) {
  for (const char* text : {"\x80", "\xC3", "a\xE3\x81", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF",
                           "\xE6\x84\x9B\xE6", "\x88\xA4"}) {
    EXPECT_FALSE(SurveyText(text).valid) << testing::PrintToString(text);
  }
}

TEST(CountCharacters, CountsCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("abc"), 3U);
  EXPECT_EQ(CountCharacters("愛é𠮷"), 3U);
}

struct ClassExample {
  CharacterClass characters;
  const char* in;
  const char* out;  // Single characters that are not in the class, separated by spaces.
};

TEST(CharacterClass, Examples) {
  const ClassExample kClasses[] = {
      {CharacterClass::kDigits, "0123456789", "a - ０ ⁵ ."},
      {CharacterClass::kAsciiAlnum, "azAZ09", "- _ Ａ é ア"},
      {CharacterClass::kPrintableAscii, " az~!-_", "é 愛 \u3000 \x7F"},
      {CharacterClass::kKatakana, "アイチ ハナコ\u3000ヴー・ヽㇰ", "a あ ｱ 愛 ゛ 1 -"},
      {CharacterClass::kText, "愛é𠮷\uFA19 A-1●😀", "\uE000 \uF8FF \uFFFD \uFEFF \uFDD0 \uFFFE \U000F0000 \U0010FFFF"},
      {CharacterClass::kAny, "\uE000愛\uFEFF", ""},
  };
  for (const ClassExample& example : kClasses) {
    EXPECT_TRUE(InCharacterClass(example.in, example.characters)) << example.in;
    EXPECT_TRUE(InCharacterClass("", example.characters));
    for (absl::string_view rest = example.out; !rest.empty();) {
      const size_t size = std::min(rest.find(' '), rest.size());
      EXPECT_FALSE(InCharacterClass(rest.substr(0, size), example.characters)) << rest;
      rest.remove_prefix(std::min(size + 1, rest.size()));
    }
  }
}

}  // namespace
}  // namespace sabun
