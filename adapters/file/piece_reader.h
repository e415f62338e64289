// What the first pass makes of one piece of a file.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/stretches.h"
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

// A stretch of rows, counted from the chunk's first one.
struct ClaimedRows {
  uint32_t row;
  uint32_t number;  // see client::KnownStretches
};
struct FormedRows {
  uint32_t row;
  client::Stretch stretch;
};

// Consecutive rows, few enough for one message.
struct EntryChunk {
  static constexpr size_t kMaxRows = 4096;  // that are not claimed
  static constexpr size_t kMaxRowsWithClaims = 16'384;
  static constexpr size_t kMaxRowBytes = 1 << 20;  // of packed rows; more only for a single row
  static constexpr size_t kMaxMarks = 500;

  size_t row_count = 0;
  size_t claimed_rows = 0;
  std::string entries;            // v1::Fingerprints.entries
  std::string rows;               // v1::Fingerprints.rows
  std::vector<uint32_t> deletes;  // counted from the chunk's first row
  std::vector<RowMark> unreadable;
  std::vector<RowMark> errors;
  std::vector<ClaimedRows> claimed;
  std::vector<FormedRows> formed;
};

struct ReadPiece {
  std::vector<EntryChunk> chunks;  // the first chunk_count of them; the others are memory to be used again
  size_t chunk_count = 0;
  std::vector<RowPlace> places;  // of the first row, and of some that were not claimed
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
  // `layout` outlives it. With `one_pass` the rows are packed too. `stretches`: what may be claimed; null: stretches
  // are neither claimed nor formed.
  static absl::StatusOr<PieceReader> Create(const CsvLayout& layout, const v1::Begun& begun, bool one_pass,
                                            std::shared_ptr<const client::KnownStretches> stretches = nullptr);

  // Reads `text`, which begins a row, as far as its rows end in it. `begins_file` and `ends_file`: no row lies before
  // it and behind it.
  void Read(absl::string_view text, bool begins_file, bool ends_file, ReadPiece* piece);

  const RowReader& rows() const { return rows_; }

 private:
  PieceReader(const CsvLayout& layout, RowReader rows, client::KeyedHash key_hash, client::KeyedHash fingerprint_hash,
              bool one_pass, std::shared_ptr<const client::KnownStretches> stretches);
  EntryChunk& ChunkWithRoom(size_t packed_bytes, ReadPiece* piece);
  void AddRow(const Row& row, const client::Hash128& fingerprint, ReadPiece* piece);

  // A row that was not claimed, in the run of such rows behind the last claim.
  struct RunRow {
    size_t offset;
    uint64_t line;
    std::array<char, 4> anchor;
  };
  void ClaimAt(size_t offset, uint64_t line, uint32_t number, ReadPiece* piece);
  void NotePlace(size_t offset, uint64_t line, ReadPiece* piece);
  // Ends the run, which ends before `offset` on `line`, and forms stretches of it.
  void EndRun(size_t offset, uint64_t line, bool form, ReadPiece* piece);
  void Form(size_t first, size_t rows, size_t end_offset, uint64_t end_line, EntryChunk* chunk) const;

  RowReader rows_;
  RowWalker walker_;
  client::KeyedHash key_hash_;
  client::KeyedHash fingerprint_hash_;
  bool one_pass_;
  std::shared_ptr<const client::KnownStretches> stretches_;
  Row row_;
  std::string key_input_;
  absl::string_view text_;
  std::vector<RunRow> run_;
  uint32_t run_begin_ = 0;   // its first row, counted from the chunk's
  bool bounded_ = false;     // the run begins behind a claim, or with the file
  uint64_t next_place_ = 0;  // the row from which on the next place is kept
};

}  // namespace sabun::file
