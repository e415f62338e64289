#include "adapters/file/row_lines.h"

#include <algorithm>

namespace sabun::file {

void RowLines::Note(uint64_t row_count, uint64_t line, const std::vector<Jump>& jumps) {
  for (const Jump& jump : jumps) {
    const Known known{noted_ + jump.row, line + jump.line};
    const bool expected = !known_.empty() && known.line - known_.back().line == known.ordinal - known_.back().ordinal;
    if (expected) continue;
    if (known_.size() == kMaxJumps) {
      unknown_from_ = std::min(unknown_from_, known.ordinal);
      break;
    }
    known_.push_back(known);
  }
  noted_ += row_count;
}

uint64_t RowLines::LineOf(uint64_t ordinal) const {
  if (ordinal >= std::min(noted_, unknown_from_)) return 0;
  const auto after = std::upper_bound(known_.begin(), known_.end(), ordinal,
                                      [](uint64_t wanted, const Known& known) { return wanted < known.ordinal; });
  const Known& before = *(after - 1);
  return before.line + (ordinal - before.ordinal);
}

}  // namespace sabun::file
