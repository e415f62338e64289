#include "adapters/file/row_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sabun::file {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Seen {
  std::string raw;
  std::vector<std::string> fields;
  RowDefect defect;
  uint64_t line;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> Scan(absl::string_view data, Dialect dialect = {}) {
  RowScanner scanner(data, dialect);
  std::vector<Seen> rows;
  Row row;
  while (scanner.Next(&row)) {
    rows.push_back({std::string(row.raw), {row.fields.begin(), row.fields.end()}, row.defect, row.line});
  }
  return rows;
}

// The same rules, one byte after the other.
std::vector<Seen> ScanSimply(absl::string_view data) {
  std::vector<Seen> rows;
  uint64_t line = 1;
  for (size_t at = 0; at < data.size();) {
    Seen row{"", {""}, RowDefect::kNone, line};
    enum { kStart, kPlain, kQuoted, kClosed } state = kStart;
    const size_t begin = at;
    for (; at < data.size() && (data[at] != '\n' || state == kQuoted); ++at) {
      const char c = data[at];
      if (c == '\n') ++line;
      if (c == ',' && state != kQuoted) {
        row.fields.emplace_back();
        state = kStart;
        continue;
      }
      row.fields.back().push_back(c);
      if (state == kQuoted) {
        if (c == '"') state = kClosed;
      } else if (state == kClosed) {
        const bool is_line_end = c == '\r' && (at + 1 == data.size() || data[at + 1] == '\n');
        if (c == '"' && data[at - 1] == '"')
          state = kQuoted;
        else if (!is_line_end)
          row.defect = RowDefect::kTextAfterQuote, state = kPlain;
      } else {
        state = state == kStart && c == '"' ? kQuoted : kPlain;
      }
    }
    if (state == kQuoted) row.defect = RowDefect::kOpenQuote;
    row.raw = std::string(data.substr(begin, at - begin));
    ++at;
    ++line;
    const bool has_return = !row.raw.empty() && row.raw.back() == '\r' && !row.fields.back().empty();
    if (has_return) row.raw.pop_back(), row.fields.back().pop_back();
    if (!row.raw.empty()) rows.push_back(row);
  }
  return rows;
}

TEST(RowScanner, SplitsFieldsAndRows) {
  const auto rows = Scan("a,b\r\nc,\n,d");
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_THAT(rows[0].fields, ElementsAre("a", "b"));
  EXPECT_THAT(rows[1].fields, ElementsAre("c", ""));
  EXPECT_THAT(rows[2].fields, ElementsAre("", "d"));
}

TEST(RowScanner, RawRowIsWithoutItsLineEnd) {
  const auto rows = Scan("a,b\r\nc,d\n");
  EXPECT_EQ(rows[0].raw, "a,b");
  EXPECT_EQ(rows[1].raw, "c,d");
}

TEST(RowScanner, QuotedFieldMayHoldDelimitersQuotesAndLineBreaks) {
  const auto rows = Scan("\"a,\"\"b\"\"\r\nc\",d\ne,f\n");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0].fields, ElementsAre("\"a,\"\"b\"\"\r\nc\"", "d"));
  EXPECT_EQ(rows[0].defect, RowDefect::kNone);
  EXPECT_EQ(rows[1].line, 3);
}

TEST(RowScanner, QuoteInsideAnUnquotedFieldIsText) {
  const auto rows = Scan("5\" pipe,b\nc,d\n");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0].fields, ElementsAre("5\" pipe", "b"));
  EXPECT_EQ(rows[0].defect, RowDefect::kNone);
}

TEST(RowScanner, TextAfterAClosingQuoteIsADefectOfThatRowOnly) {
  const auto rows = Scan("\"a\"x,b\nc,d\n");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].defect, RowDefect::kTextAfterQuote);
  EXPECT_EQ(rows[1].defect, RowDefect::kNone);
}

TEST(RowScanner, OpenQuoteRunsToTheEnd) {
  const auto rows = Scan("a,b\n\"c,d\ne,f\n");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].defect, RowDefect::kOpenQuote);
  EXPECT_EQ(rows[1].line, 2);
}

TEST(RowScanner, EmptyLinesAreNoRowsButCountAsLines) {
  const auto rows = Scan("a\n\n\r\nb\n\n");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].line, 4);
}

TEST(RowScanner, SecondByteOfACharacterIsNoDelimiter) {
  Dialect dialect;
  dialect.delimiter = '|';
  dialect.delimiter_may_be_trail_byte = true;
  // 0x83 0x7C is one character of CP932.
  EXPECT_THAT(Scan("\x83\x7C|b\n", dialect)[0].fields, ElementsAre("\x83\x7C", "b"));
  // A lone lead byte before the real delimiter does not swallow a line end.
  EXPECT_THAT(Scan("\x83\nb\n", dialect), SizeIs(2));
}

TEST(RowScanner, CharacterMayLieAcrossABlock) {
  Dialect dialect;
  dialect.delimiter = '|';
  dialect.delimiter_may_be_trail_byte = true;
  const std::string text = std::string(63, 'a') + "\x83\x7C|b\n";
  EXPECT_THAT(Scan(text, dialect)[0].fields, ElementsAre(std::string(63, 'a') + "\x83\x7C", "b"));
}

TEST(RowScanner, MoreFieldsThanAreKeptAreCounted) {
  const std::string commas(9999, ',');
  RowScanner many(commas, {});
  Row row;
  ASSERT_TRUE(many.Next(&row));
  EXPECT_EQ(row.field_count, 10'000);
  EXPECT_THAT(row.fields, SizeIs(Row::kMaxFields));
}

TEST(RowScanner, FieldOfAMillionCharactersIsOneField) {
  const std::string text = "a,\"" + std::string(1'000'000, 'x') + "\"\nb,c\n";
  const auto rows = Scan(text);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].fields[1].size(), 1'000'002);
}

TEST(RowScanner, SeekGoesToARow) {
  const absl::string_view data = "a,b\n\"c\n\",d\ne,f\n";
  RowScanner scanner(data, {});
  Row row;
  scanner.Seek(4, 2);
  ASSERT_TRUE(scanner.Next(&row));
  EXPECT_EQ(row.fields[1], "d");
  ASSERT_TRUE(scanner.Next(&row));
  EXPECT_EQ(row.line, 4);
}

TEST(RowScanner, AgreesWithTheSimpleWayOnAnything) {
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (uint32_t size = random() % 150; text.size() < size;) text.push_back("ab,\"\"\n\r"[random() % 8 % 7]);
    ASSERT_TRUE(Scan(text) == ScanSimply(text)) << "seed " << seed << ": " << ::testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace sabun::file
