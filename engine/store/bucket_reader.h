// Reads BucketRuns in order.
#pragma once

#include <memory>
#include <vector>

#include "engine/store/bucket_runs.h"
#include "engine/store/sorted_runs.h"

namespace sabun {

// Reads the buckets [begin, end) of `runs`, which outlives it. Several readers of one BucketRuns may run on several
// threads. It stands before the first entry: call Next first.
template <typename Entry, typename Order>
class BucketReader {
 public:
  using Runs = BucketRuns<Entry, Order>;
  explicit BucketReader(const Runs& runs) : BucketReader(runs, 0, runs.buckets()) {}
  BucketReader(const Runs& runs, size_t begin, size_t end) : runs_(&runs), bucket_(begin), end_bucket_(end) {}

  bool Valid() const { return at_ != end_; }
  const Entry& Get() const { return *at_; }
  absl::Status Next() {
    if (at_ != end_ && ++at_ != end_) return absl::OkStatus();
    return Refill();
  }

 private:
  absl::Status Refill() {
    at_ = end_ = nullptr;
    if (large_ != nullptr) {
      RETURN_IF_ERROR(large_->Next());
      PointAtLarge();
    }
    while (at_ == end_ && bucket_ < end_bucket_) {
      const size_t bucket = bucket_++, size = runs_->SizeOf(bucket);
      if (size > runs_->large_bucket()) {
        RETURN_IF_ERROR(LoadLarge(bucket));
      } else if (size > 0) {
        RETURN_IF_ERROR(Load(bucket));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Load(size_t bucket) {
    RETURN_IF_ERROR(runs_->Gather(bucket, &read_, &pieces_));
    const BucketOf bucket_of = runs_->bucket_of();
    sorter_.Sort(pieces_, bucket_of.skipped + bucket_of.bits);
    at_ = sorter_.begin();
    end_ = sorter_.end();
    return absl::OkStatus();
  }

  // A bucket that no even spread explains, such as millions of rows with one key, is merged from disk.
  absl::Status LoadLarge(size_t bucket) {
    large_ = std::make_unique<SortedRuns<Entry, Order>>(
        RunsOptions{runs_->options().directory, runs_->options().memory_bytes / 8});
    RETURN_IF_ERROR(runs_->Visit(bucket, [this](const Piece<Entry>& piece) -> absl::Status {
      for (size_t i = 0; i < piece.count; ++i) RETURN_IF_ERROR(large_->Add(piece.entries[i]));
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(large_->Rewind());
    PointAtLarge();
    return absl::OkStatus();
  }
  void PointAtLarge() {
    if (!large_->Valid()) return large_.reset();
    at_ = &large_->Get();
    end_ = at_ + 1;
  }

  const Runs* runs_;
  size_t bucket_, end_bucket_;
  const Entry *at_ = nullptr, *end_ = nullptr;
  std::vector<Entry> read_;
  std::vector<Piece<Entry>> pieces_;
  BucketSorter<Entry, Order> sorter_;
  std::unique_ptr<SortedRuns<Entry, Order>> large_;
};

}  // namespace sabun
