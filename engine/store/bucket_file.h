// Spilled buckets: each run is written bucket by bucket; a bucket is read from every run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/store/spool_file.h"

namespace sabun {

// Not thread safe while runs are added; reading is. Memory: 8 bytes a bucket and run.
class BucketFile {
 public:
  // `append(bucket, bytes)` appends the bucket's bytes.
  absl::Status AddRun(const std::string& directory, size_t buckets,
                      const std::function<void(size_t, std::string*)>& append);
  size_t runs() const { return starts_.size(); }
  size_t BytesOf(size_t bucket) const;
  // All bytes of a bucket, in the order of the runs, into `out`.
  absl::Status Read(size_t bucket, char* out) const;
  // The same in pieces of at most `piece_bytes`: `take(bytes, size)`.
  absl::Status Visit(size_t bucket, size_t piece_bytes,
                     const std::function<absl::Status(const char*, size_t)>& take) const;

 private:
  std::unique_ptr<SpoolFile> file_;
  std::vector<std::vector<uint64_t>> starts_;  // for each run: where each bucket begins, and where the last ends
};

}  // namespace sabun
