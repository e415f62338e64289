// Memory that is fetched from the operating system before it is needed, and kept for the next user: the first touch of
// fresh memory costs a third of all the work on an ordinary day's rows, most of all in a virtual machine.
#pragma once

#include <cstddef>
#include <thread>
#include <vector>

#include "engine/base/huge_array.h"
#include "engine/base/mutex.h"

namespace sabun {

// Hands out pieces of one size. Thread safe. It outlives its pieces.
class MemoryReserve {
 public:
  static constexpr size_t kPieceBytes = 16 << 20;

  // A piece of memory, of a reserve or of its own. What it holds at first is unspecified.
  class Piece {
   public:
    explicit Piece(size_t bytes) : memory_(bytes) {}
    Piece(Piece&& other) noexcept = default;
    Piece& operator=(Piece&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(from_, other.from_);
      return *this;
    }
    ~Piece() {
      if (from_ != nullptr && memory_.data() != nullptr) from_->Return(std::move(memory_));
    }
    char* data() { return memory_.data(); }

   private:
    friend class MemoryReserve;
    Piece(HugeArray<char> memory, MemoryReserve* from) : memory_(std::move(memory)), from_(from) {}

    HugeArray<char> memory_;
    MemoryReserve* from_ = nullptr;
  };

  // Keeps as many pieces as `bytes` has room for; a thread of its own fetches them.
  explicit MemoryReserve(size_t bytes);
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;
  ~MemoryReserve();

  // A piece of kPieceBytes. When all that are kept are in use, it is fresh.
  Piece Take();
  // How many pieces are here and wait.
  size_t waiting();

 private:
  void Fetch();
  void Return(HugeArray<char> memory);

  const size_t most_;
  Mutex mutex_;
  std::vector<HugeArray<char>> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t fetched_ ABSL_GUARDED_BY(mutex_) = 0;  // ever; from most_ on nothing is fetched ahead
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sabun
