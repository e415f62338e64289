// A long text in pieces that end with a line, so that several threads can read it.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun::file {

// About this long, unless a line is longer. Long ones cut through fewer stretches that are known.
constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kLongPieceBytes = 4 << 20;

// Ends right behind a line feed or with the text. A quoted field may go on in the next piece.
struct Piece {
  absl::string_view bytes;  // of the text itself, or of `owned`
  std::string owned;
  // Where the text is known to begin and to end.
  bool begins_text = false;
  bool ends_text = false;
};

// Gives the pieces in order. Used by one thread at a time.
class PieceSource {
 public:
  virtual ~PieceSource() = default;

  // Puts the next piece, which is not empty, into `*piece`, reusing its memory. False at the end.
  virtual absl::StatusOr<bool> Next(Piece* piece) = 0;

  // There are no more than that.
  virtual size_t most_pieces() const { return std::numeric_limits<size_t>::max(); }

  // Makes a Next that waits, in another thread, and every later one fail soon.
  virtual void Stop() {}
};

// The pieces of a text in memory, which outlives it: the bytes of one follow those of the one before.
class TextPieces : public PieceSource {
 public:
  explicit TextPieces(absl::string_view text, size_t piece_bytes = kPieceBytes)
      : left_(text), text_bytes_(text.size()), piece_bytes_(piece_bytes) {}
  absl::StatusOr<bool> Next(Piece* piece) override;
  size_t most_pieces() const override { return text_bytes_ / piece_bytes_ + 1; }

 private:
  absl::string_view left_;
  size_t text_bytes_;
  size_t piece_bytes_;
};

}  // namespace sabun::file
