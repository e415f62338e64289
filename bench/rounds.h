// Rounds of a benchmark, and their share of the speed of light: how long the least that must be done takes, in the time
// of one round.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

namespace sabun::bench {

// Ends the program when a result is wrong: its speed then says nothing.
inline void Require(bool condition, const char* what) {
  if (condition) return;
  std::cerr << "wrong result: " << what << "\n";
  std::exit(1);
}

// Seconds that `work` takes.
template <typename Work>
double SecondsOf(const Work& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// Runs `round` as often as the benchmark wants; `light_seconds` is the speed of light, measured in the same run.
template <typename Round>
void Rounds(benchmark::State& state, double light_seconds, const Round& round) {
  double seconds = 0;
  for (auto _ : state) seconds += SecondsOf(round);
  state.counters["of_light"] = light_seconds * static_cast<double>(state.iterations()) / seconds;
}

}  // namespace sabun::bench
