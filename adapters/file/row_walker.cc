#include "adapters/file/row_walker.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sabun::file {
namespace {

size_t LowestBit(uint64_t bits) { return static_cast<size_t>(__builtin_ctzll(bits)); }

// A closing quote may also be followed by the carriage return of the line end, and by the end of the data.
bool AreLineEnds(absl::string_view data, size_t base, uint64_t places) {
  for (; places != 0; places &= places - 1) {
    const size_t at = base + LowestBit(places);
    if (at == data.size()) continue;
    if (data[at] != '\r' || (at + 1 < data.size() && data[at + 1] != '\n')) return false;
  }
  return true;
}

}  // namespace

// The body is inlined into functions for processors with and without an instruction that counts bits.
struct RowWalker::Walks {
  template <bool kAllColumns>
  static inline __attribute__((always_inline)) Found Body(RowWalker& walker, Row* row);

  template <bool kAllColumns>
  static Found Plain(RowWalker& walker, Row* row) {
    return Body<kAllColumns>(walker, row);
  }
#if defined(__x86_64__)
  template <bool kAllColumns>
  __attribute__((target("popcnt,bmi"))) static Found Counting(RowWalker& walker, Row* row) {
    return Body<kAllColumns>(walker, row);
  }
#endif

  static Walk Choose(bool all_columns) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi")) {
      return all_columns ? &Counting<true> : &Counting<false>;
    }
#endif
    return all_columns ? &Plain<true> : &Plain<false>;
  }
};

RowWalker::RowWalker(Dialect dialect, FindMasks find)
    : dialect_(dialect),
      find_(find != nullptr ? find : MaskKernels().back().find),
      walk_(Walks::Choose(true)),
      scanner_({}, dialect) {}

RowWalker::RowWalker(Dialect dialect, std::vector<size_t> columns, FindMasks find) : RowWalker(dialect, find) {
  all_columns_ = false;
  walk_ = Walks::Choose(false);
  columns_ = std::move(columns);
  const auto stop = [this](size_t delimiter) {
    if (stops_.empty() || stops_.back() != delimiter) stops_.push_back(delimiter);
    return static_cast<int>(stops_.size()) - 1;
  };
  for (const size_t column : columns_) {
    const int begin = column == 0 ? -1 : stop(column - 1);
    bounds_.push_back({begin, stop(column)});
  }
  stop_at_.resize(stops_.size());
}

void RowWalker::Open(absl::string_view data, size_t offset, uint64_t line) {
  data_ = data;
  Seek(offset, line);
  next_window_blocks_ = kWindowBlocks;
  blocks_ = (data.size() + kBlockBytes - 1) / kBlockBytes;
  window_begin_ = window_end_ = 0;
  scanner_ = RowScanner(data, dialect_);
}

void RowWalker::Seek(size_t offset, uint64_t line) {
  position_ = offset;
  line_ = line;
  next_window_blocks_ = kFirstWindowBlocks;
}

bool RowWalker::Next(Row* row) {
  while (position_ < data_.size()) {
    row->defect = RowDefect::kNone;
    row->offset = position_;
    row->line = line_;
    if (dialect_.delimiter_may_be_trail_byte) {
      ScanInstead(row);
    } else {
      const size_t block = position_ / kBlockBytes;
      if (block < window_begin_ || block >= window_end_) Load(block);
      Found found = walk_(*this, row);
      if (found == Found::kEndOfWindow) {
        Load(block);
        found = walk_(*this, row);
      }
      if (found == Found::kHardRow) ScanInstead(row);
    }
    if (!row->raw.empty()) return true;
  }
  return false;
}

void RowWalker::Load(size_t block) {
  window_begin_ = block;
  window_end_ = std::min(blocks_, block + next_window_blocks_);
  next_window_blocks_ = std::min(2 * next_window_blocks_, kWindowBlocks);
  const char* const begin = data_.data() + block * kBlockBytes;
  const bool cut = window_end_ * kBlockBytes > data_.size();
  const size_t whole = window_end_ - window_begin_ - (cut ? 1 : 0);
  find_(begin, whole, dialect_.delimiter, masks_.data());
  if (!cut) return;
  char padded[kBlockBytes] = {};
  std::memcpy(padded, begin + whole * kBlockBytes, data_.size() % kBlockBytes);
  find_(padded, 1, dialect_.delimiter, masks_.data() + whole);
}

// One row, from a place where no quote is open. A quote is taken by its parity: right as long as each one that opens
// stands at the begin of a field or behind one that closes (an escaped quote), and each one that closes stands before
// the end of a field or another quote. Any other row is RowScanner's.
template <bool kAllColumns>
inline RowWalker::Found RowWalker::Walks::Body(RowWalker& walker, Row* row) {
  const char* const data = walker.data_.data();
  const size_t begin = walker.position_;
  const size_t first_block = begin / kBlockBytes;
  size_t block = first_block;
  uint64_t from = ~uint64_t{0} << (begin % kBlockBytes);  // the bytes of the block from the row's begin
  uint64_t flip = 0;                                      // all ones when the block begins inside of quotes
  uint64_t may_open = uint64_t{1} << (begin % kBlockBytes);
  uint64_t closed = 0;  // bit 0: the byte before this block closes a quote
  size_t delimiters_found = 0;
  size_t stops_found = 0;
  uint64_t lines = 1;
  size_t field_begin = begin;
  size_t end = walker.data_.size();
  const BlockMasks* masks = &walker.masks_[block - walker.window_begin_];
  if (__builtin_parityll(masks->quotes & ~from)) flip = ~uint64_t{0};

  for (;;) {
    const size_t base = block * kBlockBytes;
    const uint64_t inside = masks->quoted ^ flip;
    const uint64_t row_end = masks->line_feeds & from & ~inside;
    const uint64_t mine = (row_end ^ (row_end - 1)) & from;  // the row's own bytes, its line feed included
    const uint64_t delimiters = masks->delimiters & mine & ~inside;
    const uint64_t quotes = masks->quotes & mine;
    const uint64_t closes = quotes & ~inside;
    if ((quotes | closed) != 0) {
      if ((quotes & inside & ~(may_open | (delimiters | closes) << 1)) != 0) return Found::kHardRow;
      const uint64_t odd = (closes << 1 | closed) & ~(masks->delimiters | masks->quotes | masks->line_feeds);
      if (odd != 0 && !AreLineEnds(walker.data_, base, odd)) return Found::kHardRow;
    }
    const uint64_t quoted_line_feeds = masks->line_feeds & mine & inside;
    if (quoted_line_feeds != 0) lines += static_cast<uint64_t>(__builtin_popcountll(quoted_line_feeds));

    const auto found = static_cast<size_t>(__builtin_popcountll(delimiters));
    if (kAllColumns) {
      const size_t needed = std::min(delimiters_found + found + 1, Row::kMaxFields);
      if (row->fields.size() < needed) row->fields.resize(needed);
      size_t field = delimiters_found;
      for (uint64_t left = delimiters; left != 0; left &= left - 1, ++field) {
        const size_t at = base + LowestBit(left);
        if (field < Row::kMaxFields) row->fields[field] = {data + field_begin, at - field_begin};
        field_begin = at + 1;
      }
    } else {
      const size_t stops = walker.stops_.size();
      for (; stops_found < stops && walker.stops_[stops_found] < delimiters_found + found; ++stops_found) {
        uint64_t left = delimiters;
        for (size_t skip = walker.stops_[stops_found] - delimiters_found; skip > 0; --skip) left &= left - 1;
        walker.stop_at_[stops_found] = base + LowestBit(left);
      }
    }
    delimiters_found += found;

    if (row_end != 0) {
      end = base + LowestBit(row_end);
      break;
    }
    flip = static_cast<uint64_t>(static_cast<int64_t>(inside) >> 63);
    if (++block == walker.blocks_) {
      if (flip != 0) return Found::kHardRow;
      break;
    }
    if (block == walker.window_end_) {
      return first_block == walker.window_begin_ ? Found::kHardRow : Found::kEndOfWindow;
    }
    from = ~uint64_t{0};
    may_open = (delimiters | closes) >> 63;
    closed = closes >> 63;
    ++masks;
  }

  const size_t raw_end = end > begin && data[end - 1] == '\r' ? end - 1 : end;
  row->raw = {data + begin, raw_end - begin};
  row->field_count = delimiters_found + 1;
  if (kAllColumns) {
    row->fields.resize(std::min(row->field_count, Row::kMaxFields));
    if (row->field_count <= Row::kMaxFields) row->fields.back() = {data + field_begin, raw_end - field_begin};
  } else {
    walker.GiveWanted(row, stops_found);
  }
  walker.position_ = std::min(end + 1, walker.data_.size());
  walker.line_ += lines;
  return Found::kRow;
}

inline void RowWalker::GiveWanted(Row* row, size_t stops_found) const {
  const size_t row_end = row->offset + row->raw.size();
  row->fields.resize(columns_.size());
  for (size_t i = 0; i < bounds_.size(); ++i) {
    const auto [begin, end] = bounds_[i];
    if (begin >= static_cast<int>(stops_found)) return;
    const size_t first = begin < 0 ? row->offset : stop_at_[begin] + 1;
    const size_t last = end < static_cast<int>(stops_found) ? stop_at_[end] : row_end;
    row->fields[i] = {data_.data() + first, last - first};
  }
}

void RowWalker::ScanInstead(Row* row) {
  scanner_.Seek(position_, line_);
  Row* const scanned = all_columns_ ? row : &scanned_;
  if (!scanner_.Next(scanned)) {
    row->raw = {};
  } else if (!all_columns_) {
    std::swap(scanned_.fields, row->fields);
    const std::vector<absl::string_view> all = row->fields;
    *row = Row{scanned_.raw, {}, scanned_.field_count, scanned_.defect, scanned_.offset, scanned_.line};
    for (const size_t column : columns_) row->fields.push_back(column < all.size() ? all[column] : absl::string_view());
  }
  position_ = scanner_.offset();
  line_ = scanner_.line();
}

}  // namespace sabun::file
