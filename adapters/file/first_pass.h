// The first pass over a file: read in pieces by several threads, handed out in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adapters/file/piece_reader.h"
#include "adapters/file/piece_source.h"
#include "adapters/file/row_finder.h"
#include "adapters/file/row_lines.h"

namespace sabun::file {

using MakePieceReader = std::function<absl::StatusOr<PieceReader>()>;

// Each piece is read as if a row began with it. That is wrong when a quoted line feed lies just before; whoever puts
// the pieces together knows, because the row of the piece before is still open, and reads on from that row. So the
// result never depends on where the pieces are cut. At most kMaxAhead pieces are in memory. For one thread.
class FirstPass {
 public:
  static constexpr size_t kMaxThreads = 4;
  static constexpr size_t kMaxAhead = kMaxThreads + 2;
  // A row in the file's own memory, and one that has to be copied together.
  static constexpr size_t kMaxRowBytes = size_t{1} << 30;
  static constexpr size_t kMaxCopiedRowBytes = size_t{16} << 20;

  // Where the rows of a pass begin.
  struct Origin {
    std::string path;  // for errors
    size_t offset = 0;
    uint64_t line = 1;
  };
  // What takes note of the rows; each may be null.
  struct Notes {
    RowFinder* finder = nullptr;
    RowLines* lines = nullptr;
  };

  // Starts to read `source` with a reader for each thread. All that is pointed to outlives the pass.
  static absl::StatusOr<std::unique_ptr<FirstPass>> Start(const MakePieceReader& make_reader, PieceSource& source,
                                                          Origin origin, Notes notes);
  FirstPass(const FirstPass&) = delete;
  FirstPass& operator=(const FirstPass&) = delete;
  ~FirstPass();

  // RowSource::ReadEntries. Errors: the source's; FILE-QUOTE-OPEN and FILE-ROW-LENGTH.
  absl::Status Next(v1::Fingerprints* message);

  // Rows that were handed out.
  uint64_t row_count() const { return next_ordinal_; }
  // Where in the file those rows end, or a little behind.
  size_t offset() const { return origin_.offset; }
  // Of the last row; valid when the pass is over.
  size_t last_field_count() const { return last_field_count_; }
  uint64_t last_line() const { return last_line_; }
  bool ends_with_line_feed() const { return ends_with_line_feed_; }

 private:
  struct Slot {
    Piece piece;
    ReadPiece read;
    bool is_read = false;
  };

  FirstPass(PieceSource& source, Origin origin, Notes notes, PieceReader reader);
  void ReadPieces(PieceReader reader);
  bool ReadPieceInTurn(PieceReader& reader);
  Slot* Await();
  void Release();
  absl::StatusOr<bool> NextPiece();
  absl::StatusOr<bool> JoinPiece(Slot* slot);
  void Take(ReadPiece& piece, absl::string_view text);
  absl::Status OpenQuote() const;
  bool Append(EntryChunk& chunk, v1::Fingerprints* message);

  PieceSource& source_;
  Origin origin_;  // of the row after all that was taken
  Notes notes_;
  PieceReader reader_;  // of rows that lie across pieces

  ReadPiece* current_ = nullptr;  // a slot's, or joined_
  size_t next_chunk_ = 0;
  bool holds_slot_ = false;
  uint64_t next_ordinal_ = 0;
  size_t last_field_count_ = 0;
  uint64_t last_line_ = 0;
  bool ends_with_line_feed_ = false;

  absl::string_view open_;  // begins with a row that does not end in it
  std::string open_copy_;   // holds it when the pieces do not lie one behind the other
  size_t tried_ = 0;        // how much of it was read in vain
  ReadPiece joined_;

  std::mutex source_mutex_;  // for one thread at a time at the source
  std::mutex mutex_;         // guards what follows
  std::condition_variable changed_;
  std::vector<Slot> slots_;  // piece k is in slot k modulo their number
  uint64_t pieces_begun_ = 0;
  uint64_t pieces_taken_ = 0;
  bool ended_ = false;  // no piece is begun any more
  absl::Status source_error_;

  std::vector<std::thread> threads_;
};

}  // namespace sabun::file
