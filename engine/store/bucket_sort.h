// Sorts entries whose first words are spread evenly, as keyed hashes and row numbers are: each goes where its word says
// it will be, and only neighbors are compared.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

namespace sabun {

// How an entry's word chooses one of 2^`bits` buckets: `skipped` leading bits are the same in all entries.
struct BucketOf {
  int skipped = 0;
  int bits = 0;
  size_t operator()(uint64_t word) const {
    return bits == 0 ? 0 : static_cast<size_t>((word << skipped) >> (64 - bits));
  }
  // The smallest word of a bucket.
  uint64_t FirstWord(size_t bucket) const { return bucket == 0 ? 0 : bucket << (64 - bits) >> skipped; }
};

// Entries that lie together.
template <typename Entry>
struct Piece {
  const Entry* entries;
  size_t count;
};

// Puts the entries of all pieces in the order of their buckets into `out`, those of one bucket in the order they have,
// and where each bucket begins into `starts` (one more than there are buckets). `Order::Word` gives an entry's word.
template <typename Order, typename Entry>
void Scatter(const std::vector<Piece<Entry>>& pieces, BucketOf bucket, Entry* out, std::vector<uint32_t>* starts) {
  starts->assign((size_t{1} << bucket.bits) + 2, 0);
  uint32_t* const counts = starts->data() + 2;
  for (const Piece<Entry>& piece : pieces) {
    for (size_t i = 0; i < piece.count; ++i) ++counts[bucket(Order::Word(piece.entries[i]))];
  }
  for (size_t b = 2; b < starts->size(); ++b) (*starts)[b] += (*starts)[b - 1];
  uint32_t* const places = starts->data() + 1;
  for (const Piece<Entry>& piece : pieces) {
    for (size_t i = 0; i < piece.count; ++i) out[places[bucket(Order::Word(piece.entries[i]))]++] = piece.entries[i];
  }
  starts->pop_back();
}

// Gathers and sorts by `Order`, which first compares words. Any distribution gives the right result; an even one gives
// it in linear time. Memory is used again.
template <typename Entry, typename Order>
class BucketSorter {
 public:
  // Replaces what was sorted before.
  void Sort(const std::vector<Piece<Entry>>& pieces, int skipped) {
    constexpr int kMostBits = 16;
    size_ = 0;
    for (const Piece<Entry>& piece : pieces) size_ += piece.count;
    if (capacity_ < size_) {
      capacity_ = size_ + size_ / 4;
      sorted_ = std::make_unique_for_overwrite<Entry[]>(capacity_);
    }
    const int bits = std::min({static_cast<int>(std::bit_width(size_)), kMostBits, std::max(64 - skipped, 0)});
    Scatter<Order>(pieces, {skipped, bits}, sorted_.get(), &starts_);
    for (size_t b = 0; b + 1 < starts_.size(); ++b) {
      if (starts_[b + 1] - starts_[b] > 1) std::sort(&sorted_[starts_[b]], &sorted_[starts_[b + 1]], Order());
    }
  }
  const Entry* begin() const { return sorted_.get(); }
  const Entry* end() const { return sorted_.get() + size_; }

 private:
  std::unique_ptr<Entry[]> sorted_;
  size_t capacity_ = 0, size_ = 0;
  std::vector<uint32_t> starts_;
};

}  // namespace sabun
