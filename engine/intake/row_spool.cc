#include "engine/intake/row_spool.h"

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

}  // namespace

absl::Status RowSpool::Add(uint64_t ordinal, absl::string_view row) {
  if (pending_.empty()) pending_first_ = ordinal;
  AppendVarint(ordinal, &pending_);
  AppendSized(row, &pending_);
  return pending_.size() < kPieceBytes ? absl::OkStatus() : WriteOut();
}

absl::Status RowSpool::WriteOut() {
  if (pending_.empty()) return absl::OkStatus();
  if (file_ == nullptr) {
    ASSIGN_OR_RETURN(file_, SpoolFile::Create(directory_));
  }
  pieces_.push_back({pending_first_, file_->size()});
  RETURN_IF_ERROR(file_->Append(&pending_));
  pending_.clear();
  return absl::OkStatus();
}

absl::Status RowSpool::LoadPiece(size_t piece) {
  const uint64_t end = piece + 1 < pieces_.size() ? pieces_[piece + 1].offset : file_->size();
  loaded_.resize(end - pieces_[piece].offset);
  RETURN_IF_ERROR(file_->Read(pieces_[piece].offset, loaded_.size(), loaded_.data()));
  rest_ = loaded_;
  next_piece_ = piece + 1;
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> RowSpool::Find(uint64_t ordinal) {
  size_t piece = next_piece_;
  while (piece < pieces_.size() && pieces_[piece].first_ordinal <= ordinal) ++piece;
  if (piece > next_piece_) RETURN_IF_ERROR(LoadPiece(piece - 1));
  while (!rest_.empty()) {
    absl::string_view after = rest_, row;
    uint64_t found = 0;
    if (!TakeVarint(&after, &found) || !TakeSized(&after, &row)) return absl::InternalError("spool: a row is damaged");
    if (found > ordinal) break;
    rest_ = after;
    if (found == ordinal) return row;
  }
  return absl::NotFoundError("spool: the row was not kept");
}

}  // namespace sabun
