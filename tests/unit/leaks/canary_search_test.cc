#include "tests/leaks/canary_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/leaks/canary_forms.h"

namespace sabun::leaks {
namespace {

using testing::IsEmpty;
using testing::Not;

// "カナリア壱弐参" and a My Number that nobody has.
const std::string kName = "カナリア壱弐参";
const std::string kNumber = "770012345678";

std::vector<CanaryHit> Search(const std::string& bytes) {
  std::vector<CanaryHit> hits;
  CanarySearch({kName, kNumber}).Find(bytes, 0, &hits);
  return hits;
}

TEST(CanarySearch, FindsNothingWhereNothingIs) {
  EXPECT_THAT(Search("2026-11-22 sabund listening on 127.0.0.1:7400, 770012345670, カナリア壱弐四"), IsEmpty());
}

TEST(CanarySearch, SaysWhichValueInWhichFormWhere) {
  const std::vector<CanaryHit> hits = Search("key=" + kNumber + ";");
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits[0].canary, 1u);
  EXPECT_EQ(hits[0].position, 4u);
  EXPECT_EQ(hits[0].form, "as it is, UTF-8");
}

// Every form, planted among other bytes, is found; the bytes were written down by hand, so that an error in how forms
// are made shows.
struct Plant {
  const char* what;
  std::string bytes;
};

class CanaryPlant : public testing::TestWithParam<Plant> {};

TEST_P(CanaryPlant, IsFound) {
  EXPECT_THAT(Search("\x01\x02 other " + GetParam().bytes + " bytes\xff"), Not(IsEmpty()));
}
TEST_P(CanaryPlant, IsNotFoundWhenItsLastByteIsMissing) {
  EXPECT_THAT(Search(GetParam().bytes.substr(0, GetParam().bytes.size() - 1)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, CanaryPlant,
    testing::Values(
        Plant{"Utf8", kName}, Plant{"Cp932", "\x83\x4a\x83\x69\x83\x8a\x83\x41\x88\xeb\x93\xf3\x8e\x51"},
        Plant{"EucJp", "\xa5\xab\xa5\xca\xa5\xea\xa5\xa2\xb0\xed\xc6\xf5\xbb\xb2"},
        Plant{"HalfWidthKana", "ｶﾅﾘｱ壱弐参"}, Plant{"HalfWidthKanaCp932", "\xb6\xc5\xd8\xb1\x88\xeb\x93\xf3\x8e\x51"},
        Plant{"FullWidthDigits", "７７００１２３４５６７８"},
        Plant{"FullWidthDigitsCp932",
              "\x82\x56\x82\x56\x82\x4f\x82\x4f\x82\x50\x82\x51\x82\x52\x82\x53\x82\x54\x82\x55\x82\x56\x82\x57"},
        Plant{"Utf16LittleEndian", std::string("7\0007\0000\0000\0001\0002\0003\0004\0005\0006\0007\0008\000", 24)},
        Plant{"Utf16BigEndian", std::string("\0007\0007\0000\0000\0001\0002\0003\0004\0005\0006\0007\0008", 24)},
        Plant{"Hex", "373730303132333435363738"}, Plant{"HexOfCp932", "834A8369838A834188EB93F38E51"},
        Plant{"JsonEscapes", "\\u30ab\\u30ca\\u30ea\\u30a2\\u58f1\\u5f10\\u53c2"},
        Plant{"Percent", "%37%37%30%30%31%32%33%34%35%36%37%38"},
        Plant{"Integer", absl::HexStringToBytes("000000b3484ff54e")},
        Plant{"IntegerLittleEndian", absl::HexStringToBytes("4ef54f48b3000000")}),
    [](const testing::TestParamInfo<Plant>& plant) { return plant.param.what; });

TEST(CanarySearch, FindsBase64WhereverTheValueBegins) {
  for (const std::string before : {"", "a", "ab", "abc"}) {
    for (const std::string behind : {"", "y", "yz"}) {
      EXPECT_THAT(Search(absl::Base64Escape(before + kName + behind)), Not(IsEmpty())) << before << behind;
      EXPECT_THAT(Search(absl::WebSafeBase64Escape(before + kNumber + behind)), Not(IsEmpty())) << before << behind;
    }
  }
}

TEST(CanarySearch, LeavesOutFormsThatChanceWouldFind) {
  for (const CanaryForm& form : FormsOf("1234567")) EXPECT_GE(form.bytes.size(), kShortestForm) << form.name;
}

}  // namespace
}  // namespace sabun::leaks
