#include "engine/ledger/sent_batches.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

OutgoingBatch SomeBatch(uint64_t id, size_t bytes) {
  OutgoingBatch batch;
  batch.id = id;
  batch.items.resize(1);
  batch.items[0].canonical = std::string(bytes, 'c');
  return batch;
}

TEST(SentBatches, NewestAreKeptUpToTheLimit) {
  SentBatches sent;
  for (uint64_t id = 1; id <= 4; ++id) sent.Keep(SomeBatch(id, 3 << 20), {Entry::Pending({id, 1}, false)}, 9);
  EXPECT_EQ(sent.Find(1), nullptr);
  EXPECT_EQ(sent.Find(2), nullptr);
  ASSERT_NE(sent.Find(4), nullptr);
  EXPECT_EQ(sent.Find(4)->contents[0].size(), 3u << 20);
  EXPECT_EQ(sent.Find(4)->entries[0].wanted.change_set, 4u);
  EXPECT_EQ(sent.Find(4)->as_of, 9u);
}

TEST(SentBatches, DroppedBatchMakesRoom) {
  SentBatches sent;
  sent.Keep(SomeBatch(1, 5 << 20), {Entry()}, 0);
  sent.Drop(1);
  sent.Keep(SomeBatch(2, 5 << 20), {Entry()}, 0);
  sent.Keep(SomeBatch(3, 2 << 20), {Entry()}, 0);
  EXPECT_EQ(sent.Find(1), nullptr);
  EXPECT_NE(sent.Find(2), nullptr);
  EXPECT_NE(sent.Find(3), nullptr);
}

TEST(SentBatches, BatchLargerThanTheLimitIsNotKept) {
  SentBatches sent;
  sent.Keep(SomeBatch(1, 9 << 20), {Entry()}, 0);
  EXPECT_EQ(sent.Find(1), nullptr);
}

}  // namespace
}  // namespace sabun
