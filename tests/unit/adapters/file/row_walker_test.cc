#include "adapters/file/row_walker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace sabun::file {

// The name of a test must be the same in every run.
inline void PrintTo(const MaskKernel& kernel, std::ostream* out) { *out << kernel.name; }

namespace {

using ::testing::ElementsAre;

struct Walked {
  std::string raw;
  std::vector<std::string> fields;
  size_t field_count;
  RowDefect defect;
  size_t offset;
  uint64_t line;
  bool operator==(const Walked&) const = default;
};

template <typename Rows>
std::vector<Walked> All(Rows& rows) {
  std::vector<Walked> seen;
  Row row;
  while (rows.Next(&row)) {
    seen.push_back({std::string(row.raw),
                    {row.fields.begin(), row.fields.end()},
                    row.field_count,
                    row.defect,
                    row.offset,
                    row.line});
  }
  return seen;
}

// Text with everything that is hard, in the proportions that `seed` picks.
std::string AnyText(uint32_t seed, char delimiter) {
  std::mt19937 random(seed);
  const std::vector<std::string> parts = {
      "a",  "bc",         std::string(1, delimiter), "\"", "\"\"", "\n", "\r\n", "\r", "\x83|",
      "愛", "\",\"x\"\"", std::string(70, 'z')};
  std::vector<double> weights;
  for (size_t i = 0; i < parts.size(); ++i) weights.push_back(random() % 4 == 0 ? 0 : random() % 100);
  weights[0] += 1;
  std::discrete_distribution<size_t> part(weights.begin(), weights.end());
  std::string text;
  for (const size_t size = random() % 700; text.size() < size;) text += parts[part(random)];
  return text;
}

Dialect DialectOf(uint32_t seed) {
  Dialect dialect;
  dialect.delimiter = ",\t|;"[seed % 4];
  dialect.delimiter_may_be_trail_byte = dialect.delimiter == '|' && seed % 8 < 4;
  return dialect;
}

class RowWalkerTest : public ::testing::TestWithParam<MaskKernel> {};

TEST_P(RowWalkerTest, GivesWhatTheScannerGivesOnAnything) {
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    const Dialect dialect = DialectOf(seed);
    const std::string text = AnyText(seed, dialect.delimiter);
    RowScanner scanner(text, dialect);
    RowWalker walker(dialect, GetParam().find);
    walker.Open(text, 0, 1);
    ASSERT_TRUE(All(walker) == All(scanner)) << "seed " << seed << ": " << ::testing::PrintToString(text);
  }
}

TEST_P(RowWalkerTest, GivesTheWantedColumnsOfTheScannersRows) {
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    const Dialect dialect = DialectOf(seed);
    const std::string text = AnyText(seed, dialect.delimiter);
    const std::vector<size_t> columns = seed % 3 == 0 ? std::vector<size_t>{0} : std::vector<size_t>{seed % 3, 3};
    RowScanner scanner(text, dialect);
    std::vector<Walked> expected = All(scanner);
    RowWalker walker(dialect, columns, GetParam().find);
    walker.Open(text, 0, 1);
    std::vector<Walked> seen = All(walker);
    ASSERT_EQ(seen.size(), expected.size()) << "seed " << seed;
    for (size_t i = 0; i < seen.size(); ++i) {
      const bool given = expected[i].defect == RowDefect::kNone && expected[i].field_count > columns.back();
      std::vector<std::string> wanted;
      for (const size_t column : columns) wanted.push_back(given ? expected[i].fields[column] : "");
      expected[i].fields = given ? wanted : seen[i].fields;
      ASSERT_TRUE(seen[i] == expected[i]) << "seed " << seed << ": " << ::testing::PrintToString(text);
    }
  }
}

// Rows that begin, end and change their nature at every place of the windows of masks.
TEST_P(RowWalkerTest, RowsMayLieAcrossTheWindowsOfMasks) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < 400'000) {
    text.append(random() % 300, 'x').append(random() % 3 == 0 ? ",\"a,\"\"\n\"" : ",b").append(random() % 20, ',');
    text.append(random() % 2 == 0 ? "\n" : "\r\n");
    if (random() % 50 == 0) text.append(random() % 40'000, 'y').append(",\"\n\",");
  }
  RowScanner scanner(text, {});
  RowWalker walker({}, GetParam().find);
  walker.Open(text, 0, 1);
  EXPECT_TRUE(All(walker) == All(scanner));
}

TEST_P(RowWalkerTest, StartsWhereItIsTold) {
  const absl::string_view text = "a,b\n\"c\n\",d\ne,f\n";
  RowWalker walker({}, GetParam().find);
  walker.Open(text, 4, 2);
  Row row;
  ASSERT_TRUE(walker.Next(&row));
  EXPECT_THAT(row.fields, ElementsAre("\"c\n\"", "d"));
  ASSERT_TRUE(walker.Next(&row));
  EXPECT_EQ(row.line, 4);
}

TEST_P(RowWalkerTest, MoreFieldsThanAreKeptAreCounted) {
  const std::string commas(9999, ',');
  RowScanner scanner(commas, {});
  RowWalker walker({}, GetParam().find);
  walker.Open(commas, 0, 1);
  EXPECT_TRUE(All(walker) == All(scanner));
}

INSTANTIATE_TEST_SUITE_P(AllKernels, RowWalkerTest, ::testing::ValuesIn(MaskKernels().begin(), MaskKernels().end()),
                         [](const auto& kernel) {
                           std::string name(kernel.param.name);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace sabun::file
