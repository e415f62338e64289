#include "engine/diff/differ.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace sabun {
namespace {

Key128 KeyOf(uint64_t number) {
  Key128 key;
  for (int i = 0; i < 8; ++i) key.bytes[7 - i] = static_cast<unsigned char>(number >> (8 * i));
  key.bytes[15] = 1;
  return key;
}
Fingerprint128 PrintOf(uint64_t number) { return Fingerprint128::From(KeyOf(number).bytes.data()); }

struct Found {
  uint64_t unchanged = 0, duplicate = 0;
  std::set<uint64_t> candidates, gone;  // ordinals; keys
  absl::Status status;
};

// The differ over rows (key, print) in file order and an index, in a budget so small that everything spills.
class DifferTest : public testing::Test {
 protected:
  void SetIndex(const std::map<uint64_t, uint64_t>& index) {
    store_ = NewMemoryStore();
    IndexPageWriter writer(*store_->NewBulkWriter(Family::kIndex), 1, 0);
    for (const auto& [key, print] : index) ASSERT_TRUE(writer.Add({KeyOf(key), PrintOf(print)}).ok());
    ASSERT_TRUE(writer.Finish().ok());
    extent_ = {0, writer.entries(), 0};
  }
  Found Diff(const std::vector<std::pair<uint64_t, uint64_t>>& rows, bool partial = false,
             std::set<size_t> deletes = {}) {
    const SortedRunsOptions tiny{testing::TempDir(), 1};
    RowRuns runs(tiny);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(runs.Add({KeyOf(rows[i].first), PrintOf(rows[i].second), i, deletes.contains(i)}).ok());
    }
    Difference difference(tiny);
    Found found;
    if (partial) {
      IndexLookup index(store_.get(), 1, extent_);
      found.status = DiffPartial(runs, index, &difference);
    } else {
      IndexScan index(store_.get(), 1, extent_);
      found.status = DiffComplete(runs, index, &difference);
    }
    found.unchanged = difference.unchanged;
    found.duplicate = difference.duplicate;
    EXPECT_TRUE(difference.candidates.Rewind().ok());
    while (difference.candidates.Valid()) {
      found.candidates.insert(difference.candidates.Get().ordinal);
      EXPECT_TRUE(difference.candidates.Next().ok());
    }
    EXPECT_TRUE(difference.gone.Rewind().ok());
    while (difference.gone.Valid()) {
      for (uint64_t key = 0; key < 300; ++key) {
        if (difference.gone.Get() == KeyOf(key)) found.gone.insert(key);
      }
      EXPECT_TRUE(difference.gone.Next().ok());
    }
    return found;
  }

  std::unique_ptr<Store> store_;
  IndexExtent extent_;
};

TEST_F(DifferTest, UnchangedRecordYieldsNoChange) {
  SetIndex({{1, 10}, {2, 20}});
  const Found found = Diff({{2, 20}, {1, 10}});
  EXPECT_EQ(found.unchanged, 2u);
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_TRUE(found.gone.empty());
}

TEST_F(DifferTest, NewChangedAndAbsentRecordsAreFound) {
  SetIndex({{1, 10}, {2, 20}, {3, 30}});
  const Found found = Diff({{2, 21}, {4, 40}, {1, 10}});
  EXPECT_EQ(found.candidates, (std::set<uint64_t>{0, 1}));
  EXPECT_EQ(found.gone, std::set<uint64_t>{3});
}

TEST_F(DifferTest, KeyGivenTwiceIsNeitherTakenNorGone) {
  SetIndex({{1, 10}});
  const Found found = Diff({{1, 10}, {1, 10}, {2, 20}, {2, 21}, {2, 22}});
  EXPECT_EQ(found.duplicate, 5u);
  EXPECT_EQ(found.unchanged, 0u);
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_TRUE(found.gone.empty());
}

TEST_F(DifferTest, IncompleteIndexScanIsAnErrorNotDeletes) {
  SetIndex({{1, 10}, {2, 20}});
  extent_.page_entries = 3;
  EXPECT_EQ(Diff({{1, 10}, {2, 20}}).status.code(), absl::StatusCode::kDataLoss);
}

TEST_F(DifferTest, PartialDeletesOnlyWhatItNames) {
  SetIndex({{1, 10}, {2, 20}, {3, 30}});
  const Found found = Diff({{1, 0}, {9, 0}, {2, 21}}, true, {0, 1});
  EXPECT_EQ(found.gone, std::set<uint64_t>{1});
  EXPECT_EQ(found.candidates, std::set<uint64_t>{2});
}

TEST_F(DifferTest, EqualsAMapOverRandomDays) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 100; ++round) {
    std::map<uint64_t, uint64_t> index;
    for (int i = 0; i < 150; ++i) index[random() % 300] = random() % 3;
    SetIndex(index);
    std::vector<std::pair<uint64_t, uint64_t>> rows;
    std::map<uint64_t, int> times;
    for (int i = 0; i < 150; ++i) ++times[rows.emplace_back(random() % 300, random() % 3).first];
    const Found found = Diff(rows);
    std::set<uint64_t> candidates, gone;
    uint64_t unchanged = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (times[rows[i].first] > 1) continue;
      const auto known = index.find(rows[i].first);
      known != index.end() && known->second == rows[i].second ? void(++unchanged) : void(candidates.insert(i));
    }
    for (const auto& [key, print] : index) {
      if (!times.contains(key)) gone.insert(key);
    }
    EXPECT_EQ(found.candidates, candidates);
    EXPECT_EQ(found.gone, gone);
    EXPECT_EQ(found.unchanged, unchanged);
  }
}

}  // namespace
}  // namespace sabun
