#include "bench/rehearsal/ordered_chunks.h"

#include <gtest/gtest.h>

#include <atomic>

namespace sabun::bench {
namespace {

TEST(OrderedChunks, ComeInOrderWhateverTheThreadsDo) {
  // Chunks of very different cost, so that threads overtake each other.
  OrderedChunks<uint64_t> chunks(500, 4, [](uint64_t number) {
    volatile uint64_t work = 0;
    for (uint64_t i = 0; i < (number % 7) * 20'000; ++i) work = work + i;
    return number;
  });
  for (uint64_t number = 0; number < 500; ++number) ASSERT_EQ(chunks.Next(), number);
  EXPECT_EQ(chunks.Next(), std::nullopt);
  EXPECT_EQ(chunks.Next(), std::nullopt);
}

TEST(OrderedChunks, NoChunksAreNone) {
  OrderedChunks<int> chunks(0, 3, [](uint64_t) { return 1; });
  EXPECT_EQ(chunks.Next(), std::nullopt);
}

TEST(OrderedChunks, AreNotMadeFarAhead) {
  constexpr int kThreads = 2;
  std::atomic<uint64_t> taken = 0;
  std::atomic<uint64_t> farthest = 0;
  OrderedChunks<int> chunks(300, kThreads, [&](uint64_t number) {
    uint64_t before = farthest;
    const uint64_t ahead = number - std::min<uint64_t>(number, taken);
    while (ahead > before && !farthest.compare_exchange_weak(before, ahead)) {
    }
    return 0;
  });
  while (chunks.Next().has_value()) ++taken;
  // One more than the look-ahead: `taken` is counted after Next returned.
  EXPECT_LE(farthest, OrderedChunks<int>::kAheadPerThread * kThreads + 1);
}

TEST(OrderedChunks, EndWhenNobodyTakesTheRest) {
  std::atomic<int> made = 0;
  {
    OrderedChunks<int> chunks(1'000'000, 2, [&](uint64_t) { return ++made; });
    EXPECT_TRUE(chunks.Next().has_value());
  }
  EXPECT_LT(made, 1000);
}

}  // namespace
}  // namespace sabun::bench
