// The contents of rows that came with their fingerprints, until it is known which of them are needed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/store/spool_file.h"

namespace sabun {

// Encrypted on disk under a key of its own; about 16 bytes of memory for each MiB. Not thread safe.
class RowSpool {
 public:
  explicit RowSpool(std::string directory) : directory_(std::move(directory)) {}

  // Ordinals ascend. An empty row is one that came without content.
  absl::Status Add(uint64_t ordinal, absl::string_view row);
  // After the last Add.
  absl::Status FinishAdding() { return WriteOut(); }
  // The row, valid until the next call. Ordinals ascend. Errors: NOT_FOUND (was not added), and those of the disk.
  absl::StatusOr<absl::string_view> Find(uint64_t ordinal);

  uint64_t bytes() const { return file_ == nullptr ? pending_.size() : file_->size() + pending_.size(); }

 private:
  // A piece of the file, written at once: begins with the row of an ordinal.
  struct Piece {
    uint64_t first_ordinal, offset;
  };
  absl::Status WriteOut();
  absl::Status LoadPiece(size_t piece);

  std::string directory_;
  std::unique_ptr<SpoolFile> file_;
  std::string pending_;
  uint64_t pending_first_ = 0;
  std::vector<Piece> pieces_;

  size_t next_piece_ = 0;  // the first that was not loaded
  std::string loaded_;
  absl::string_view rest_;  // of loaded_, from the next row on
};

}  // namespace sabun
