// What the first pass makes of one piece of a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/client/key_scheme.h"
#include "adapters/file/row_finder.h"
#include "adapters/file/row_lines.h"
#include "adapters/file/row_reader.h"
#include "adapters/file/row_walker.h"
#include "sabun/v1/intake.pb.h"

namespace sabun::file {

// A row, counted from the chunk's first one, and what is wrong with it.
struct RowMark {
  uint32_t row;
  RowReader::Failure failure;
};

// Consecutive rows, few enough for one message.
struct EntryChunk {
  static constexpr size_t kMaxRows = 4096;
  static constexpr size_t kMaxRowBytes = 1 << 20;  // of packed rows; more only for a single row
  static constexpr size_t kMaxMarks = 500;

  size_t row_count = 0;
  std::string entries;            // v1::Fingerprints.entries
  std::string rows;               // v1::Fingerprints.rows
  std::vector<uint32_t> deletes;  // counted from the chunk's first row
  std::vector<RowMark> unreadable;
  std::vector<RowMark> errors;
};

struct ReadPiece {
  std::vector<EntryChunk> chunks;  // the first chunk_count of them; the others are memory to be used again
  size_t chunk_count = 0;
  std::vector<RowPlace> places;  // of every kRowsPerPlace-th row
  std::vector<RowLines::Jump> jumps;
  uint64_t row_count = 0;
  size_t bytes = 0;             // before the row that does not end in this piece; all when there is none
  uint64_t lines = 0;           // in those bytes
  size_t last_field_count = 0;  // of the last row
  uint64_t last_line = 0;       // on which it begins, counted from the piece's first
};

// Reads pieces. Not thread-safe: each thread has its own.
class PieceReader {
 public:
  // `layout` outlives it. With `one_pass` the rows are packed too.
  static absl::StatusOr<PieceReader> Create(const CsvLayout& layout, const v1::Begun& begun, bool one_pass);

  // Reads `text`, which begins a row, as far as its rows end in it.
  void Read(absl::string_view text, ReadPiece* piece);

  const RowReader& rows() const { return rows_; }

 private:
  PieceReader(const CsvLayout& layout, RowReader rows, client::KeyedHash key_hash, client::KeyedHash fingerprint_hash,
              bool one_pass);
  EntryChunk& ChunkWithRoom(size_t packed_bytes, ReadPiece* piece) const;
  void AddRow(const Row& row, ReadPiece* piece);

  RowReader rows_;
  RowWalker walker_;
  client::KeyedHash key_hash_;
  client::KeyedHash fingerprint_hash_;
  bool one_pass_;
  Row row_;
  std::string key_input_;
};

}  // namespace sabun::file
