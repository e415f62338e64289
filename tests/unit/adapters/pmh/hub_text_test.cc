#include "adapters/pmh/hub_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sabun {
namespace {

using testing::HasSubstr;

std::string Kept(absl::string_view text) { return KeptHubText(text, {"愛知　花子", "2", "秘密の住所", ""}); }

TEST(HubText, IsKeptWhenItTellsNothing) { EXPECT_EQ(Kept("2 件目: 区分が不正です"), "2 件目: 区分が不正です"); }

TEST(HubText, IsNotKeptWhenItRepeatsAValueOfTheRecord) {
  for (const char* text : {"愛知　花子は登録できません", "愛知花子は登録できません", "愛知 花子", "住所: 秘密の住所"}) {
    EXPECT_THAT(Kept(text), HasSubstr("is not kept")) << text;
  }
}

TEST(HubText, IsNotKeptWhenItHoldsALongNumberOfAnybody) {
  for (const char* text : {"個人番号 123456789018", "個人番号１２３４５６７８９０１８", "1234 5678"}) {
    EXPECT_THAT(Kept(text), HasSubstr("is not kept")) << text;
  }
  EXPECT_EQ(Kept("E1003: 2026-11-22"), "E1003: 2026-11-22");
}

TEST(HubText, IsCutAtTheEndOfACharacter) {
  std::string text;
  while (text.size() < 300) text += "誤";
  EXPECT_EQ(Kept(text), text.substr(0, 198));
}

}  // namespace
}  // namespace sabun
