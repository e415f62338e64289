#include "bench/encoding.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/vocabulary.h"

namespace sabun::bench {
namespace {

TEST(Encode, Utf8StaysAsItIs) { EXPECT_EQ(Encode(Encoding::kUtf8, "髙𠮷").value(), "髙𠮷"); }

TEST(Encode, Cp932HasTheExtendedCharacters) {
  EXPECT_EQ(Encode(Encoding::kCp932, "髙﨑栁").value(), "\xFB\xFC\xFA\xB1\xFA\xE5");
}

TEST(Encode, CharacterWithoutCodeIsReplaced) {
  EXPECT_EQ(Encode(Encoding::kCp932, "髙𠮷").value(), "\xFB\xFC\x8B\x67");
}

TEST(Encode, CharacterWithoutReplacementIsRefused) {
  EXPECT_EQ(Encode(Encoding::kCp932, "ก").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(HalfWidthKana, VoicedKanaBecomeTwoCharacters) { EXPECT_EQ(HalfWidthKana("ガパー花").value(), "ｶﾞﾊﾟｰ花"); }

TEST(Vocabulary, EncodingsHaveTheSameWordsAtTheSamePlaces) {
  const Vocabulary utf8 = Vocabulary::Create(Encoding::kUtf8).value();
  const Vocabulary cp932 = Vocabulary::Create(Encoding::kCp932).value();
  ASSERT_EQ(utf8.surnames.size(), cp932.surnames.size());
  for (size_t i = 0; i < utf8.surnames.size(); ++i) {
    EXPECT_EQ(Encode(Encoding::kCp932, utf8.surnames[i].kanji).value(), cp932.surnames[i].kanji);
  }
}

TEST(Vocabulary, HasSomeHundredNames) {
  const Vocabulary words = Vocabulary::Create(Encoding::kUtf8).value();
  EXPECT_GE(words.surnames.size(), 300u);
  EXPECT_GE(words.women.size() + words.men.size(), 200u);
  EXPECT_GE(words.rare_surnames.size(), 30u);
}

// Otherwise a change of name might change nothing.
TEST(Vocabulary, NeighbouringSurnamesDiffer) {
  const Vocabulary words = Vocabulary::Create(Encoding::kCp932).value();
  for (const std::vector<NameWord>* names : {&words.surnames, &words.rare_surnames}) {
    std::set<std::string> seen;
    for (const NameWord& name : *names) EXPECT_TRUE(seen.insert(name.kanji).second) << name.kana;
  }
}

}  // namespace
}  // namespace sabun::bench
