#include "engine/store/commit_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

Batch Putting(const std::string& key) {
  Batch batch;
  batch.Put(Family::kIndex, key, "v");
  return batch;
}

TEST(CommitQueue, EveryBatchIsWrittenOnceByOneThreadAtATime) {
  std::atomic<int> inside{0};
  int batches = 0;  // only moved by the one thread that writes
  CommitQueue queue([&](const std::vector<const Batch*>& group) {
    EXPECT_EQ(++inside, 1);
    batches += static_cast<int>(group.size());
    --inside;
    return absl::OkStatus();
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) EXPECT_TRUE(queue.Commit(Putting("k")).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(batches, 800);
}

TEST(CommitQueue, WhoWaitsMeanwhileGoesTogetherInOrder) {
  std::mutex gate;
  std::atomic<bool> entered{false};
  std::vector<size_t> groups;
  std::string order;
  CommitQueue queue([&](const std::vector<const Batch*>& group) {
    entered = true;
    const std::lock_guard<std::mutex> wait(gate);
    groups.push_back(group.size());
    for (const Batch* batch : group) order += batch->writes()[0].key;
    return absl::OkStatus();
  });
  std::vector<std::thread> threads;
  {
    const std::lock_guard<std::mutex> closed(gate);
    for (const char* key : {"a", "b", "c"}) {
      threads.emplace_back([&, key] { EXPECT_TRUE(queue.Commit(Putting(key)).ok()); });
      while (queue.waiting() < threads.size()) std::this_thread::yield();
    }
    while (!entered) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(groups, (std::vector<size_t>{1, 2}));
}

TEST(CommitQueue, FailureIsToldToTheWholeGroupAndTheNextOneIsTriedAgain) {
  int calls = 0;
  CommitQueue queue([&](const std::vector<const Batch*>&) {
    return ++calls == 1 ? absl::UnavailableError("disk") : absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsUnavailable(queue.Commit(Putting("a"))));
  EXPECT_TRUE(queue.Commit(Putting("b")).ok());
}

}  // namespace
}  // namespace sabun
