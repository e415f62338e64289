#include "adapters/file/stream_pieces.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/file_error.h"

namespace sabun::file {
namespace {

constexpr int kPollMillis = 50;
constexpr size_t kLeastHeadBytes = StreamPieces::kHeadBytes >> 6;

}  // namespace

StreamPieces::StreamPieces(int descriptor, std::string path, const std::atomic<bool>* cancelled)
    : descriptor_(descriptor), path_(std::move(path)), cancelled_(cancelled) {}

absl::StatusOr<std::unique_ptr<StreamPieces>> StreamPieces::Open(int descriptor, std::string path,
                                                                 const std::atomic<bool>* cancelled) {
  std::unique_ptr<StreamPieces> pieces(new StreamPieces(descriptor, std::move(path), cancelled));
  size_t size = 0;
  // A short stream needs little memory.
  for (size_t bytes = kLeastHeadBytes; bytes <= kHeadBytes && !pieces->ended_; bytes *= 4) {
    pieces->kept_.resize(bytes);
    RETURN_IF_ERROR(pieces->Fill(&pieces->kept_, &size));
  }
  pieces->kept_.resize(size);
  return pieces;
}

// Reads until the buffer is full or the stream ends. Looks up now and then, since a stream may be silent for long.
absl::Status StreamPieces::Fill(std::string* buffer, size_t* size) {
  while (*size < buffer->size() && !ended_) {
    if (stopped_ || (cancelled_ != nullptr && *cancelled_)) return absl::CancelledError("stopped on request");
    pollfd readable{descriptor_, POLLIN, 0};
    const int ready = ::poll(&readable, 1, kPollMillis);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = ready < 0 ? -1 : ::read(descriptor_, buffer->data() + *size, buffer->size() - *size);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) {
      const std::string reason = std::strerror(errno);
      return FileError(path_, {"FILE-UNREADABLE", absl::StrCat("読めません(", reason, ")。何も取り込んでいません。"),
                               absl::StrCat("cannot be read (", reason, "). Nothing was stored.")});
    }
    ended_ = count == 0;
    *size += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> StreamPieces::Next(Piece* piece) {
  // The buffer keeps its size from piece to piece, so that it is not cleared each time.
  std::string& buffer = piece->owned;
  size_t size = kept_.size();
  const size_t wanted = size + (ended_ ? 0 : kPieceBytes);
  if (buffer.size() < wanted) buffer.resize(wanted);
  std::copy(kept_.begin(), kept_.end(), buffer.begin());
  for (;;) {
    RETURN_IF_ERROR(Fill(&buffer, &size));
    size_t end = size;
    if (ended_) {
      while (end > 0 && buffer[end - 1] == '\x1A') --end;
      kept_.clear();
    } else {
      const void* const line_feed = ::memrchr(buffer.data(), '\n', size);
      end = line_feed == nullptr ? 0 : static_cast<const char*>(line_feed) - buffer.data() + 1;
      kept_.assign(buffer, end, size - end);
    }
    if (end > 0 || ended_) {
      piece->bytes = absl::string_view(buffer.data(), end);
      return end > 0;
    }
    if (size > kMaxLineBytes) {
      return FileError(path_, {"FILE-ROW-LENGTH", "行が長すぎます(上限16MiB)。何も取り込んでいません。",
                               "a line is longer than 16 MiB. Nothing was stored."});
    }
    buffer.resize(2 * size);
  }
}

}  // namespace sabun::file
