// Stretches of a file: whatever is claimed stands for exactly the rows that a plain reading finds there.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "adapters/client/row_source.h"
#include "adapters/file/first_pass.h"

namespace sabun::file {
namespace {

using Entries = std::vector<std::string>;

class FileStretchesTest : public ::testing::Test {
 protected:
  FileStretchesTest() {
    for (const char* name : {"key", "name"}) {
      v1::Field field;
      field.set_name(name);
      layout_.shape.fields.push_back(field);
    }
    layout_.shape.key_fields = {0};
    layout_.plan.column_count = 2;
    layout_.plan.column_of_field = {0, 1};
    layout_.plan.constants.resize(2);
    begun_.set_key_secret(std::string(32, 'k'));
    begun_.set_fingerprint_secret(std::string(32, 'f'));
    begun_.set_key_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
    begun_.set_fingerprint_scheme(v1::FINGERPRINT_SCHEME_XXH3_128);
  }

  // The entries of all rows of `text`; those of claimed stretches as they were when the stretch was formed. What is
  // formed replaces the table.
  Entries Read(const std::string& text, bool in_stretches, size_t piece_bytes = kPieceBytes) {
    const auto known = in_stretches ? std::make_shared<const client::KnownStretches>(table_) : nullptr;
    const auto make_reader = [&] { return PieceReader::Create(layout_, begun_, one_pass_, known); };
    TextPieces pieces(text, piece_bytes);
    RowFinder finder(text, layout_.dialect);
    FirstPass::Notes notes;
    notes.finder = &finder;
    const auto pass = *FirstPass::Start(make_reader, pieces, {"day.csv", 0, 1}, notes);
    Entries entries;
    std::string table;
    std::vector<Entries> formed;
    std::vector<uint64_t> unclaimed;
    claimed_ = 0;
    for (;;) {
      v1::Fingerprints message;
      const absl::Status status = pass->Next(&message);
      EXPECT_TRUE(status.ok()) << status;
      if (!status.ok() || client::IsEmpty(message)) break;
      EXPECT_EQ(message.first_ordinal(), entries.size());
      absl::string_view left = message.entries();
      int claim = 0;
      while (entries.size() < message.end_ordinal()) {
        if (claim < message.claimed_size() && message.claimed_ordinals(claim) == entries.size()) {
          const uint32_t number = message.claimed(claim++);
          const Entries& rows = formed_[number - 1];
          entries.insert(entries.end(), rows.begin(), rows.end());
          claimed_ += rows.size();
          table.append(table_, (number - 1) * client::Stretch::kBytes, client::Stretch::kBytes);
          formed.push_back(rows);
          continue;
        }
        unclaimed.push_back(entries.size());
        entries.emplace_back(left.substr(0, 32));
        left.remove_prefix(32);
      }
      EXPECT_TRUE(left.empty());
      EXPECT_EQ(claim, message.claimed_size());
      for (int i = 0; i < message.formed_ordinals_size(); ++i) {
        const std::string stretch = message.formed().substr(i * client::Stretch::kBytes, client::Stretch::kBytes);
        table += stretch;
        const auto begin = entries.begin() + static_cast<ptrdiff_t>(message.formed_ordinals(i));
        formed.emplace_back(begin, begin + static_cast<unsigned char>(stretch.back()));
      }
    }
    EXPECT_EQ(pass->row_count(), entries.size());
    client::KeyedHash hash = *client::KeyedHash::Create(begun_.fingerprint_scheme(), begun_.fingerprint_secret());
    Row row;
    uint64_t line = 1;
    size_t counted = 0;
    for (const uint64_t ordinal : unclaimed) {
      finder.Find(ordinal, &row);
      const client::Hash128 fingerprint = hash(row.raw);
      EXPECT_EQ(entries[ordinal].substr(16), std::string(fingerprint.data(), 16)) << "row " << ordinal;
      for (; counted < row.offset; ++counted) line += text[counted] == '\n';
      EXPECT_EQ(row.line, line);
    }
    if (in_stretches) {
      table_ = table;
      formed_ = formed;
    }
    return entries;
  }

  CsvLayout layout_;
  v1::Begun begun_;
  bool one_pass_ = false;
  std::string table_;            // what was formed: numbers from 1
  std::vector<Entries> formed_;  // its rows
  uint64_t claimed_ = 0;         // rows
};

std::string AnyLine(std::mt19937& random, uint32_t key) {
  if (random() % 40 == 0) return absl::StrCat(key, ",\"two\nlines ", random() % 9, "\"\n");
  if (random() % 40 == 0) return absl::StrCat(key, ",ends with a carriage return\r\n");
  if (random() % 60 == 0) return absl::StrCat(key, ",and an empty line\n\n");
  return absl::StrCat(key, ",", std::string(random() % 30, 'n'), random() % 1000, "\n");
}

void ChangeSomeLines(std::mt19937& random, std::vector<std::string>* lines) {
  for (uint32_t changes = random() % 12; changes > 0; --changes) {
    const size_t at = random() % lines->size();
    const auto place = lines->begin() + static_cast<ptrdiff_t>(at);
    switch (random() % 5) {
      case 0:
        lines->erase(place);
        break;
      case 1:
        lines->insert(place, AnyLine(random, 10'000 + random() % 1000));
        break;
      case 2:
        std::rotate(lines->begin(), place, lines->end());
        break;
      case 3:
        lines->insert(lines->end(), place, std::min(place + 50, lines->end()));
        break;
      default:
        *place = AnyLine(random, static_cast<uint32_t>(at));
    }
    if (lines->empty()) lines->push_back(AnyLine(random, 1));
  }
}

TEST_F(FileStretchesTest, ClaimsStandForTheRowsThatAPlainReadingFinds) {
  uint64_t claimed = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::string> lines;
    for (uint32_t row = 0, rows = 1 + random() % 900; row < rows; ++row) lines.push_back(AnyLine(random, row));
    one_pass_ = seed % 3 == 0;
    table_.clear();
    formed_.clear();
    for (int day = 0; day < 5; ++day) {
      std::string text = absl::StrJoin(lines, "");
      if (random() % 4 == 0) text.pop_back();  // no line end at the end
      const size_t piece_bytes = random() % 2 == 0 ? kPieceBytes : 1 + random() % 4'000;
      const Entries plain = Read(text, false, piece_bytes);
      ASSERT_EQ(Read(text, true, piece_bytes), plain) << "seed " << seed << ", day " << day;
      claimed += claimed_;
      ChangeSomeLines(random, &lines);
    }
  }
  EXPECT_GT(claimed, 20'000u);
}

TEST_F(FileStretchesTest, UnchangedFileIsClaimedWholeButForTheCutsOfPieces) {
  std::string text;
  for (int row = 0; row < 50'000; ++row) absl::StrAppend(&text, row, ",a name of usual length\n");
  const Entries first = Read(text, true);
  EXPECT_EQ(claimed_, 0u);
  EXPECT_EQ(Read(text, true), first);
  EXPECT_EQ(claimed_, 50'000u);
  ASSERT_EQ(Read(text, true, 100'000), first);
  EXPECT_GT(claimed_, 49'000u);
}

TEST_F(FileStretchesTest, OneChangedRowCostsItsStretch) {
  std::string text;
  for (int row = 0; row < 10'000; ++row) absl::StrAppend(&text, row, ",a name\n");
  Read(text, true);
  text.replace(text.find("\n5000,a name"), 12, "\n5000,b name");
  Read(text, true);
  EXPECT_EQ(claimed_, 10'000u - 20);
  Read(text, true);
  EXPECT_EQ(claimed_, 10'000u);
}

TEST(KnownStretches, HashThatIsNotThatOfTheBytesIsNoClaim) {
  const auto hash = *client::KeyedHash::Create(v1::FINGERPRINT_SCHEME_XXH3_128, std::string(32, 'f'));
  client::Stretch stretch;
  stretch.hash = hash("1,a\n2,b\n");
  const client::Hash128 first = hash("1,a");
  std::copy_n(first.begin(), 4, stretch.anchor.begin());
  stretch.bytes = 8;
  stretch.rows = 2;
  std::string table(client::Stretch::kBytes, '\0');  // number 1 is free
  client::AppendStretch(stretch, &table);
  const client::KnownStretches known(table);
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(known.Find(first, "1,a\n2,b\n3,c\n", hash), 2u);
  EXPECT_EQ(known.Find(first, "1,a\n2,B\n3,c\n", hash), 0u);
  EXPECT_EQ(known.Find(first, "1,a\n2,b", hash), 0u);  // shorter
  EXPECT_EQ(known.Find(hash("2,b"), "2,b\n3,c\n", hash), 0u);
  EXPECT_FALSE(known.Is(1, "", hash));
  EXPECT_FALSE(known.Is(3, "1,a\n2,b\n", hash));
  EXPECT_TRUE(known.Is(2, "1,a\n2,b\n", hash));
}

}  // namespace
}  // namespace sabun::file
