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
  chunk->row_count = 0;
  chunk->entries.clear();
  chunk->rows.clear();
  chunk->deletes.clear();
  chunk->unreadable.clear();
  chunk->errors.clear();
}

}  // namespace

PieceReader::PieceReader(const CsvLayout& layout, RowReader rows, client::KeyedHash key_hash,
                         client::KeyedHash fingerprint_hash, bool one_pass)
    : rows_(std::move(rows)),
      walker_(one_pass ? RowWalker(layout.dialect) : RowWalker(layout.dialect, rows_.key_columns())),
      key_hash_(std::move(key_hash)),
      fingerprint_hash_(std::move(fingerprint_hash)),
      one_pass_(one_pass) {
  if (one_pass) rows_.TakeAllColumns();
}

absl::StatusOr<PieceReader> PieceReader::Create(const CsvLayout& layout, const v1::Begun& begun, bool one_pass) {
  ASSIGN_OR_RETURN(RowReader rows, RowReader::Create(layout));
  ASSIGN_OR_RETURN(client::KeyedHash key_hash, client::KeyedHash::Create(begun.key_scheme(), begun.key_secret()));
  ASSIGN_OR_RETURN(client::KeyedHash fingerprint_hash,
                   client::KeyedHash::Create(begun.fingerprint_scheme(), begun.fingerprint_secret()));
  return PieceReader(layout, std::move(rows), std::move(key_hash), std::move(fingerprint_hash), one_pass);
}

void PieceReader::Read(absl::string_view text, ReadPiece* piece) {
  piece->chunk_count = 0;
  piece->places.clear();
  piece->jumps.clear();
  piece->row_count = 0;
  walker_.Open(text, 0, 0);
  while (walker_.Next(&row_)) {
    if (row_.defect == RowDefect::kOpenQuote) {
      piece->bytes = row_.offset;
      piece->lines = row_.line;
      return;
    }
    if (piece->row_count % kRowsPerPlace == 0) {
      piece->places.push_back({static_cast<uint32_t>(row_.offset), static_cast<uint32_t>(row_.line)});
    }
    if (piece->row_count == 0 || row_.line != piece->last_line + 1) {
      piece->jumps.push_back({static_cast<uint32_t>(piece->row_count), static_cast<uint32_t>(row_.line)});
    }
    piece->last_field_count = row_.field_count;
    piece->last_line = row_.line;
    AddRow(row_, piece);
    ++piece->row_count;
  }
  piece->bytes = text.size();
  piece->lines = walker_.line();
}

EntryChunk& PieceReader::ChunkWithRoom(size_t packed_bytes, ReadPiece* piece) const {
  if (piece->chunk_count > 0) {
    EntryChunk& chunk = piece->chunks[piece->chunk_count - 1];
    const bool room = chunk.row_count < EntryChunk::kMaxRows &&
                      chunk.rows.size() + packed_bytes <= EntryChunk::kMaxRowBytes &&
                      chunk.unreadable.size() + chunk.errors.size() < EntryChunk::kMaxMarks;
    if (room) return chunk;
  }
  if (piece->chunk_count == piece->chunks.size()) piece->chunks.emplace_back();
  EntryChunk& chunk = piece->chunks[piece->chunk_count++];
  Clear(&chunk);
  return chunk;
}

void PieceReader::AddRow(const Row& row, ReadPiece* piece) {
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
  std::array<char, 2 * kHashBytes> entry{};
  if (readable) std::memcpy(entry.data(), key_hash_(key_input_).data(), kHashBytes);
  std::memcpy(entry.data() + kHashBytes, fingerprint_hash_(row.raw).data(), kHashBytes);
  chunk.entries.append(entry.data(), entry.size());
  if (!readable) chunk.unreadable.push_back({place, {whole ? &kKeyUnreadable : &kRowMalformed, RowReader::kWholeRow}});
  if (deletes) chunk.deletes.push_back(place);
  if (failed) chunk.errors.push_back({place, failure});
  if (!one_pass_) return;
  client::AppendVarint(packed.size(), &chunk.rows);
  chunk.rows.append(packed.data(), packed.size());
}

}  // namespace sabun::file
