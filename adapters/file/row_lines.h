// The lines on which the rows of a stream began.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sabun::file {

// Remembers only the rows that do not begin on the line after the row before. Not thread-safe.
class RowLines {
 public:
  // So many rows of that kind are remembered; the lines of the rows behind them are not known.
  static constexpr size_t kMaxJumps = 1'000'000;

  // Takes note of the next rows, which begin at or after line `line`. Of each row that does not begin on the line after
  // the row before, and of the first one, `jumps` has the number among these rows, from 0, and the line, from `line`.
  struct Jump {
    uint32_t row;
    uint32_t line;
  };
  void Note(uint64_t row_count, uint64_t line, const std::vector<Jump>& jumps);

  // The line of row `ordinal`, which was noted; 0 when it is not known.
  uint64_t LineOf(uint64_t ordinal) const;

 private:
  struct Known {
    uint64_t ordinal;
    uint64_t line;
  };
  std::vector<Known> known_;
  uint64_t noted_ = 0;
  uint64_t unknown_from_ = UINT64_MAX;
};

}  // namespace sabun::file
