// System calls of the process itself, of which any one can fail: for the stages that use files without RocksDB. A
// program that is linked with this has open, read, write and the like of its own, which pass calls on to the C library.
#pragma once

#include <cerrno>
#include <cstdint>
#include <mutex>
#include <string>

#include "tests/fault/unsynced.h"

namespace sabun {

// How a call goes wrong. Calls that cannot go wrong in this way are not counted.
struct Trouble {
  int error = EIO;       // 0: a read or write does half of what it was asked for, which is no failure
  bool lasting = false;  // so do all after it, until the disk is healed; else one only
};

// Watches the calls for files below a directory while it lives; there is one at a time. Thread safe but for Order and
// Heal.
class FailingCalls {
 public:
  // What a call can suffer besides EIO.
  static constexpr unsigned kNothingElse = 0, kBeInterrupted = 1, kFillTheDisk = 2;

  explicit FailingCalls(const std::string& directory);
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // Heals the disk; from now on the call after the next `calls` goes wrong.
  void Order(uint64_t calls, Trouble trouble);
  void Heal() { Order(~uint64_t{0}, {}); }
  // Whether a call went wrong since.
  bool troubled() const;
  // Whether a power loss leaves the file as it is; see Unsynced.
  bool IsDurable(const std::string& path) const;

  // For the calls themselves. The one that watches the path or the open file; nothing when none does.
  static FailingCalls* Watching(const char* path);
  static FailingCalls* Watching(int file, std::string* path);
  // Whether the call at hand fails; then errno says how.
  bool Refuses(unsigned may);
  // How much of `size` bytes it does.
  size_t Allowance(size_t size);
  template <typename Note>
  void Tell(const Note& note) {
    const std::lock_guard<std::mutex> lock(mutex_);
    note(&unsynced_);
  }

 private:
  // Counts a call that the trouble can meet; whether it does.
  bool Meets();

  const std::string directory_;
  mutable std::mutex mutex_;
  Unsynced unsynced_;
  Trouble trouble_;
  uint64_t calls_left_ = ~uint64_t{0};
  bool troubled_ = false;
};

}  // namespace sabun
