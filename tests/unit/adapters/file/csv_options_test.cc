#include "adapters/file/csv_options.h"

#include <gtest/gtest.h>

namespace sabun::file {
namespace {

TEST(CsvOptions, EncodingsHaveTheirUsualNames) {
  EXPECT_EQ(*ParseEncoding("UTF-8"), Encoding::kUtf8);
  for (const char* name : {"cp932", "CP932", "Shift_JIS", "sjis", "windows-31j"}) {
    EXPECT_EQ(*ParseEncoding(name), Encoding::kCp932) << name;
  }
  EXPECT_FALSE(ParseEncoding("euc-jp").ok());
}

TEST(CsvOptions, DelimiterIsOneSign) {
  EXPECT_EQ(*ParseDelimiter(";"), ';');
  EXPECT_EQ(*ParseDelimiter("tab"), '\t');
  EXPECT_EQ(*ParseDelimiter("\\t"), '\t');
  for (const char* wrong : {"", "\"", "a", "1", " ", ",,", "、", "\n"})
    EXPECT_FALSE(ParseDelimiter(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace sabun::file
