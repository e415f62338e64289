// The pieces of a stream that can be read once: standard input.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/file/piece_source.h"

namespace sabun::file {

// Reads ahead no further than the present piece. Bytes 0x1A at the end are left out. Thread-safe as PieceSource is.
class StreamPieces : public PieceSource {
 public:
  static constexpr size_t kHeadBytes = 1 << 20;
  // A line or row that is longer ends the reading.
  static constexpr size_t kMaxLineBytes = 16 << 20;

  // Reads the first mebibyte of `descriptor`, which stays the caller's; `path` is for errors. Reading ends with
  // CANCELLED soon after `cancelled`, which may be null, was set.
  static absl::StatusOr<std::unique_ptr<StreamPieces>> Open(int descriptor, std::string path,
                                                            const std::atomic<bool>* cancelled);

  // The first mebibyte; less when the stream is shorter. Valid until the first Skip or Next.
  absl::string_view head() const { return kept_; }
  bool head_is_all() const { return ended_; }
  // Leaves out that many bytes of the head.
  void Skip(size_t bytes) { kept_.erase(0, bytes); }

  // Also FILE-UNREADABLE, FILE-ROW-LENGTH, CANCELLED.
  absl::StatusOr<bool> Next(Piece* piece) override;
  size_t most_pieces() const override { return ended_ ? 1 : PieceSource::most_pieces(); }
  void Stop() override { stopped_ = true; }

 private:
  StreamPieces(int descriptor, std::string path, const std::atomic<bool>* cancelled);
  absl::Status Fill(std::string* buffer, size_t* size);

  const int descriptor_;
  const std::string path_;
  const std::atomic<bool>* const cancelled_;
  std::atomic<bool> stopped_ = false;
  std::string kept_;  // was read and not given out
  bool ended_ = false;
};

}  // namespace sabun::file
