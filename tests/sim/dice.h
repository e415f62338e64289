// Chance from a seed: small, fast, and the same on every machine.
#pragma once

#include <cstdint>

namespace sabun::sim {

// SplitMix64.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  int Roll(int sides) { return static_cast<int>(Next() % static_cast<uint64_t>(sides)); }
  bool OneIn(int sides) { return Roll(sides) == 0; }

 private:
  uint64_t state_;
};

}  // namespace sabun::sim
