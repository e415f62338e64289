#include "adapters/file/file_check.h"

#include <gtest/gtest.h>

#include "adapters/client/localized_status.h"

namespace sabun::file {
namespace {

std::string CodeOf(absl::string_view data, Encoding encoding = Encoding::kUtf8) {
  CsvOptions options;
  options.path = "f.csv";
  options.encoding = encoding;
  const absl::StatusOr<absl::string_view> lines = CheckFile(data, options);
  return lines.ok() ? "OK" : client::Tell(lines.status()).code;
}

TEST(FileCheck, ByteOrderMarkAndEndOfFileByteAreTakenAway) {
  EXPECT_EQ(*CheckFile("\xEF\xBB\xBFkey\nあ\n\x1A", {}), "key\nあ\n");
}

TEST(FileCheck, EmptyFilesAreRefused) {
  EXPECT_EQ(CodeOf(""), "FILE-EMPTY");
  EXPECT_EQ(CodeOf("\xEF\xBB\xBF"), "FILE-EMPTY");
  EXPECT_EQ(CodeOf("\x1A"), "FILE-EMPTY");
}

TEST(FileCheck, Cp932ReadAsUtf8NamesLineAndCure) {
  CsvOptions options;
  options.path = "f.csv";
  const absl::Status status = CheckFile("key,name\n1,\x88\xA4\n2,\x89\xA4\n", options).status();
  EXPECT_EQ(status.message(), "f.csv:2: the text is not utf-8; it looks like cp932. Run again with --encoding cp932.");
}

TEST(FileCheck, Utf8ReadAsCp932IsRefused) {
  EXPECT_EQ(CodeOf("キー,氏名\n1,愛知花子\n2,愛知太郎\n", Encoding::kCp932), "FILE-ENCODING");
  EXPECT_EQ(CodeOf("\xEF\xBB\xBFkey\n1\n", Encoding::kCp932), "FILE-ENCODING");
}

TEST(FileCheck, OneBadRowIsNoWrongEncoding) {
  EXPECT_EQ(CodeOf("key,name\n1,愛\n2,\x88\xA4\n3,知\n"), "OK");
  EXPECT_EQ(CodeOf("key\n\xB1\xB2\n\x83\x5C\n", Encoding::kCp932), "OK");
}

TEST(FileCheck, OtherKindsOfFilesAreRefused) {
  EXPECT_EQ(CodeOf("PK\x03\x04zip"), "FILE-NOT-TEXT");
  EXPECT_EQ(CodeOf("\xFF\xFEk"), "FILE-ENCODING");
  EXPECT_EQ(CodeOf("key\r1\r2\r"), "FILE-LINE-ENDS");
}

}  // namespace
}  // namespace sabun::file
