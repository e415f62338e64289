#include "adapters/file/piece_reader.h"

#include <array>
#include <cstring>
#include <utility>

#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"

namespace sabun::file {
namespace {

constexpr size_t kHashBytes = 16;

void Clear(EntryChunk* chunk) {
  chunk->row_count = chunk->claimed_rows = 0;
  chunk->entries.clear();
  chunk->rows.clear();
  chunk->deletes.clear();
  chunk->unreadable.clear();
  chunk->errors.clear();
  chunk->claimed.clear();
  chunk->formed.clear();
}

// A stretch breaks when one of its rows changes, and each costs memory here and at the engine, so it is neither long
// nor short.
constexpr size_t kRowsOfStretch = 20;
constexpr size_t kMostRowsOfStretch = 31;
// At the ends of a piece a run may be a part of a stretch that the cut went through; a longer one is not.
constexpr size_t kMostRowsOfCut = 2 * kRowsOfStretch;

}  // namespace

PieceReader::PieceReader(const CsvLayout& layout, RowReader rows, client::KeyedHash key_hash,
                         client::KeyedHash fingerprint_hash, bool one_pass,
                         std::shared_ptr<const client::KnownStretches> stretches)
    : rows_(std::move(rows)),
      walker_(one_pass ? RowWalker(layout.dialect) : RowWalker(layout.dialect, rows_.key_columns())),
      key_hash_(std::move(key_hash)),
      fingerprint_hash_(std::move(fingerprint_hash)),
      one_pass_(one_pass),
      stretches_(std::move(stretches)) {
  if (one_pass) rows_.TakeAllColumns();
}

absl::StatusOr<PieceReader> PieceReader::Create(const CsvLayout& layout, const v1::Begun& begun, bool one_pass,
                                                std::shared_ptr<const client::KnownStretches> stretches) {
  ASSIGN_OR_RETURN(RowReader rows, RowReader::Create(layout));
  ASSIGN_OR_RETURN(client::KeyedHash key_hash, client::KeyedHash::Create(begun.key_scheme(), begun.key_secret()));
  ASSIGN_OR_RETURN(client::KeyedHash fingerprint_hash,
                   client::KeyedHash::Create(begun.fingerprint_scheme(), begun.fingerprint_secret()));
  return PieceReader(layout, std::move(rows), std::move(key_hash), std::move(fingerprint_hash), one_pass,
                     std::move(stretches));
}

void PieceReader::Read(absl::string_view text, bool begins_file, bool ends_file, ReadPiece* piece) {
  piece->chunk_count = 0;
  piece->places.clear();
  piece->jumps.clear();
  piece->row_count = 0;
  text_ = text;
  run_.clear();
  bounded_ = begins_file;
  next_place_ = 0;
  walker_.Open(text, 0, 0);
  uint32_t expected = 0;  // the stretch behind the one that was claimed last
  for (;;) {
    if (expected != 0 && stretches_->Is(expected, text.substr(walker_.offset()), fingerprint_hash_)) {
      ClaimAt(walker_.offset(), walker_.line(), expected++, piece);
      continue;
    }
    expected = 0;
    if (!walker_.Next(&row_)) break;
    if (row_.defect == RowDefect::kOpenQuote) {
      EndRun(row_.offset, row_.line, false, piece);
      piece->bytes = row_.offset;
      piece->lines = row_.line;
      return;
    }
    const client::Hash128 fingerprint = fingerprint_hash_(row_.raw);
    if (stretches_ != nullptr) {
      const uint32_t number = stretches_->Find(fingerprint, text.substr(row_.offset), fingerprint_hash_);
      if (number != 0) {
        ClaimAt(row_.offset, row_.line, number, piece);
        expected = number + 1;
        continue;
      }
    }
    NotePlace(row_.offset, row_.line, piece);
    piece->last_field_count = row_.field_count;
    piece->last_line = row_.line;
    AddRow(row_, fingerprint, piece);
    ++piece->row_count;
  }
  EndRun(text.size(), walker_.line(), ends_file, piece);
  piece->bytes = text.size();
  piece->lines = walker_.line();
}

void PieceReader::NotePlace(size_t offset, uint64_t line, ReadPiece* piece) {
  if (piece->row_count >= next_place_) {
    piece->places.push_back(
        {static_cast<uint32_t>(piece->row_count), static_cast<uint32_t>(offset), static_cast<uint32_t>(line)});
    const bool few = stretches_ != nullptr && stretches_->size() > 0;
    next_place_ = piece->row_count + (few ? kRowsPerPlaceOfFew : kRowsPerPlace);
  }
  if (piece->row_count == 0 || line != piece->last_line + 1) {
    piece->jumps.push_back({static_cast<uint32_t>(piece->row_count), static_cast<uint32_t>(line)});
  }
}

// The rows from `offset` on are stretch `number`.
void PieceReader::ClaimAt(size_t offset, uint64_t line, uint32_t number, ReadPiece* piece) {
  const client::Stretch stretch = stretches_->Get(number);
  EndRun(offset, line, true, piece);
  bounded_ = true;
  NotePlace(offset, line, piece);
  EntryChunk& chunk = ChunkWithRoom(0, piece);
  chunk.claimed.push_back({static_cast<uint32_t>(chunk.row_count), number});
  chunk.row_count += stretch.rows;
  chunk.claimed_rows += stretch.rows;
  piece->row_count += stretch.rows;
  next_place_ = piece->row_count;
  piece->last_line = line + stretch.rows - 1;
  walker_.Seek(offset + stretch.bytes, line + stretch.rows);
}

EntryChunk& PieceReader::ChunkWithRoom(size_t packed_bytes, ReadPiece* piece) {
  if (piece->chunk_count > 0) {
    EntryChunk& chunk = piece->chunks[piece->chunk_count - 1];
    const bool room = chunk.row_count - chunk.claimed_rows < EntryChunk::kMaxRows &&
                      chunk.row_count < EntryChunk::kMaxRowsWithClaims &&
                      chunk.rows.size() + packed_bytes <= EntryChunk::kMaxRowBytes &&
                      chunk.unreadable.size() + chunk.errors.size() < EntryChunk::kMaxMarks;
    if (room) return chunk;
    EndRun(row_.offset, row_.line, true, piece);
  }
  if (piece->chunk_count == piece->chunks.size()) piece->chunks.emplace_back();
  EntryChunk& chunk = piece->chunks[piece->chunk_count++];
  Clear(&chunk);
  return chunk;
}

void PieceReader::EndRun(size_t offset, uint64_t line, bool form, ReadPiece* piece) {
  if (stretches_ == nullptr || run_.empty()) return;
  EntryChunk& chunk = piece->chunks[piece->chunk_count - 1];
  // Between two claims, or the ends of the file; or all are to be formed, or it is long.
  if ((form && bounded_) || stretches_->size() == 0 || run_.size() >= kMostRowsOfCut) {
    size_t at = 0;
    while (run_.size() - at > 0) {
      const size_t left = run_.size() - at;
      const size_t rows = left <= kMostRowsOfStretch ? left : left < 2 * kRowsOfStretch ? left / 2 : kRowsOfStretch;
      const bool last = rows == left;
      Form(at, rows, last ? offset : run_[at + rows].offset, last ? line : run_[at + rows].line, &chunk);
      at += rows;
    }
  }
  run_.clear();
}

// Rows of several lines, or without a line end, are not formed: how many lines a stretch has follows from its rows.
void PieceReader::Form(size_t first, size_t rows, size_t end_offset, uint64_t end_line, EntryChunk* chunk) const {
  const RunRow& begin = run_[first];
  const size_t bytes = end_offset - begin.offset;
  if (end_line - begin.line != rows || bytes > client::Stretch::kMostBytes || text_[end_offset - 1] != '\n') return;
  client::Stretch stretch;
  stretch.hash = fingerprint_hash_(text_.substr(begin.offset, bytes));
  stretch.anchor = begin.anchor;
  stretch.bytes = static_cast<uint32_t>(bytes);
  stretch.rows = static_cast<uint32_t>(rows);
  chunk->formed.push_back({run_begin_ + static_cast<uint32_t>(first), stretch});
}

void PieceReader::AddRow(const Row& row, const client::Hash128& fingerprint, ReadPiece* piece) {
  const bool whole = rows_.IsWhole(row);
  const bool readable = whole && rows_.Key(row, &key_input_);
  const bool deletes = readable && rows_.OperationOf(row) == RowReader::Operation::kDelete;
  absl::string_view packed;
  RowReader::Failure failure{};
  const bool packs = one_pass_ && readable && !deletes;
  const bool failed = packs && !rows_.Pack(row, &packed, &failure);
  if (failed) packed = {};

  EntryChunk& chunk = ChunkWithRoom(packed.size(), piece);
  const auto place = static_cast<uint32_t>(chunk.row_count++);
  if (stretches_ != nullptr) {
    if (run_.empty()) run_begin_ = place;
    RunRow& run_row = run_.emplace_back(RunRow{row.offset, row.line, {}});
    std::memcpy(run_row.anchor.data(), fingerprint.data(), run_row.anchor.size());
  }
  std::array<char, 2 * kHashBytes> entry{};
  if (readable) std::memcpy(entry.data(), key_hash_(key_input_).data(), kHashBytes);
  std::memcpy(entry.data() + kHashBytes, fingerprint.data(), kHashBytes);
  chunk.entries.append(entry.data(), entry.size());
  if (!readable) chunk.unreadable.push_back({place, {whole ? &kKeyUnreadable : &kRowMalformed, RowReader::kWholeRow}});
  if (deletes) chunk.deletes.push_back(place);
  if (failed) chunk.errors.push_back({place, failure});
  if (!one_pass_) return;
  client::AppendVarint(packed.size(), &chunk.rows);
  chunk.rows.append(packed.data(), packed.size());
}

}  // namespace sabun::file
