#include "adapters/file/row_finder.h"

#include <algorithm>

namespace sabun::file {

RowFinder::RowFinder(absl::string_view data, Dialect dialect) : data_(data), walker_(dialect) { Clear(); }

void RowFinder::Clear() {
  stretches_.clear();
  places_.clear();
  noted_ = 0;
  stretch_ = 0;
  walker_.Open(data_, data_.size(), 1);
  next_ordinal_ = UINT64_MAX;
}

void RowFinder::Note(uint64_t row_count, size_t offset, uint64_t line, const std::vector<RowPlace>& places) {
  if (row_count == 0) return;
  stretches_.push_back({noted_, places_.size(), offset, line});
  places_.insert(places_.end(), places.begin(), places.end());
  noted_ += row_count;
}

void RowFinder::Find(uint64_t ordinal, Row* row) {
  if (next_ordinal_ > ordinal || ordinal - next_ordinal_ >= kRowsPerPlace) {
    const bool same = stretches_[stretch_].first_ordinal <= ordinal &&
                      (stretch_ + 1 == stretches_.size() || ordinal < stretches_[stretch_ + 1].first_ordinal);
    if (!same) {
      const auto after =
          std::upper_bound(stretches_.begin(), stretches_.end(), ordinal,
                           [](uint64_t wanted, const Stretch& stretch) { return wanted < stretch.first_ordinal; });
      stretch_ = static_cast<size_t>(after - stretches_.begin()) - 1;
    }
    const Stretch& stretch = stretches_[stretch_];
    const uint64_t place = (ordinal - stretch.first_ordinal) / kRowsPerPlace;
    const RowPlace& found = places_[stretch.first_place + place];
    walker_.Seek(stretch.offset + found.offset, stretch.line + found.line);
    next_ordinal_ = stretch.first_ordinal + place * kRowsPerPlace;
  }
  do {
    walker_.Next(row);
  } while (next_ordinal_++ < ordinal);
}

}  // namespace sabun::file
