#include "adapters/file/row_finder.h"

#include <algorithm>

namespace sabun::file {

RowFinder::RowFinder(absl::string_view data, Dialect dialect) : data_(data), walker_(dialect) { Clear(); }

void RowFinder::Clear() {
  parts_.clear();
  places_.clear();
  noted_ = 0;
  part_ = 0;
  walker_.Open(data_, data_.size(), 1);
  next_ordinal_ = UINT64_MAX;
}

void RowFinder::Note(uint64_t row_count, size_t offset, uint64_t line, const std::vector<RowPlace>& places) {
  if (row_count == 0) return;
  parts_.push_back({noted_, places_.size(), offset, line});
  places_.insert(places_.end(), places.begin(), places.end());
  noted_ += row_count;
}

void RowFinder::Find(uint64_t ordinal, Row* row) {
  if (next_ordinal_ > ordinal || ordinal - next_ordinal_ >= kRowsPerPlace) {
    const bool same = parts_[part_].first_ordinal <= ordinal &&
                      (part_ + 1 == parts_.size() || ordinal < parts_[part_ + 1].first_ordinal);
    if (!same) {
      const auto after = std::upper_bound(parts_.begin(), parts_.end(), ordinal, [](uint64_t wanted, const Part& part) {
        return wanted < part.first_ordinal;
      });
      part_ = static_cast<size_t>(after - parts_.begin()) - 1;
    }
    const Part& part = parts_[part_];
    const auto begin = places_.begin() + static_cast<ptrdiff_t>(part.first_place);
    const auto end = part_ + 1 == parts_.size()
                         ? places_.end()
                         : places_.begin() + static_cast<ptrdiff_t>(parts_[part_ + 1].first_place);
    const auto after = std::upper_bound(begin, end, ordinal - part.first_ordinal,
                                        [](uint64_t wanted, const RowPlace& place) { return wanted < place.row; });
    const RowPlace& found = *(after - 1);
    walker_.Seek(part.offset + found.offset, part.line + found.line);
    next_ordinal_ = part.first_ordinal + found.row;
  }
  do {
    walker_.Next(row);
  } while (next_ordinal_++ < ordinal);
}

}  // namespace sabun::file
