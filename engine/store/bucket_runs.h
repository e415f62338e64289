// External sorting in bounded memory, in linear time: entries come in any order and are put into buckets by their first
// word; past the budget all buckets are spilled as one run; reading (bucket_reader.h) gathers a bucket from every run
// and sorts it, so that ranges can be read by several threads at once. Used for rows and index deltas (by key) and for
// rows to ask for (by ordinal).
#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/huge_array.h"
#include "engine/base/status_macros.h"
#include "engine/store/bucket_sort.h"
#include "engine/store/runs_options.h"
#include "engine/store/spool_file.h"

namespace sabun {

// `Entry` is a plain struct. `Order` is a strict order with `static uint64_t Word(const Entry&)`, which it compares
// first. Not thread safe while adding. Add*, FinishAdding, then read as often as needed.
template <typename Entry, typename Order>
class BucketRuns {
  static_assert(std::is_trivially_copyable_v<Entry>);

 public:
  // `word_bits`: every word is below 2^word_bits.
  explicit BucketRuns(RunsOptions options, int word_bits = 64)
      : options_(std::move(options)),
        limit_(std::max<size_t>(options_.memory_bytes / sizeof(Entry), 16)),
        block_(std::clamp<size_t>(limit_ / 8, 16, kBlockBytes / sizeof(Entry))) {
    bucket_.skipped = 64 - word_bits;
    bucket_.bits = std::min({12, word_bits, static_cast<int>(std::bit_width(limit_ / 64))});
  }

  absl::Status Add(const Entry& entry) {
    if (pending_.size() == block_) RETURN_IF_ERROR(TakePending());
    pending_.push_back(entry);
    ++count_;
    return absl::OkStatus();
  }
  absl::Status FinishAdding() {
    RETURN_IF_ERROR(TakePending());
    std::vector<Entry>().swap(pending_);
    return absl::OkStatus();
  }
  // Forgets all entries and gives their memory back.
  void Clear() { *this = BucketRuns(options_, 64 - bucket_.skipped); }

  uint64_t count() const { return count_; }
  size_t buckets() const { return size_t{1} << bucket_.bits; }
  size_t spilled_runs() const { return runs_.size(); }

  // The entries of one bucket.
  size_t SizeOf(size_t bucket) const {
    uint64_t size = 0;
    for (const auto& run : runs_) size += (run[bucket + 1] - run[bucket]) / sizeof(Entry);
    for (const Block& block : blocks_) size += block.starts[bucket + 1] - block.starts[bucket];
    return size;
  }
  // Calls `take(entries, count)` for the entries of a bucket, in the order they were added; from disk at most `piece`
  // at once. Thread safe.
  template <typename Take>
  absl::Status Visit(size_t bucket, size_t piece, const Take& take) const {
    std::vector<Entry> read;
    for (const auto& run : runs_) {
      for (uint64_t at = run[bucket]; at < run[bucket + 1]; at += read.size() * sizeof(Entry)) {
        read.resize(std::min<uint64_t>(piece, (run[bucket + 1] - at) / sizeof(Entry)));
        RETURN_IF_ERROR(file_->Read(at, read.size() * sizeof(Entry), reinterpret_cast<char*>(read.data())));
        RETURN_IF_ERROR(take(read.data(), read.size()));
      }
    }
    for (const Block& block : blocks_) {
      const size_t begin = block.starts[bucket], size = block.starts[bucket + 1] - begin;
      if (size > 0) RETURN_IF_ERROR(take(block.entries.data() + begin, size));
    }
    return absl::OkStatus();
  }
  BucketOf bucket_of() const { return bucket_; }
  // A bucket of more entries is not loaded as a whole.
  size_t large_bucket() const { return std::max<size_t>(limit_ / 8, 16); }
  const RunsOptions& options() const { return options_; }

 private:
  static constexpr size_t kBlockBytes = 4 << 20;

  struct Block {
    HugeArray<Entry> entries;
    std::vector<uint32_t> starts;
  };

  absl::Status TakePending() {
    if (pending_.empty()) return absl::OkStatus();
    if (in_blocks_ + pending_.size() > limit_) RETURN_IF_ERROR(Spill());
    Block& block = blocks_.emplace_back();
    block.entries = HugeArray<Entry>(pending_.size());
    Scatter<Order>(pending_.data(), pending_.size(), bucket_, block.entries.data(), &block.starts);
    in_blocks_ += pending_.size();
    pending_.clear();
    return absl::OkStatus();
  }

  absl::Status Spill() {
    if (blocks_.empty()) return absl::OkStatus();
    if (file_ == nullptr) {
      ASSIGN_OR_RETURN(file_, SpoolFile::Create(options_.directory));
    }
    std::vector<uint64_t>& run = runs_.emplace_back();
    std::string bytes;
    for (size_t bucket = 0; bucket <= buckets(); ++bucket) {
      run.push_back(file_->size() + bytes.size());
      const bool last = bucket == buckets();
      for (const Block& block : blocks_) {
        if (last) break;
        const size_t begin = block.starts[bucket], size = block.starts[bucket + 1] - begin;
        bytes.append(reinterpret_cast<const char*>(block.entries.data() + begin), size * sizeof(Entry));
      }
      if (bytes.size() < (size_t{1} << 20) && !last) continue;
      RETURN_IF_ERROR(file_->Append(&bytes));
      bytes.clear();
    }
    blocks_.clear();
    in_blocks_ = 0;
    return absl::OkStatus();
  }

  RunsOptions options_;
  size_t limit_, block_;
  BucketOf bucket_;
  std::vector<Entry> pending_;
  std::vector<Block> blocks_;
  size_t in_blocks_ = 0;
  std::unique_ptr<SpoolFile> file_;
  std::vector<std::vector<uint64_t>> runs_;  // where each bucket begins in the file, and where the last ends
  uint64_t count_ = 0;
};

}  // namespace sabun
