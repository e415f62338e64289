#include "engine/canonical/plain_survey.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/canonical/plain_text.h"

namespace sabun {
namespace {

struct Portable {
  static PlainSurvey Survey(absl::string_view text) { return PortablePlainSurvey(text); }
  static bool IsPlain(absl::string_view text) { return PortableIsPlainUtf8(text); }
};
#ifdef __SSE2__
struct Sse2 {
  static PlainSurvey Survey(absl::string_view text) { return Sse2PlainSurvey(text); }
  static bool IsPlain(absl::string_view text) { return Sse2IsPlainUtf8(text); }
};
using Ways = testing::Types<Portable, Sse2>;
#else
using Ways = testing::Types<Portable>;
#endif

template <typename Way>
class PlainSurveyTest : public testing::Test {
 protected:
  // The text behind so many plain bytes, in memory of exactly its size.
  static PlainSurvey Survey(size_t offset, absl::string_view text) {
    const std::string whole = std::string(offset, 'x') + std::string(text);
    const std::vector<char> exact(whole.begin(), whole.end());
    return Way::Survey({exact.data(), exact.size()});
  }
};
TYPED_TEST_SUITE(PlainSurveyTest, Ways);

TYPED_TEST(PlainSurveyTest, PlainTextsArePlainAtEveryPlace) {
  for (size_t offset = 0; offset < 70; ++offset) {
    for (const char* text : {"", "a", "~", "愛", "アイチ", "愛知県B市B町1-1-1", "々〆龥\u4DFF\u9FFF", "(育成医療)",
                             "\u3029\u3030\u3098\u309B\u3001", "ーヴヾゟ"}) {
      const PlainSurvey survey = TestFixture::Survey(offset, text);
      EXPECT_TRUE(survey.plain && !survey.full_width && !survey.spaces && !survey.wide_spaces) << offset << text;
    }
    EXPECT_TRUE(TestFixture::Survey(offset, "愛 知").spaces);
    EXPECT_TRUE(TestFixture::Survey(offset, "愛\u3000知").wide_spaces);
    EXPECT_TRUE(TestFixture::Survey(offset, "１（").full_width);
  }
}

TYPED_TEST(PlainSurveyTest, AnythingElseIsNotAtAnyPlace) {
  for (size_t offset = 0; offset < 70; ++offset) {
    for (const std::string text : {"\x1F",
                                   "\t",
                                   "\x7F",
                                   "é",
                                   "\u2FFF",
                                   "\uA000",
                                   "\uAC00",
                                   "\uE000",
                                   "\uF900",
                                   "\uFEFF",
                                   "\uFF40",
                                   "\uFF61",
                                   "ｱ",
                                   "𠮷",
                                   "\u3099",
                                   "\u309A",
                                   "\u302A",
                                   "\u302F",
                                   "\xE3",
                                   "\xE3\x81",
                                   "\x81",
                                   "\xE3\x81\x81\x81",
                                   "\xE3\x41\x81",
                                   "\xE3\x81\x41",
                                   "\xE3\xE3\x81\x81",
                                   "\xEF\xBC",
                                   "\xC0\x80",
                                   "\xF5\x80\x80",
                                   "\xFF",
                                   "\xE3\x81\xC0",
                                   "\xED\xA0\x80",
                                   "\xE2\x80\xA8"}) {
      EXPECT_FALSE(TestFixture::Survey(offset, text).plain) << offset << testing::PrintToString(text);
      EXPECT_FALSE(TestFixture::Survey(offset, text + "愛知").plain) << offset << testing::PrintToString(text);
    }
    EXPECT_FALSE(TestFixture::Survey(offset, absl::string_view("\0", 1)).plain);
  }
}

// Every character of the plane, so that the classes have no hole that an example missed.
TYPED_TEST(PlainSurveyTest, PlainIsWhatNoRuleOfTextChanges) {
  constexpr uint32_t kRules = kTrim | kKanaFullwidth | kNfc;
  for (int c = 0; c < 0x10000; ++c) {
    const auto byte = [c](int lead, int shift) { return static_cast<char>(lead | ((c >> shift) & 63)); };
    std::string text;
    if (c < 0x80) text = {static_cast<char>(c)};
    if (c >= 0x80 && c < 0x800) text = {byte(0xC0, 6), byte(0x80, 0)};
    if (c >= 0x800) text = {static_cast<char>(0xE0 | c >> 12), byte(0x80, 6), byte(0x80, 0)};
    if (!TypeParam::IsPlain(text)) continue;
    const TextSurvey survey = SurveyText(text);
    ASSERT_TRUE(survey.valid && !survey.control && !survey.breaks) << c;
    if (!TypeParam::Survey(text).plain) continue;
    ASSERT_TRUE(InCharacterClass(text, CharacterClass::kText)) << c;
    // Behind a letter that marks compose with.
    const std::string composed = "カ" + text + "ハ";
    std::string out;
    ApplyTextRules(composed, kRules, &out);
    ASSERT_EQ(out, composed) << c;
  }
}

#ifdef __SSE2__
TEST(PlainSurvey, WaysAgreeOnAnyBytes) {
  const char* const kPieces[] = {"a",    " ",    "\u3000", "愛",       "ア",   "１",  "\xE3",
                                 "\x80", "\x82", "\x99",   "\xEF\xBC", "\xAA", "\x7F"};
  std::mt19937 random(1);
  size_t plain = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    const unsigned kinds = random() % 2 == 0 ? 6 : std::size(kPieces);
    for (unsigned size = random() % 50; size > 0; --size) text += kPieces[random() % kinds];
    const PlainSurvey a = PortablePlainSurvey(text), b = Sse2PlainSurvey(text);
    ASSERT_EQ(a.plain, b.plain) << testing::PrintToString(text);
    ASSERT_EQ(PortableIsPlainUtf8(text), Sse2IsPlainUtf8(text)) << testing::PrintToString(text);
    ASSERT_TRUE(!a.plain || Sse2IsPlainUtf8(text)) << text;
    if (!a.plain) continue;
    ++plain;
    ASSERT_TRUE(a.full_width == b.full_width && a.spaces == b.spaces && a.wide_spaces == b.wide_spaces) << text;
    if (text.size() > PlainSurvey::kSpaceBytes) continue;
    ASSERT_EQ(a.space_ends, b.space_ends) << text;
  }
  EXPECT_GT(plain, 50'000);
}
#endif

TEST(AsciiOf, EveryByteIsJudgedAtEveryPlace) {
  for (size_t size = 1; size < 20; ++size) {
    for (size_t place = 0; place < size; ++place) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, '5');
        text[place] = static_cast<char>(c);
        EXPECT_EQ(IsAsciiOf(text, CharacterClass::kDigits), c >= '0' && c <= '9');
        EXPECT_EQ(IsAsciiOf(text, CharacterClass::kAsciiAlnum), c < 0x80 && isalnum(c) != 0);
        EXPECT_EQ(IsAsciiOf(text, CharacterClass::kPrintableAscii), c >= 0x20 && c <= 0x7E);
      }
    }
  }
}

TEST(PlainTextRules, AreTheRulesOfTexts) {
  const char* const kPieces[] = {"a",         " ", "\u3000",  "愛", "ア", "１", "（", "愛知県名古屋市",
                                 "shinjuku-", "ｱ", "カ\u3099"};
  std::mt19937 random(2);
  size_t taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = kPieces[random() % std::size(kPieces)];
    for (unsigned size = random() % 8; size > 0; --size) text += kPieces[random() % std::size(kPieces)];
    const uint32_t rules = kTrim | random() % 128;
    std::string out, expected;
    absl::string_view value;
    if (!PlainTextRules(text, rules, &out, &value)) continue;
    ++taken;
    ApplyTextRules(text, rules, &expected);
    ASSERT_EQ(value, expected) << text << " " << rules;
  }
  EXPECT_GT(taken, 20'000);
}

}  // namespace
}  // namespace sabun
