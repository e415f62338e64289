#include "engine/diff/known_fingerprints.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sabun {
namespace {

TEST(KnownFingerprints, ContainExactlyTheIndexAsItReads) {
  const auto store = NewMemoryStore();
  std::mt19937_64 random(9);
  std::map<Key128, Fingerprint128> index;
  // Keys that crowd in a few places, and the first and the last there is.
  for (int i = 0; i < 3'000; ++i) index[Key128::Smallest(random() >> (random() % 40))] = {};
  index[Key128::Smallest(0)] = index[Key128::Smallest(~uint64_t{0})] = {};
  IndexPageWriter writer(*store->NewBulkWriter(Family::kIndex), 1, 1);
  for (auto& [key, fingerprint] : index) {
    const uint64_t words[2] = {random(), random()};
    fingerprint = Fingerprint128::From(words);
    ASSERT_TRUE(writer.Add({key, fingerprint}).ok());
  }
  ASSERT_TRUE(writer.Finish().ok());
  const Key128 hidden = index.begin()->first;
  Batch batch;
  PutOverlay(1, 1, hidden, std::nullopt, &batch);
  ASSERT_TRUE(store->Commit(batch, Durability::kSynced).ok());
  const IndexExtent extent{1, writer.entries(), 1};
  const auto known = KnownFingerprints::Read(store.get(), 1, extent);
  ASSERT_TRUE(known.ok()) << known.status();
  for (const auto& [key, fingerprint] : index) {
    EXPECT_EQ(known->Contains(key, fingerprint), key != hidden);
    EXPECT_FALSE(known->Contains(key, Fingerprint128::Smallest(random())));
  }
}

TEST(KnownFingerprints, OfADamagedIndexAreNotMade) {
  const auto store = NewMemoryStore();
  EXPECT_EQ(KnownFingerprints::Read(store.get(), 1, {1, 5, 0}).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sabun
