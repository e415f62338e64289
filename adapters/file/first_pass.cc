#include "adapters/file/first_pass.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/client/row_source.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/file_error.h"

namespace sabun::file {
namespace {

constexpr size_t kEntryBytes = 32;

}  // namespace

FirstPass::FirstPass(PieceSource& source, Origin origin, Notes notes, PieceReader reader)
    : source_(source), origin_(std::move(origin)), notes_(notes), reader_(std::move(reader)) {}

absl::StatusOr<std::unique_ptr<FirstPass>> FirstPass::Start(const MakePieceReader& make_reader, PieceSource& source,
                                                            Origin origin, Notes notes) {
  std::vector<PieceReader> readers;
  const size_t threads =
      std::clamp<size_t>(std::thread::hardware_concurrency(), 1, std::min(kMaxThreads, source.most_pieces()));
  for (size_t i = 0; i <= threads; ++i) {
    ASSIGN_OR_RETURN(PieceReader reader, make_reader());
    readers.push_back(std::move(reader));
  }
  std::unique_ptr<FirstPass> pass(new FirstPass(source, std::move(origin), notes, std::move(readers.back())));
  pass->slots_.resize(threads + 2);
  for (size_t i = 0; i < threads; ++i) {
    pass->threads_.emplace_back(
        [raw = pass.get(), reader = std::move(readers[i])]() mutable { raw->ReadPieces(std::move(reader)); });
  }
  return pass;
}

FirstPass::~FirstPass() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  source_.Stop();
  for (std::thread& thread : threads_) thread.join();
}

void FirstPass::ReadPieces(PieceReader reader) {
  while (ReadPieceInTurn(reader)) {
  }
}

bool FirstPass::ReadPieceInTurn(PieceReader& reader) {
  Slot* slot = nullptr;
  {
    const std::lock_guard<std::mutex> turn(source_mutex_);
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ended_ || pieces_begun_ < pieces_taken_ + slots_.size(); });
      if (ended_) return false;
      slot = &slots_[pieces_begun_ % slots_.size()];
    }
    const absl::StatusOr<bool> more = source_.Next(&slot->piece);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!more.ok() || !*more) {
      source_error_ = more.status();
      ended_ = true;
      changed_.notify_all();
      return false;
    }
    ++pieces_begun_;
  }
  reader.Read(slot->piece.bytes, slot->piece.begins_text, slot->piece.ends_text, &slot->read);
  const std::lock_guard<std::mutex> lock(mutex_);
  slot->is_read = true;
  changed_.notify_all();
  return true;
}

// The next piece in order; null at the end.
FirstPass::Slot* FirstPass::Await() {
  std::unique_lock<std::mutex> lock(mutex_);
  Slot& slot = slots_[pieces_taken_ % slots_.size()];
  changed_.wait(lock, [&] { return slot.is_read || (ended_ && pieces_taken_ == pieces_begun_); });
  return slot.is_read ? &slot : nullptr;
}

void FirstPass::Release() {
  const std::lock_guard<std::mutex> lock(mutex_);
  slots_[pieces_taken_ % slots_.size()].is_read = false;
  ++pieces_taken_;
  changed_.notify_all();
}

absl::Status FirstPass::Next(v1::Fingerprints* message) {
  message->set_first_ordinal(next_ordinal_);
  message->set_end_ordinal(next_ordinal_);
  for (;;) {
    while (current_ != nullptr && next_chunk_ < current_->chunk_count) {
      if (!Append(current_->chunks[next_chunk_], message)) return absl::OkStatus();
      ++next_chunk_;
    }
    current_ = nullptr;
    if (std::exchange(holds_slot_, false)) Release();
    absl::StatusOr<bool> more = NextPiece();
    // What was read before an error is handed out first.
    if (!client::IsEmpty(*message) && (!more.ok() || !*more)) return absl::OkStatus();
    RETURN_IF_ERROR(more.status());
    if (!*more) return absl::OkStatus();
  }
}

// Makes the next rows current. False when there are none.
absl::StatusOr<bool> FirstPass::NextPiece() {
  for (;;) {
    Slot* const slot = Await();
    if (slot == nullptr) {
      RETURN_IF_ERROR(source_error_);
      if (open_.empty()) return false;
      if (tried_ == open_.size()) return OpenQuote();
    } else {
      ends_with_line_feed_ = slot->piece.bytes.back() == '\n';
    }
    if (slot != nullptr && open_.empty()) {
      holds_slot_ = true;
      Take(slot->read, slot->piece.bytes);
      return true;
    }
    ASSIGN_OR_RETURN(const bool rows, JoinPiece(slot));
    if (rows) return true;
  }
}

// Puts the piece (if any) behind the open row and reads on from there: each time about twice as much, so that a long
// row is not read over and over. True when a row ended.
absl::StatusOr<bool> FirstPass::JoinPiece(Slot* slot) {
  if (slot != nullptr) {
    const absl::string_view bytes = slot->piece.bytes;
    if (slot->piece.owned.empty()) {
      open_ = absl::string_view(open_.data(), open_.size() + bytes.size());
    } else {
      open_copy_.append(bytes.data(), bytes.size());
      open_ = open_copy_;
    }
    Release();
    if (open_.size() < 2 * tried_) return false;
  }
  if (open_.size() > (open_copy_.empty() ? kMaxRowBytes : kMaxCopiedRowBytes)) {
    return FileError(
        absl::StrCat(origin_.path, ":", origin_.line),
        {"FILE-ROW-LENGTH", "この行が長すぎます。引用符の閉じ忘れがないか確かめてください。何も取り込んでいません。",
         "this row is too long. Look for a quote that is not closed. Nothing was stored."});
  }
  reader_.Read(open_, false, false, &joined_);
  tried_ = open_.size();
  if (joined_.row_count == 0 && joined_.bytes == 0) return false;
  Take(joined_, open_);
  return true;
}

// Makes the rows of `text` current; what is left of it becomes the open row.
void FirstPass::Take(ReadPiece& piece, absl::string_view text) {
  current_ = &piece;
  next_chunk_ = 0;
  if (notes_.finder != nullptr) notes_.finder->Note(piece.row_count, origin_.offset, origin_.line, piece.places);
  if (notes_.lines != nullptr) notes_.lines->Note(piece.row_count, origin_.line, piece.jumps);
  if (piece.row_count > 0) {
    last_field_count_ = piece.last_field_count;
    last_line_ = origin_.line + piece.last_line;
  }
  origin_.offset += piece.bytes;
  origin_.line += piece.lines;
  const absl::string_view rest = text.substr(piece.bytes);
  if (holds_slot_ && !slots_[pieces_taken_ % slots_.size()].piece.owned.empty()) {
    open_copy_.assign(rest.data(), rest.size());
    open_ = open_copy_;
  } else if (!open_copy_.empty()) {
    open_copy_.erase(0, piece.bytes);
    open_ = open_copy_;
  } else {
    open_ = rest;
  }
  tried_ = open_.size();
}

absl::Status FirstPass::OpenQuote() const {
  return FileError(absl::StrCat(origin_.path, ":", origin_.line),
                   {"FILE-QUOTE-OPEN", "この行で始まる引用符が最後まで閉じていません。何も取り込んでいません。",
                    "a quote of this row is never closed. Nothing was stored."});
}

// False when the chunk has to wait for the next message.
bool FirstPass::Append(EntryChunk& chunk, v1::Fingerprints* message) {
  const size_t errors = message->unreadable_size() + message->errors_size();
  const bool first = client::IsEmpty(*message);
  const size_t entries = message->entries().size() + chunk.entries.size();
  // Of a source that gives its rows slowly the engine shall hear as often whatever is claimed.
  const bool fits = next_ordinal_ - message->first_ordinal() + chunk.row_count <= client::RowSource::kMaxEntries &&
                    message->rows().size() + chunk.rows.size() <= EntryChunk::kMaxRowBytes &&
                    errors + chunk.unreadable.size() + chunk.errors.size() <= kMaxErrorsInMessage;
  if (!first && !fits) return false;
  const auto tell = [&](const RowMark& mark, v1::RowError* error) {
    FillRowError(*mark.failure.problem, next_ordinal_ + mark.row, reader_.rows().FieldName(mark.failure.field), error);
  };
  for (const RowMark& mark : chunk.unreadable) tell(mark, message->add_unreadable());
  for (const RowMark& mark : chunk.errors) tell(mark, message->add_errors());
  for (const uint32_t row : chunk.deletes) message->add_deletes(next_ordinal_ + row);
  for (const ClaimedRows& rows : chunk.claimed) {
    message->add_claimed_ordinals(next_ordinal_ + rows.row);
    message->add_claimed(rows.number);
  }
  for (const FormedRows& rows : chunk.formed) {
    message->add_formed_ordinals(next_ordinal_ + rows.row);
    client::AppendStretch(rows.stretch, message->mutable_formed());
  }
  if (first && !chunk.rows.empty()) {
    message->mutable_entries()->swap(chunk.entries);
    message->mutable_rows()->swap(chunk.rows);
  } else {
    if (entries > message->entries().capacity()) {
      message->mutable_entries()->reserve(client::RowSource::kMaxEntries * kEntryBytes);
    }
    message->mutable_entries()->append(chunk.entries);
    message->mutable_rows()->append(chunk.rows);
  }
  next_ordinal_ += chunk.row_count;
  message->set_end_ordinal(next_ordinal_);
  return true;
}

}  // namespace sabun::file
