// Finds rows again by their ordinal.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "adapters/file/row_scanner.h"

namespace sabun::file {

// Remembers where every 64th row begins: a quarter of a byte a row. Not thread-safe.
class RowFinder {
 public:
  // `data` outlives it.
  RowFinder(absl::string_view data, Dialect dialect);

  // Forgets all rows.
  void Clear();

  // Takes note of the next row; every row is given, from ordinal 0.
  void Note(const Row& row);

  // Puts row `ordinal`, which was noted, into `*row`. Cheap when ordinals ascend.
  void Find(uint64_t ordinal, Row* row);

 private:
  struct Place {
    uint64_t offset;
    uint64_t line;
  };
  static constexpr uint64_t kRowsPerPlace = 64;

  std::vector<Place> places_;
  uint64_t noted_ = 0;
  RowScanner scanner_;
  uint64_t next_ordinal_ = 0;  // of the scanner
};

}  // namespace sabun::file
