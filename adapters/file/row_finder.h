// Finds rows again by their ordinal.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "adapters/file/row_walker.h"

namespace sabun::file {

// Of one row in this many the place is kept; of one in fewer when only some rows may be asked for.
constexpr uint64_t kRowsPerPlace = 16;
constexpr uint64_t kRowsPerPlaceOfFew = 4;

// Where a row begins; all are counted from the begin of a part of the file.
struct RowPlace {
  uint32_t row;
  uint32_t offset;
  uint32_t line;
};

// Remembers where some rows of each part begin: less than a byte a row. Not thread-safe.
class RowFinder {
 public:
  // `data` outlives it.
  RowFinder(absl::string_view data, Dialect dialect);

  // Forgets all rows.
  void Clear();

  // Takes note of the next rows: the first one begins at or after `offset`, which is on line `line`; `places` are those
  // of the first and of any others; a row is found quickly when there is one at it or shortly before.
  void Note(uint64_t row_count, size_t offset, uint64_t line, const std::vector<RowPlace>& places);

  // Puts row `ordinal`, which was noted, into `*row`. Cheap when ordinals ascend.
  void Find(uint64_t ordinal, Row* row);

 private:
  struct Part {
    uint64_t first_ordinal;
    size_t first_place;
    size_t offset;
    uint64_t line;
  };

  absl::string_view data_;
  std::vector<Part> parts_;
  std::vector<RowPlace> places_;
  uint64_t noted_ = 0;
  RowWalker walker_;
  size_t part_ = 0;            // the one that was found last
  uint64_t next_ordinal_ = 0;  // of the walker
};

}  // namespace sabun::file
