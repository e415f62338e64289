#include "engine/base/memory_reserve.h"

#include <utility>

namespace sabun {
namespace {

constexpr size_t kPageBytes = 4096;

}  // namespace

MemoryReserve::MemoryReserve(size_t bytes) : most_(bytes / kPieceBytes) {
  if (most_ > 0) thread_ = std::thread([this] { Fetch(); });
}

MemoryReserve::~MemoryReserve() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void MemoryReserve::Fetch() {
  for (;;) {
    {
      MutexLock lock(&mutex_);
      if (ending_ || fetched_ >= most_) return;
      ++fetched_;
    }
    HugeArray<char> memory(kPieceBytes);
    for (size_t at = 0; at < kPieceBytes; at += kPageBytes) static_cast<volatile char*>(memory.data())[at] = 0;
    Return(std::move(memory));
  }
}

MemoryReserve::Piece MemoryReserve::Take() {
  MutexLock lock(&mutex_);
  if (waiting_.empty()) {
    ++fetched_;
    return Piece(HugeArray<char>(kPieceBytes), this);
  }
  HugeArray<char> memory = std::move(waiting_.back());
  waiting_.pop_back();
  return Piece(std::move(memory), this);
}

size_t MemoryReserve::waiting() {
  MutexLock lock(&mutex_);
  return waiting_.size();
}

void MemoryReserve::Return(HugeArray<char> memory) {
  MutexLock lock(&mutex_);
  if (waiting_.size() < most_) waiting_.push_back(std::move(memory));
}

}  // namespace sabun
