#include "adapters/file/row_reader.h"

#include <gtest/gtest.h>

#include "adapters/client/key_scheme.h"
#include "adapters/client/packing.h"

namespace sabun::file {
namespace {

class RowReaderTest : public ::testing::Test {
 protected:
  // One key field, in the first of two columns; a second field without a column.
  RowReaderTest() {
    layout_.shape.fields.resize(3);
    layout_.shape.key_fields = {0};
    layout_.plan.column_count = 2;
    layout_.plan.column_of_field = {0, ColumnPlan::kNoColumn, 1};
    layout_.plan.constants = {"", std::string(200, 'c'), ""};
  }

  static Row RowOf(const std::string& line) {
    Row row;
    RowScanner(line, {}).Next(&row);
    return row;
  }

  CsvLayout layout_;
};

// Most keys go a shorter way than through the decoder; it gives the same.
TEST_F(RowReaderTest, KeyIsThatOfTheDecodedValueForEveryByteAtEveryPlace) {
  RowReader rows = *RowReader::Create(layout_);
  TextDecoder decoder = *TextDecoder::Create(Encoding::kUtf8);
  for (const size_t size : {1, 3, 7, 8, 9, 16, 21}) {
    for (size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, 'k');
        value[place] = static_cast<char>(byte);
        if (byte == ',' || byte == '\n' || byte == '\r' || (byte == '"' && place == 0)) continue;
        const std::string line = value + ",x";
        absl::string_view text;
        std::string expected;
        const bool readable = decoder.DecodeField(value, &text) && client::BuildKeyInput({text}, &expected);
        std::string input;
        ASSERT_EQ(rows.Key(RowOf(line), &input), readable) << size << " " << place << " " << byte;
        ASSERT_TRUE(!readable || input == expected) << size << " " << place << " " << byte;
      }
    }
  }
}

// Rows of valid UTF-8 are packed another way than those that have to be looked at field by field.
TEST_F(RowReaderTest, PackedFieldsAreTheDecodedValues) {
  RowReader rows = *RowReader::Create(layout_);
  rows.TakeAllColumns();
  const std::string jp = "愛知";
  for (size_t size = 0; size < 300; ++size) {
    for (const std::string& value : {std::string(size, 'x'), jp + std::string(size, 'y')}) {
      std::string expected;
      for (const std::string& text : {value + "\"\"" + jp, layout_.plan.constants[1], value}) {
        client::AppendPackedField(text, &expected);
      }
      const std::string line = "\"" + value + "\"\"\"\"" + jp + "\"," + value;
      absl::string_view packed;
      RowReader::Failure failure{};
      ASSERT_TRUE(rows.Pack(RowOf(line), &packed, &failure));
      ASSERT_EQ(packed, expected) << size;
    }
  }
}

TEST_F(RowReaderTest, FieldThatCannotBeReadIsNamed) {
  layout_.shape.fields[2].set_name("note");
  RowReader rows = *RowReader::Create(layout_);
  rows.TakeAllColumns();
  absl::string_view packed;
  RowReader::Failure failure{};
  EXPECT_FALSE(rows.Pack(RowOf("k,\xE3\x81"), &packed, &failure));
  EXPECT_EQ(failure.problem, &kFieldEncoding);
  EXPECT_EQ(rows.FieldName(failure.field), "note");
}

}  // namespace
}  // namespace sabun::file
