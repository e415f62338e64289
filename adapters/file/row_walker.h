// The quick way through a CSV: the rows that RowScanner gives, found by masks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "adapters/file/block_masks.h"
#include "adapters/file/row_scanner.h"

namespace sabun::file {

// Gives exactly what RowScanner gives, which remains the definition and takes the rows that are hard: with text around
// quotes, of more than 16 KiB, or of a dialect whose delimiter may be half a character. Not thread-safe; memory does
// not depend on the data.
class RowWalker {
 public:
  // `find` is one of MaskKernels(); null for the fastest.
  explicit RowWalker(Dialect dialect, FindMasks find = nullptr);
  // Of each row only the fields of `columns` (ascending) are given, in that order. They are unspecified for a row that
  // has a defect or lacks one of these columns.
  RowWalker(Dialect dialect, std::vector<size_t> columns, FindMasks find = nullptr);

  // Goes to `offset` of `data`, which begins a row, on line `line`. `data` outlives the walk.
  void Open(absl::string_view data, size_t offset, uint64_t line);

  // Goes to another row of the same data.
  void Seek(size_t offset, uint64_t line);

  // Puts the next row into `*row`, reusing its memory. False at the end.
  bool Next(Row* row);

  // Where the next row is looked for, and its line.
  size_t offset() const { return position_; }
  uint64_t line() const { return line_; }

 private:
  static constexpr size_t kWindowBlocks = 256;
  // After a seek often a few rows only are wanted: windows grow from here.
  static constexpr size_t kFirstWindowBlocks = 16;

  // Where a field of a wanted column begins and ends: behind and at a delimiter of these, or the row's own bounds.
  struct Bounds {
    int begin;
    int end;
  };
  enum class Found { kRow, kHardRow, kEndOfWindow };
  using Walk = Found (*)(RowWalker&, Row*);
  struct Walks;

  void Load(size_t block);
  void ScanInstead(Row* row);
  void GiveWanted(Row* row, size_t stops_found) const;

  Dialect dialect_;
  FindMasks find_;
  Walk walk_;
  RowScanner scanner_;
  bool all_columns_ = true;
  std::vector<size_t> columns_;
  std::vector<Bounds> bounds_;   // by wanted column: indices into stops_, or -1
  std::vector<size_t> stops_;    // ascending: which delimiters of a row bound wanted columns
  std::vector<size_t> stop_at_;  // their offsets in the present row
  Row scanned_;

  absl::string_view data_;
  size_t position_ = 0;
  uint64_t line_ = 1;
  size_t blocks_ = 0;        // of the data
  size_t window_begin_ = 0;  // the blocks whose masks are loaded
  size_t window_end_ = 0;
  size_t next_window_blocks_ = kWindowBlocks;
  std::array<BlockMasks, kWindowBlocks> masks_;
};

}  // namespace sabun::file
