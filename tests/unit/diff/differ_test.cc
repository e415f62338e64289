#include "engine/diff/differ.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "engine/store/bucket_reader.h"

namespace sabun {
namespace {

// Spread over all keys, as hashes are, so that every range of keys has some.
Key128 KeyOf(uint64_t number) {
  Key128 key = Key128::Smallest((number + 1) * 0x9E37'79B9'7F4A'7C15);
  key.bytes[15] = 1;
  return key;
}
Fingerprint128 PrintOf(uint64_t number) { return Fingerprint128::From(KeyOf(number).bytes.data()); }

struct Found {
  uint64_t unchanged = 0, duplicate = 0;
  std::set<uint64_t> candidates, gone;  // ordinals; keys
  absl::Status status;
};

// The differ over rows (key, print) in file order and an index, with memory of so many bytes and so many threads.
class DifferTest : public testing::TestWithParam<std::tuple<size_t, size_t>> {
 protected:
  void SetIndex(const std::map<uint64_t, uint64_t>& index) {
    store_ = NewMemoryStore();
    std::map<Key128, Fingerprint128> sorted;
    for (const auto& [key, print] : index) sorted[KeyOf(key)] = PrintOf(print);
    IndexPageWriter writer(*store_->NewBulkWriter(Family::kIndex), 1, 0);
    for (const auto& [key, print] : sorted) ASSERT_TRUE(writer.Add({key, print}).ok());
    ASSERT_TRUE(writer.Finish().ok());
    extent_ = {0, writer.entries(), 0};
  }
  Found Diff(const std::vector<std::pair<uint64_t, uint64_t>>& rows, bool partial = false,
             std::set<size_t> deletes = {}) {
    const auto [memory, threads] = GetParam();
    const RunsOptions options{testing::TempDir(), memory};
    RowRuns runs(options);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(runs.Add({KeyOf(rows[i].first), PrintOf(rows[i].second), static_cast<uint32_t>(i),
                            static_cast<uint32_t>(deletes.contains(i))})
                      .ok());
    }
    EXPECT_TRUE(runs.FinishAdding().ok());
    Difference difference(options, rows.size());
    const IndexSource index{store_.get(), 1, extent_};
    Found found;
    found.status = partial ? DiffPartial(runs, index, threads, &difference)
                           : DiffComplete(runs, index, threads, nullptr, &difference);
    if (!found.status.ok()) return found;
    found.unchanged = difference.unchanged;
    found.duplicate = difference.duplicate;
    BucketReader candidates(difference.candidates);
    EXPECT_TRUE(candidates.Next().ok());
    while (candidates.Valid()) {
      found.candidates.insert(candidates.Get().ordinal);
      EXPECT_TRUE(candidates.Next().ok());
    }
    BucketReader gone(difference.gone);
    EXPECT_TRUE(gone.Next().ok());
    while (gone.Valid()) {
      for (uint64_t key = 0; key < 300; ++key) {
        if (gone.Get() == KeyOf(key)) found.gone.insert(key);
      }
      EXPECT_TRUE(gone.Next().ok());
    }
    return found;
  }

  std::unique_ptr<Store> store_;
  IndexExtent extent_;
};

TEST_P(DifferTest, UnchangedRecordYieldsNoChange) {
  SetIndex({{1, 10}, {2, 20}});
  const Found found = Diff({{2, 20}, {1, 10}});
  EXPECT_EQ(found.unchanged, 2u);
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_TRUE(found.gone.empty());
}

TEST_P(DifferTest, NewChangedAndAbsentRecordsAreFound) {
  SetIndex({{1, 10}, {2, 20}, {3, 30}});
  const Found found = Diff({{2, 21}, {4, 40}, {1, 10}});
  EXPECT_EQ(found.candidates, (std::set<uint64_t>{0, 1}));
  EXPECT_EQ(found.gone, std::set<uint64_t>{3});
}

TEST_P(DifferTest, KeyGivenTwiceIsNeitherTakenNorGone) {
  SetIndex({{1, 10}});
  const Found found = Diff({{1, 10}, {1, 10}, {2, 20}, {2, 21}, {2, 22}});
  EXPECT_EQ(found.duplicate, 5u);
  EXPECT_EQ(found.unchanged, 0u);
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_TRUE(found.gone.empty());
}

TEST_P(DifferTest, IncompleteIndexScanIsAnErrorNotDeletes) {
  SetIndex({{1, 10}, {2, 20}});
  extent_.page_entries = 3;
  EXPECT_EQ(Diff({{1, 10}, {2, 20}}).status.code(), absl::StatusCode::kDataLoss);
}

TEST_P(DifferTest, PartialDeletesOnlyWhatItNames) {
  SetIndex({{1, 10}, {2, 20}, {3, 30}});
  const Found found = Diff({{1, 0}, {9, 0}, {2, 21}}, true, {0, 1});
  EXPECT_EQ(found.gone, std::set<uint64_t>{1});
  EXPECT_EQ(found.candidates, std::set<uint64_t>{2});
}

TEST_P(DifferTest, EqualsAMapOverRandomDays) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 40; ++round) {
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
    const Found partial = Diff(rows, true);
    EXPECT_EQ(partial.candidates, candidates);
    EXPECT_EQ(partial.unchanged, unchanged);
    EXPECT_TRUE(partial.gone.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(MemoryAndThreads, DifferTest,
                         testing::Combine(testing::Values(1, 100'000, 8 << 20), testing::Values(1, 2, 3, 64)));

}  // namespace
}  // namespace sabun
