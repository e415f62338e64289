// The kernel that takes a CSV apart: RFC 4180 over bytes in memory, 64 at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun::file {

// What decides where a field and a row end.
struct Dialect {
  char delimiter = ',';
  // The second byte of a CP932 character is 0x40 to 0x7E or 0x80 to 0xFC: never a comma, a tab, a quote or a line end,
  // but possibly '|'. When the delimiter is such a byte, characters have to be told from bytes.
  bool delimiter_may_be_trail_byte = false;
};

// Why a row cannot be taken apart.
enum class RowDefect {
  kNone,
  kTextAfterQuote,  // something other than a delimiter follows a closing quote
  kOpenQuote,       // a quote is never closed: the row runs to the end of the file
};

// One row. The views point into the scanned bytes.
struct Row {
  absl::string_view raw;                  // without the line end (LF or CR LF)
  std::vector<absl::string_view> fields;  // raw, with their quotes; the first kMaxFields of them
  size_t field_count = 0;
  RowDefect defect = RowDefect::kNone;
  size_t offset = 0;  // of raw in the scanned bytes
  uint64_t line = 0;  // of the row's first byte, from 1

  static constexpr size_t kMaxFields = 4096;
};

// Walks over the rows of `data`, which outlives it. Lines without a byte are skipped. A quote is special only as the
// first byte of a field. Memory does not depend on the data. Not thread-safe.
class RowScanner {
 public:
  RowScanner(absl::string_view data, Dialect dialect);

  // Goes to `offset`, which begins a row, on line `line`.
  void Seek(size_t offset, uint64_t line);

  // Puts the next row into `*row`, reusing its memory. False at the end.
  bool Next(Row* row);

  // Where the next row is looked for, and its line.
  size_t offset() const { return position_; }
  uint64_t line() const { return line_; }

 private:
  size_t NextStructural();
  void LoadBlock();
  uint64_t PlainMask(const char* block) const;
  uint64_t CharacterMask(const char* block);
  size_t SkipQuoted(Row* row);
  void ScanFields(Row* row);

  absl::string_view data_;
  Dialect dialect_;
  size_t position_ = 0;    // of the next row
  uint64_t line_ = 1;      // of the next row
  size_t next_block_ = 0;  // offset of the first block that is not loaded
  size_t block_ = 0;       // offset of the loaded block
  uint64_t mask_ = 0;      // its delimiters, quotes and line feeds that were not visited yet
  bool trail_ = false;     // the next block begins with the second byte of a character
};

}  // namespace sabun::file
