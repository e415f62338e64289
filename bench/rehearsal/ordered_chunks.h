// Work that several threads do piece by piece, handed out in order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace sabun::bench {

// Makes the chunks 0 to count - 1 on threads of its own, at most `kAheadPerThread` chunks a thread ahead of the one
// that is handed out next, so that memory does not depend on the count. Next is for one thread.
template <typename Chunk>
class OrderedChunks {
 public:
  // Called on any of the threads, for each number once.
  using Make = std::function<Chunk(uint64_t number)>;

  static constexpr size_t kAheadPerThread = 4;

  // `threads` > 0.
  OrderedChunks(uint64_t count, int threads, Make make)
      : count_(count), make_(std::move(make)), ring_(static_cast<size_t>(threads) * kAheadPerThread) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  }
  OrderedChunks(const OrderedChunks&) = delete;
  OrderedChunks& operator=(const OrderedChunks&) = delete;

  // Ends the threads; chunks that nobody took are dropped.
  ~OrderedChunks() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      begun_ = count_;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // The next chunk; nothing after the last one.
  std::optional<Chunk> Next() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (taken_ == count_) return std::nullopt;
    std::optional<Chunk>& place = ring_[taken_ % ring_.size()];
    made_.wait(lock, [&] { return place.has_value(); });
    std::optional<Chunk> chunk = std::exchange(place, std::nullopt);
    ++taken_;
    lock.unlock();
    room_.notify_one();
    return chunk;
  }

 private:
  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      room_.wait(lock, [this] { return begun_ >= count_ || begun_ < taken_ + ring_.size(); });
      if (begun_ >= count_) return;
      const uint64_t number = begun_++;
      lock.unlock();
      Chunk chunk = make_(number);
      lock.lock();
      ring_[number % ring_.size()] = std::move(chunk);
      if (number == taken_) made_.notify_one();
    }
  }

  const uint64_t count_;
  const Make make_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable made_;
  std::condition_variable room_;
  std::vector<std::optional<Chunk>> ring_;  // chunk n waits at n modulo the size
  uint64_t begun_ = 0;
  uint64_t taken_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace sabun::bench
