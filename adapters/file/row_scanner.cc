#include "adapters/file/row_scanner.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "adapters/file/block_masks.h"

namespace sabun::file {
namespace {

bool IsLeadByte(unsigned char byte) { return (byte >= 0x81 && byte <= 0x9F) || (byte >= 0xE0 && byte <= 0xFC); }
bool IsTrailByte(unsigned char byte) { return byte >= 0x40 && byte <= 0xFC && byte != 0x7F; }

}  // namespace

RowScanner::RowScanner(absl::string_view data, Dialect dialect) : data_(data), dialect_(dialect) {}

void RowScanner::Seek(size_t offset, uint64_t line) {
  position_ = offset;
  line_ = line;
  next_block_ = offset;
  mask_ = 0;
  trail_ = false;
}

bool RowScanner::Next(Row* row) {
  for (;;) {
    if (position_ >= data_.size()) return false;
    row->fields.clear();
    row->field_count = 0;
    row->defect = RowDefect::kNone;
    row->offset = position_;
    row->line = line_;
    ScanFields(row);
    if (!row->raw.empty()) return true;
  }
}

// Field by field to the line feed that is outside of quotes.
void RowScanner::ScanFields(Row* row) {
  const char* const data = data_.data();
  const size_t size = data_.size();
  size_t begin = position_;
  for (;;) {
    size_t end;
    if (begin < size && data[begin] == '"') {
      end = SkipQuoted(row);
    } else {
      do {
        end = NextStructural();
      } while (end < size && data[end] == '"');
    }
    const bool row_ends = end == size || data[end] == '\n';
    size_t field_end = end;
    if (row_ends && end > begin && data[end - 1] == '\r') --field_end;
    if (row->fields.size() < Row::kMaxFields) row->fields.push_back(data_.substr(begin, field_end - begin));
    ++row->field_count;
    if (row_ends) {
      row->raw = data_.substr(position_, field_end - position_);
      position_ = end == size ? size : end + 1;
      ++line_;
      return;
    }
    begin = end + 1;
  }
}

// From the opening quote, which is the next structural byte, to the delimiter or line feed that ends the field.
size_t RowScanner::SkipQuoted(Row* row) {
  const char* const data = data_.data();
  const size_t size = data_.size();
  size_t at = NextStructural();  // the opening quote itself
  for (;;) {
    at = NextStructural();
    if (at == size) {
      row->defect = RowDefect::kOpenQuote;
      return size;
    }
    if (data[at] == '\n') ++line_;
    if (data[at] != '"') continue;
    if (at + 1 < size && data[at + 1] == '"') {
      NextStructural();
      continue;
    }
    break;
  }
  const size_t closing = at;
  do {
    at = NextStructural();
  } while (at < size && data[at] == '"');
  const bool carriage_return = at == closing + 2 && data[closing + 1] == '\r' && (at == size || data[at] == '\n');
  if (at != closing + 1 && !carriage_return) row->defect = RowDefect::kTextAfterQuote;
  return at;
}

// The offset of the next delimiter, quote or line feed; the size of the data when there is none.
inline size_t RowScanner::NextStructural() {
  while (mask_ == 0) {
    if (next_block_ >= data_.size()) return data_.size();
    LoadBlock();
  }
  const size_t at = block_ + static_cast<size_t>(__builtin_ctzll(mask_));
  mask_ &= mask_ - 1;
  return at;
}

void RowScanner::LoadBlock() {
  block_ = next_block_;
  next_block_ += kBlockBytes;
  const char* block = data_.data() + block_;
  char padded[kBlockBytes];
  const size_t left = data_.size() - block_;
  if (left < kBlockBytes) {
    std::memset(padded, 0, sizeof(padded));
    std::memcpy(padded, block, left);
    block = padded;
  }
  mask_ = dialect_.delimiter_may_be_trail_byte ? CharacterMask(block) : PlainMask(block);
}

inline uint64_t RowScanner::PlainMask(const char* block) const {
#if defined(__SSE2__)
  const __m128i delimiter = _mm_set1_epi8(dialect_.delimiter);
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i line_feed = _mm_set1_epi8('\n');
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    const __m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, delimiter), _mm_cmpeq_epi8(bytes, quote)),
                                       _mm_cmpeq_epi8(bytes, line_feed));
    mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(found))) << (16 * i);
  }
  return mask;
#else
  uint64_t mask = 0;
  for (size_t i = 0; i < kBlockBytes; ++i) {
    const bool found = block[i] == dialect_.delimiter || block[i] == '"' || block[i] == '\n';
    mask |= static_cast<uint64_t>(found) << i;
  }
  return mask;
#endif
}

uint64_t RowScanner::CharacterMask(const char* block) {
  uint64_t mask = 0;
  for (size_t i = 0; i < kBlockBytes; ++i) {
    const auto byte = static_cast<unsigned char>(block[i]);
    const bool is_trail = trail_ && IsTrailByte(byte);
    trail_ = !is_trail && IsLeadByte(byte);
    if (is_trail) continue;
    const bool found = block[i] == dialect_.delimiter || block[i] == '"' || block[i] == '\n';
    mask |= static_cast<uint64_t>(found) << i;
  }
  return mask;
}

}  // namespace sabun::file
