// Memory and disk of a rehearsal over time.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace sabun::bench {

// The highest values of an interval that begins `seconds` after the watch did.
struct ResourceSample {
  double seconds = 0;
  uint64_t engine_bytes = 0;  // RssAnon
  uint64_t client_bytes = 0;  // RssAnon of this process
  uint64_t disk_bytes = 0;    // see DiskUse
};

// Each member is the larger of the two; the time is the first one's.
ResourceSample Highest(const ResourceSample& a, const ResourceSample& b);

// Halves the number of samples: each pair becomes its Highest.
void Thin(std::vector<ResourceSample>* samples);

// Looks at an engine, this process and the engine's directory twenty times a second, from a thread of its own, from its
// making to its end. Keeps at most kMaxSamples samples: when there are more, their interval doubles. Thread-safe.
class ResourceWatch {
 public:
  static constexpr size_t kMaxSamples = 600;

  ResourceWatch(pid_t engine, std::string directory);
  ~ResourceWatch();
  ResourceWatch(const ResourceWatch&) = delete;
  ResourceWatch& operator=(const ResourceWatch&) = delete;

  // The highest values since the last call (or since the making), and looks once more first.
  ResourceSample TakeHighest();
  std::vector<ResourceSample> samples() const;

 private:
  void Watch();
  void Look();

  const pid_t engine_;
  const std::string directory_;
  const absl::Time start_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  bool end_ = false;
  std::vector<ResourceSample> samples_;
  uint64_t looks_in_sample_ = 1;
  uint64_t looks_ = 0;
  ResourceSample highest_;
  std::thread thread_;
};

}  // namespace sabun::bench
