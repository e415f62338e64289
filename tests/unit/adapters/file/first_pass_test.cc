#include "adapters/file/first_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/packing.h"

namespace sabun::file {
namespace {

using ::testing::SizeIs;

// Lines of a text, some at a time; copied, as from a stream, or not.
class FewLines : public PieceSource {
 public:
  FewLines(absl::string_view text, size_t piece_bytes, bool copies)
      : left_(text), piece_bytes_(piece_bytes), copies_(copies) {}

  absl::StatusOr<bool> Next(Piece* piece) override {
    if (left_.empty()) return at_end.ok() ? absl::StatusOr<bool>(false) : at_end;
    const size_t line_feed = left_.find('\n', std::min(piece_bytes_, left_.size()) - 1);
    const size_t size = std::min(line_feed, left_.size() - 1) + 1;
    piece->bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    if (!copies_) return true;
    piece->owned.assign(piece->bytes.data(), size);
    piece->bytes = piece->owned;
    return true;
  }

  absl::Status at_end;

 private:
  absl::string_view left_;
  size_t piece_bytes_;
  bool copies_;
};

class FirstPassTest : public ::testing::Test {
 protected:
  FirstPassTest() {
    for (const char* name : {"type", "key", "name"}) {
      v1::Field field;
      field.set_name(name);
      layout_.shape.fields.push_back(field);
    }
    layout_.shape.key_fields = {1, 0};
    layout_.plan.column_count = 3;
    layout_.plan.column_of_field = {0, 2, 1};
    layout_.plan.constants.resize(3);
    begun_.set_key_secret(std::string(32, 'k'));
    begun_.set_fingerprint_secret(std::string(32, 'f'));
    begun_.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
    begun_.set_fingerprint_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  }

  // Everything that the pass tells, as text.
  std::string Read(PieceSource& source, FirstPass::Notes notes = {}) {
    const auto make_reader = [&] { return PieceReader::Create(layout_, begun_, one_pass_); };
    const auto pass = *FirstPass::Start(make_reader, source, {"day.csv", 0, 1}, notes);
    std::string told;
    uint64_t next = 0;
    for (;;) {
      v1::Fingerprints message;
      const absl::Status status = pass->Next(&message);
      if (!status.ok()) return absl::StrCat(told, client::Tell(status).code, " ", status.message());
      if (message.entries().empty()) break;
      EXPECT_EQ(message.first_ordinal(), next);
      next += message.entries().size() / 32;
      absl::StrAppend(&told, message.entries(), message.rows());
      for (const auto& error : message.unreadable()) errors_.push_back(absl::StrCat(error.ordinal(), error.code()));
      for (const auto& error : message.errors()) errors_.push_back(absl::StrCat(error.ordinal(), error.code()));
      for (const uint64_t ordinal : message.deletes()) deletes_.push_back(ordinal);
    }
    return absl::StrCat(told, "rows ", pass->row_count(), " last ", pass->last_line(), " ", pass->last_field_count());
  }

  CsvLayout layout_;
  v1::Begun begun_;
  bool one_pass_ = false;
  std::vector<std::string> errors_;
  std::vector<uint64_t> deletes_;
};

std::string AnyRows(uint32_t seed) {
  std::mt19937 random(seed);
  std::string text;
  const uint32_t quotes = random() % 4;
  for (const uint32_t rows = random() % 60; random() % (rows + 1) != 0;) {
    for (int field = 0; field < 3; ++field) {
      if (random() % 5 < quotes) {
        absl::StrAppend(&text, "\"a\n", random() % 100, random() % 3 == 0 ? "\n\"\",\n" : "", "\"");
      } else {
        absl::StrAppend(&text, random() % 1000);
      }
      if (field < 2 || random() % 20 == 0) text.push_back(',');
    }
    text += random() % 9 == 0 ? "\r\n\n" : random() % 50 == 0 ? "\"\n" : "\n";
  }
  if (random() % 10 == 0) text += "1,\"open\n2,3,4\n5,6,7\n";
  return text;
}

TEST_F(FirstPassTest, ResultDoesNotDependOnWhereThePiecesAreCut) {
  for (uint32_t seed = 0; seed < 600; ++seed) {
    const std::string text = AnyRows(seed);
    one_pass_ = seed % 2 == 0;
    FewLines whole(text, text.size() + 1, false);
    errors_.clear();
    const std::string expected = Read(whole);
    const std::vector<std::string> expected_errors = std::exchange(errors_, {});
    for (const size_t bytes : {1, 10, 40, 300}) {
      FewLines pieces(text, bytes, seed % 3 == 0);
      ASSERT_EQ(Read(pieces), expected) << "seed " << seed << ", pieces of " << bytes;
      ASSERT_EQ(std::exchange(errors_, {}), expected_errors) << "seed " << seed << ", pieces of " << bytes;
    }
  }
}

TEST_F(FirstPassTest, WholeTextReadsAsTheScannerSays) {
  const std::string text = AnyRows(7) + "愛,\"x\"\"\",3\n";
  const auto key_hash = *client::KeyedHash::Create(begun_.key_scheme(), begun_.key_secret());
  const auto fingerprint_hash = *client::KeyedHash::Create(begun_.fingerprint_scheme(), begun_.fingerprint_secret());
  RowScanner scanner(text, {});
  auto rows = *RowReader::Create(layout_);
  rows.TakeAllColumns();
  std::string expected;
  Row row;
  uint64_t count = 0;
  for (; scanner.Next(&row); ++count) {
    std::string input;
    client::Hash128 key{};
    if (rows.IsWhole(row) && rows.Key(row, &input)) key = key_hash(input);
    const client::Hash128 fingerprint = fingerprint_hash(row.raw);
    expected.append(key.data(), key.size()).append(fingerprint.data(), fingerprint.size());
  }
  FewLines pieces(text, 20, false);
  EXPECT_EQ(Read(pieces), absl::StrCat(expected, "rows ", count, " last ", row.line, " 3"));
}

TEST_F(FirstPassTest, RowsAndLinesAreNotedAcrossPieces) {
  std::string text;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&text, i % 7 == 0 ? "\"a\n\n\"" : "a", ",b,", i, "\n");
  RowFinder finder(text, {});
  RowLines lines;
  FewLines pieces(text, 30, true);
  Read(pieces, {&finder, &lines});
  Row row;
  for (const uint64_t ordinal : {0, 1, 55, 56, 57, 199, 3}) {
    finder.Find(ordinal, &row);
    EXPECT_EQ(row.fields[2], absl::StrCat(ordinal));
    EXPECT_EQ(row.line, 1 + ordinal + 2 * ((ordinal + 6) / 7));
    EXPECT_EQ(lines.LineOf(ordinal), row.line);
  }
}

TEST_F(FirstPassTest, ErrorOfTheSourceComesAfterTheRowsBeforeIt) {
  FewLines pieces("1,2,3\n4,5,6\n", 1, true);
  pieces.at_end = absl::DataLossError("torn");
  const std::string told = Read(pieces);
  EXPECT_EQ(told.size(), 64 + std::string("DATA_LOSS torn").size());
}

TEST_F(FirstPassTest, PassMayBeLeftEarly) {
  std::string text;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "a,b,", i, "\n");
  FewLines pieces(text, 30, true);
  const auto make_reader = [&] { return PieceReader::Create(layout_, begun_, false); };
  const auto pass = FirstPass::Start(make_reader, pieces, {"day.csv", 0, 1}, {});
  ASSERT_TRUE(pass.ok());
}

TEST_F(FirstPassTest, RowThatNeverEndsIsGivenUp) {
  std::string text = "1,\"";
  while (text.size() <= 2 * FirstPass::kMaxCopiedRowBytes) text += std::string(1000, 'x') + "\n";
  FewLines pieces(text, kPieceBytes, true);
  EXPECT_THAT(Read(pieces), ::testing::StartsWith("FILE-ROW-LENGTH day.csv:1"));
}

TEST_F(FirstPassTest, OpenQuoteIsToldWithItsLine) {
  FewLines pieces("1,2,3\n4,5,6\n7,\"8\n9,10,11\n", 1, false);
  EXPECT_THAT(Read(pieces), ::testing::HasSubstr("FILE-QUOTE-OPEN day.csv:3"));
}

}  // namespace
}  // namespace sabun::file
