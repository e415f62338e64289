// Rows of a snapshot by their place in the extract.
#pragma once

#include <cstdint>

#include "absl/types/span.h"

namespace sabun {

// Consecutive rows.
struct RowRange {
  uint64_t first;
  uint64_t rows;
};

// Gives the ordinals of those rows of a message that have an entry: all but `others`, which ascend without overlap.
class EntryOrdinals {
 public:
  EntryOrdinals(uint64_t first_ordinal, absl::Span<const RowRange> others) : next_(first_ordinal), others_(others) {}

  uint64_t Next() {
    SkipOthers();
    return next_++;
  }
  // The ordinal behind all rows, when every entry was taken.
  uint64_t End() {
    SkipOthers();
    return next_;
  }
  // Whether all of `others` lie among the rows that were passed.
  bool Passed() const { return others_.empty(); }

 private:
  void SkipOthers() {
    for (; !others_.empty() && others_.front().first == next_; others_.remove_prefix(1)) next_ += others_.front().rows;
  }

  uint64_t next_;
  absl::Span<const RowRange> others_;
};

}  // namespace sabun
