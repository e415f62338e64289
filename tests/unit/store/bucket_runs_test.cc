#include "engine/store/bucket_runs.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/store/bucket_reader.h"

namespace sabun {
namespace {

struct Item {
  uint64_t word;
  uint32_t number;
  friend bool operator==(const Item&, const Item&) = default;
};
struct ItemOrder {
  static uint64_t Word(const Item& item) { return item.word; }
  bool operator()(const Item& a, const Item& b) const {
    return a.word != b.word ? a.word < b.word : a.number < b.number;
  }
};
using Runs = BucketRuns<Item, ItemOrder>;
using Reader = BucketReader<Item, ItemOrder>;

std::vector<Item> ReadAll(Reader reader) {
  std::vector<Item> read;
  EXPECT_TRUE(reader.Next().ok());
  while (reader.Valid()) {
    read.push_back(reader.Get());
    EXPECT_TRUE(reader.Next().ok());
  }
  return read;
}

// How words are spread over 64 bits.
enum class Spread { kEven, kFewValues, kOneValue, kSmallNumbers };

uint64_t Draw(Spread spread, std::mt19937_64& random) {
  switch (spread) {
    case Spread::kEven:
      return random();
    case Spread::kFewValues:
      return (random() % 5) << 61;
    case Spread::kOneValue:
      return 0xABCD'0000'0000'0000;
    case Spread::kSmallNumbers:
      return random() % 1'000;
  }
  return 0;
}

// Memory in bytes, and the spread.
class BucketRunsTest : public testing::TestWithParam<std::tuple<size_t, Spread>> {};

TEST_P(BucketRunsTest, ReadsBackWhatStdSortGivesTwice) {
  const auto [memory, spread] = GetParam();
  std::mt19937_64 random(memory);
  for (const size_t count : {0, 1, 15, 16, 17, 1'000, 20'011}) {
    Runs runs({testing::TempDir(), memory});
    std::vector<Item> model;
    for (size_t i = 0; i < count; ++i) {
      model.push_back({Draw(spread, random), static_cast<uint32_t>(random() % 100)});
      ASSERT_TRUE(runs.Add(model.back()).ok());
    }
    ASSERT_TRUE(runs.FinishAdding().ok());
    std::sort(model.begin(), model.end(), ItemOrder());
    EXPECT_EQ(runs.count(), count);
    EXPECT_EQ(ReadAll(Reader(runs)), model);
    EXPECT_EQ(ReadAll(Reader(runs)), model);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, BucketRunsTest,
                         testing::Combine(testing::Values(1, 1'000, 64'000, 1 << 20),
                                          testing::Values(Spread::kEven, Spread::kFewValues, Spread::kOneValue,
                                                          Spread::kSmallNumbers)));

TEST(BucketRuns, PartsReadByThemselvesMakeTheWhole) {
  std::mt19937_64 random(1);
  Runs runs({testing::TempDir(), 100'000});
  for (uint32_t i = 0; i < 30'000; ++i) ASSERT_TRUE(runs.Add({random(), i}).ok());
  ASSERT_TRUE(runs.FinishAdding().ok());
  ASSERT_GT(runs.spilled_runs(), 0u);
  ASSERT_GE(runs.buckets(), 3u);
  std::vector<Item> parts;
  for (size_t part = 0; part < 3; ++part) {
    const size_t begin = runs.buckets() * part / 3, end = runs.buckets() * (part + 1) / 3;
    for (const Item& item : ReadAll(Reader(runs, begin, end))) {
      EXPECT_GE(item.word, runs.bucket_of().FirstWord(begin));
      parts.push_back(item);
    }
  }
  EXPECT_EQ(parts, ReadAll(Reader(runs)));
}

TEST(BucketRuns, WordsOfFewBitsAreSpreadOverAllBuckets) {
  Runs runs({testing::TempDir(), 1 << 20}, 10);
  for (uint32_t i = 0; i < 1'024; ++i) ASSERT_TRUE(runs.Add({1'023 - i, i}).ok());
  ASSERT_TRUE(runs.FinishAdding().ok());
  for (size_t bucket = 0; bucket < runs.buckets(); ++bucket) EXPECT_EQ(runs.SizeOf(bucket), 1'024 / runs.buckets());
  EXPECT_EQ(ReadAll(Reader(runs)).front(), (Item{0, 1'023}));
}

TEST(BucketRuns, SpillsOnlyPastItsBudgetAndForgetsWhenCleared) {
  Runs runs({testing::TempDir(), 64 * sizeof(Item)});
  for (uint32_t i = 0; i < 64; ++i) ASSERT_TRUE(runs.Add({i, i}).ok());
  ASSERT_TRUE(runs.FinishAdding().ok());
  EXPECT_EQ(runs.spilled_runs(), 0u);
  runs.Clear();
  EXPECT_EQ(runs.count(), 0u);
  for (uint32_t i = 0; i < 65; ++i) ASSERT_TRUE(runs.Add({i, i}).ok());
  ASSERT_TRUE(runs.FinishAdding().ok());
  EXPECT_EQ(runs.spilled_runs(), 1u);
}

TEST(BucketRuns, MissingDirectoryIsAnErrorNotALoss) {
  Runs runs({"/nonexistent/directory", 1});
  absl::Status status;
  for (uint32_t i = 0; i < 40 && status.ok(); ++i) status = runs.Add({i, i});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sabun
