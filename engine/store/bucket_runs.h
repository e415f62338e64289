// External sorting in bounded memory, in linear time: entries come in any order and are put into buckets by their first
// word; past the budget all buckets are spilled as one run; reading (bucket_reader.h) gathers a bucket from every run
// and sorts it, so that ranges can be read by several threads at once. Used for rows and index deltas (by key) and for
// rows to ask for (by ordinal).
#pragma once

#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/memory_reserve.h"
#include "engine/base/status_macros.h"
#include "engine/store/bucket_file.h"
#include "engine/store/bucket_sort.h"
#include "engine/store/runs_options.h"

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
    bucket_.bits = std::min({10, word_bits, static_cast<int>(std::bit_width(limit_ / 64))});
  }

  absl::Status Add(const Entry& entry) {
    if (pending_.size() == block_) RETURN_IF_ERROR(TakePending());
    pending_.push_back(entry);
    ++count_;
    return absl::OkStatus();
  }
  absl::Status FinishAdding() {
    // Few entries take what they need: the first touch of a huge page costs more than sorting a thousand.
    if (blocks_.empty() && !pending_.empty()) chunks_.emplace_back(pending_.size() * sizeof(Entry));
    RETURN_IF_ERROR(TakePending());
    std::vector<Entry>().swap(pending_);
    return absl::OkStatus();
  }
  // Forgets all entries and gives their memory back.
  void Clear() { *this = BucketRuns(options_, 64 - bucket_.skipped); }

  uint64_t count() const { return count_; }
  size_t buckets() const { return size_t{1} << bucket_.bits; }
  size_t spilled_runs() const { return spilled_.runs(); }

  // The entries of one bucket.
  size_t SizeOf(size_t bucket) const {
    size_t size = spilled_.BytesOf(bucket) / sizeof(Entry);
    for (const Block& block : blocks_) size += block.Bucket(bucket).count;
    return size;
  }
  // The entries of a bucket, in the order they were added; those that were spilled are read into `*read`. Thread safe.
  absl::Status Gather(size_t bucket, std::vector<Entry>* read, std::vector<Piece<Entry>>* pieces) const {
    read->resize(spilled_.BytesOf(bucket) / sizeof(Entry));
    pieces->assign({{read->data(), read->size()}});
    for (const Block& block : blocks_) pieces->push_back(block.Bucket(bucket));
    return spilled_.Read(bucket, reinterpret_cast<char*>(read->data()));
  }
  // The same piece by piece, for a bucket that does not fit into memory: calls `take(piece)`.
  template <typename Take>
  absl::Status Visit(size_t bucket, const Take& take) const {
    RETURN_IF_ERROR(spilled_.Visit(bucket, 4096 * sizeof(Entry), [&](const char* bytes, size_t size) {
      std::vector<Entry> entries(size / sizeof(Entry));
      std::memcpy(entries.data(), bytes, size);
      return take(Piece<Entry>{entries.data(), entries.size()});
    }));
    for (const Block& block : blocks_) RETURN_IF_ERROR(take(block.Bucket(bucket)));
    return absl::OkStatus();
  }
  BucketOf bucket_of() const { return bucket_; }
  // A bucket of more entries is not loaded as a whole.
  size_t large_bucket() const { return std::max<size_t>(limit_ / 8, 16); }
  const RunsOptions& options() const { return options_; }

 private:
  static constexpr size_t kBlockBytes = 1 << 20;  // scattering stays in a core's cache
  static constexpr size_t kBlocksInChunk = 16;

  struct Block {
    Entry* entries;  // in chunks_
    std::vector<uint32_t> starts;
    Piece<Entry> Bucket(size_t bucket) const { return {entries + starts[bucket], starts[bucket + 1] - starts[bucket]}; }
  };

  absl::Status TakePending() {
    if (pending_.empty()) return absl::OkStatus();
    if (in_blocks_ + pending_.size() > limit_) RETURN_IF_ERROR(Spill());
    if (blocks_.size() == chunks_.size() * kBlocksInChunk) chunks_.push_back(NewChunk());
    Block& block = blocks_.emplace_back();
    block.entries = reinterpret_cast<Entry*>(chunks_.back().data()) + (blocks_.size() - 1) % kBlocksInChunk * block_;
    Scatter<Order, Entry>({{pending_.data(), pending_.size()}}, bucket_, block.entries, &block.starts);
    in_blocks_ += pending_.size();
    pending_.clear();
    return absl::OkStatus();
  }

  MemoryReserve::Piece NewChunk() const {
    static_assert(kBlocksInChunk * kBlockBytes <= MemoryReserve::kPieceBytes);
    if (options_.reserve != nullptr) return options_.reserve->Take();
    return MemoryReserve::Piece(kBlocksInChunk * block_ * sizeof(Entry));
  }

  absl::Status Spill() {
    if (blocks_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(spilled_.AddRun(options_.directory, buckets(), [this](size_t bucket, std::string* bytes) {
      for (const Block& block : blocks_) {
        const Piece<Entry> piece = block.Bucket(bucket);
        bytes->append(reinterpret_cast<const char*>(piece.entries), piece.count * sizeof(Entry));
      }
    }));
    blocks_.clear();
    chunks_.clear();
    in_blocks_ = 0;
    return absl::OkStatus();
  }

  RunsOptions options_;
  size_t limit_, block_;
  BucketOf bucket_;
  std::vector<Entry> pending_;
  std::vector<MemoryReserve::Piece> chunks_;
  std::vector<Block> blocks_;
  size_t in_blocks_ = 0;
  BucketFile spilled_;
  uint64_t count_ = 0;
};

}  // namespace sabun
