#include "adapters/file/row_finder.h"

namespace sabun::file {

RowFinder::RowFinder(absl::string_view data, Dialect dialect) : scanner_(data, dialect) {}

void RowFinder::Clear() {
  places_.clear();
  noted_ = 0;
  scanner_.Seek(0, 1);
  next_ordinal_ = 0;
}

void RowFinder::Note(const Row& row) {
  if (noted_ % kRowsPerPlace == 0) places_.push_back({row.offset, row.line});
  ++noted_;
}

void RowFinder::Find(uint64_t ordinal, Row* row) {
  const uint64_t place = ordinal / kRowsPerPlace;
  const bool ahead = next_ordinal_ <= ordinal && next_ordinal_ > place * kRowsPerPlace;
  if (!ahead) {
    scanner_.Seek(places_[place].offset, places_[place].line);
    next_ordinal_ = place * kRowsPerPlace;
  }
  do {
    scanner_.Next(row);
  } while (next_ordinal_++ < ordinal);
}

}  // namespace sabun::file
