// A row's seal: of this value, at this place, under this key, and nothing else.
#include "engine/store/row_seal.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

class RowSealTest : public testing::Test {
 protected:
  std::string Sealed(const RowPlace& place, absl::string_view value) {
    return absl::StrCat(value, seal_.Make(place, value));
  }
  const std::string key_ = layout::Numbered(layout::Dataset(1), 7),
                    other_key_ = layout::Numbered(layout::Dataset(1), 8);
  const RowPlace place_{Family::kCapsules, key_};
  RowSeal seal_{SecretBytes(std::string(32, 'k'))};
};

TEST_F(RowSealTest, OpensAtItsPlaceWithItsKey) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{300}, size_t{100'000}}) {
    const std::string value(size, 'v'), sealed = Sealed(place_, value);
    EXPECT_EQ(seal_.Open(place_, sealed), value);
    EXPECT_EQ(RowSeal(SecretBytes(std::string(32, 'k'))).Open(place_, sealed), value);
    EXPECT_EQ(RowSeal(SecretBytes(std::string(32, 'x'))).Open(place_, sealed), std::nullopt);
  }
}

TEST_F(RowSealTest, DoesNotOpenAtAnotherPlace) {
  const std::string sealed = Sealed(place_, "value");
  EXPECT_EQ(seal_.Open({Family::kChanges, key_}, sealed), std::nullopt);
  EXPECT_EQ(seal_.Open({Family::kCapsules, other_key_}, sealed), std::nullopt);
  // A byte that moves from the key to the value is another place.
  EXPECT_EQ(seal_.Open({Family::kCapsules, absl::string_view(key_).substr(0, 12)}, key_.substr(12) + sealed),
            std::nullopt);
}

TEST_F(RowSealTest, EveryFlippedBitAndEveryCutIsFound) {
  const std::string sealed = Sealed(place_, "the value of a record");
  for (size_t bit = 0; bit < 8 * sealed.size(); ++bit) {
    std::string flipped = sealed;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(seal_.Open(place_, flipped), std::nullopt) << bit;
  }
  for (size_t size = 0; size < sealed.size(); ++size)
    EXPECT_EQ(seal_.Open(place_, sealed.substr(0, size)), std::nullopt);
}

TEST_F(RowSealTest, NoNonceIsUsedTwice) {
  std::set<std::string> nonces;
  for (int i = 0; i < 10'000; ++i)
    nonces.insert(std::string(seal_.Make(place_, "same").substr(0, RowSeal::kNonceBytes)));
  EXPECT_EQ(nonces.size(), 10'000u);
}

TEST_F(RowSealTest, KeysOfAnyLengthHaveTheirPlace) {
  const std::string longer(200, 'k'), sealed = Sealed({Family::kCatalog, longer}, "value");
  EXPECT_EQ(seal_.Open({Family::kCatalog, longer}, sealed), "value");
  EXPECT_EQ(seal_.Open({Family::kCatalog, std::string(199, 'k')}, sealed), std::nullopt);
}

TEST_F(RowSealTest, CoversContentsAndDecisionsButNotTheStoresOwnRows) {
  for (const Family family : {Family::kCatalog, Family::kCapsules, Family::kChanges, Family::kSubmissions}) {
    EXPECT_TRUE(RowSeal::Covers({family, key_}));
    EXPECT_FALSE(RowSeal::Covers({family, layout::CommitCountRow()}));
  }
  EXPECT_FALSE(RowSeal::Covers({Family::kIndex, key_}));
  EXPECT_FALSE(RowSeal::Covers({Family::kUnsettled, key_}));
}

}  // namespace
}  // namespace sabun
