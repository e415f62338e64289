#include "adapters/file/column_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/adapters/file/temporary_file.h"

namespace sabun::file {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ColumnMap, TakesNamesNumbersAndConstants) {
  const TemporaryFile file(
      "[columns]\n\"住民番号\" = \"myNumber\"\n3 = \"key\"\n\"備考\" = \"\"\n[constants]\nflag = \"false\"\n");
  const absl::StatusOr<ColumnMap> map = ReadColumnMap(file.path());
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_THAT(map->columns, ElementsAre(Pair("3", "key"), Pair("住民番号", "myNumber"), Pair("備考", "")));
  EXPECT_THAT(map->constants, ElementsAre(Pair("flag", "false")));
}

TEST(ColumnMap, MistakesAreNamedWithTheirLine) {
  for (const char* text :
       {"[columns]\na = 3\n", "[columns]\n[colums]\n", "[columns]\na = \n", "[columns]\na = [1]\n"}) {
    const TemporaryFile file(text);
    const absl::Status status = ReadColumnMap(file.path()).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(":2: ")) << text;
  }
}

TEST(ColumnMap, MissingFileIsAnError) { EXPECT_FALSE(ReadColumnMap("/nowhere/map.toml").ok()); }

}  // namespace
}  // namespace sabun::file
