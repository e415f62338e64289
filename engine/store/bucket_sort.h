// Sorts entries whose first words are spread evenly, as keyed hashes and row numbers are: each goes where its word says
// it will be, and only neighbors are compared.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
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

// Puts `count` entries in the order of their buckets into `out`, those of one bucket in the order they have, and where
// each bucket begins into `starts` (one more than there are buckets). `Order::Word` gives an entry's word.
template <typename Order, typename Entry>
void Scatter(const Entry* entries, size_t count, BucketOf bucket, Entry* out, std::vector<uint32_t>* starts) {
  starts->assign((size_t{1} << bucket.bits) + 2, 0);
  uint32_t* const counts = starts->data() + 2;
  for (size_t i = 0; i < count; ++i) ++counts[bucket(Order::Word(entries[i]))];
  for (size_t b = 2; b < starts->size(); ++b) (*starts)[b] += (*starts)[b - 1];
  uint32_t* const places = starts->data() + 1;
  for (size_t i = 0; i < count; ++i) out[places[bucket(Order::Word(entries[i]))]++] = entries[i];
  starts->pop_back();
}

// Sorts by `Order`, which first compares words. `skipped` as above. Any distribution gives the right result; an even
// one gives it in linear time.
template <typename Order, typename Entry>
void BucketSort(std::vector<Entry>* entries, int skipped, std::vector<Entry>* scratch, std::vector<uint32_t>* starts) {
  constexpr size_t kFewEntries = 24;
  if (entries->size() > kFewEntries && skipped < 64) {
    const int bits = std::min({static_cast<int>(std::bit_width(entries->size())), 16, 64 - skipped});
    scratch->resize(entries->size());
    Scatter<Order>(entries->data(), entries->size(), {skipped, bits}, scratch->data(), starts);
    entries->swap(*scratch);
  } else {
    starts->assign({0, static_cast<uint32_t>(entries->size())});
  }
  for (size_t b = 0; b + 1 < starts->size(); ++b) {
    const auto begin = entries->begin() + (*starts)[b], end = entries->begin() + (*starts)[b + 1];
    if (end - begin > 1) std::sort(begin, end, Order());
  }
}

}  // namespace sabun
