#include "bench/rehearsal/resource_watch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "bench/rehearsal/process_facts.h"

namespace sabun::bench {
namespace {

constexpr std::chrono::milliseconds kInterval(50);
// The disk is looked at less often: a store may have thousands of files.
constexpr uint64_t kLooksPerDiskLook = 10;

}  // namespace

ResourceSample Highest(const ResourceSample& a, const ResourceSample& b) {
  return {a.seconds, std::max(a.engine_bytes, b.engine_bytes), std::max(a.client_bytes, b.client_bytes),
          std::max(a.disk_bytes, b.disk_bytes)};
}

void Thin(std::vector<ResourceSample>* samples) {
  const size_t half = (samples->size() + 1) / 2;
  for (size_t i = 0; i < half; ++i) {
    const size_t second = std::min(2 * i + 1, samples->size() - 1);
    (*samples)[i] = Highest((*samples)[2 * i], (*samples)[second]);
  }
  samples->resize(half);
}

ResourceWatch::ResourceWatch(pid_t engine, std::string directory)
    : engine_(engine), directory_(std::move(directory)), start_(absl::Now()) {
  thread_ = std::thread([this] { Watch(); });
}

ResourceWatch::~ResourceWatch() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void ResourceWatch::Watch() {
  std::unique_lock<std::mutex> lock(mutex_);
  do {
    Look();
  } while (!ended_.wait_for(lock, kInterval, [this] { return end_; }));
}

void ResourceWatch::Look() {
  ResourceSample now;
  now.seconds = absl::ToDoubleSeconds(absl::Now() - start_);
  now.engine_bytes = MemoryOf(engine_).anonymous_bytes;
  now.client_bytes = MemoryOf(getpid()).anonymous_bytes;
  const bool disk = looks_ % kLooksPerDiskLook == 0;
  now.disk_bytes = disk || samples_.empty() ? DiskUse(directory_, engine_) : samples_.back().disk_bytes;
  highest_ = Highest(highest_, now);
  if (looks_++ % looks_in_sample_ == 0) {
    samples_.push_back(now);
  } else {
    samples_.back() = Highest(samples_.back(), now);
  }
  if (samples_.size() <= kMaxSamples) return;
  Thin(&samples_);
  looks_in_sample_ *= 2;
}

ResourceSample ResourceWatch::TakeHighest() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Look();
  return std::exchange(highest_, ResourceSample());
}

std::vector<ResourceSample> ResourceWatch::samples() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return samples_;
}

}  // namespace sabun::bench
