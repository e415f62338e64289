// Pseudo-random numbers that are a pure function of a seed: the same on every machine, and cheap enough for every row.
#pragma once

#include <cstdint>

namespace sabun::bench {

// A bijection of 64 bits that leaves no visible pattern (the finalizer of SplitMix64).
inline uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

// Combines a seed with what the numbers are for. Order matters.
inline uint64_t Mix(uint64_t seed, uint64_t purpose) { return Mix(Mix(seed) + purpose * 0x9E3779B97F4A7C15u); }

// The first number of 64 bits that is not below `share` of all, for share from 0 to 1.
inline uint64_t ShareThreshold(double share) {
  if (share >= 1) return UINT64_MAX;
  return share <= 0 ? 0 : static_cast<uint64_t>(share * 18446744073709551616.0);
}

// A sequence of numbers. Not thread-safe; copies go on independently.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return Mix(state_ += 0x9E3779B97F4A7C15u); }

  // Uniform in [0, bound); bound > 0.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(((Next() >> 32) * bound) >> 32); }

  // True in `percent` of 100 cases.
  bool Percent(uint32_t percent) { return Below(100) < percent; }

 private:
  uint64_t state_;
};

}  // namespace sabun::bench
