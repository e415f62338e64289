#include "adapters/file/piece_source.h"

#include <algorithm>

namespace sabun::file {

absl::StatusOr<bool> TextPieces::Next(Piece* piece) {
  if (left_.empty()) return false;
  const size_t line_feed = left_.size() <= piece_bytes_ ? absl::string_view::npos : left_.find('\n', piece_bytes_ - 1);
  const size_t size = line_feed == absl::string_view::npos ? left_.size() : line_feed + 1;
  piece->bytes = left_.substr(0, size);
  piece->begins_text = left_.size() == text_bytes_;
  piece->ends_text = left_.size() == size;
  left_.remove_prefix(size);
  return true;
}

}  // namespace sabun::file
