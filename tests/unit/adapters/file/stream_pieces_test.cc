#include "adapters/file/stream_pieces.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "absl/strings/str_cat.h"
#include "adapters/client/localized_status.h"

namespace sabun::file {
namespace {

class StreamPiecesTest : public ::testing::Test {
 protected:
  StreamPiecesTest() {
    EXPECT_EQ(::pipe(ends_), 0);
    // A writer whose reader gave up gets an error instead.
    std::signal(SIGPIPE, SIG_IGN);
  }
  ~StreamPiecesTest() override {
    ::close(ends_[0]);
    if (writer_.joinable()) writer_.join();
  }

  // Writes `text` and closes the stream, unless it shall stay open.
  void Feed(std::string text, bool stays_open = false) {
    writer_ = std::thread([this, text = std::move(text), stays_open] {
      for (size_t done = 0; done < text.size();) {
        const ssize_t count = ::write(ends_[1], text.data() + done, std::min<size_t>(text.size() - done, 5'000));
        if (count <= 0) break;
        done += static_cast<size_t>(count);
      }
      if (!stays_open) ::close(ends_[1]);
    });
  }
  // All pieces one behind the other; the code of the error at the end.
  std::string ReadAll(std::string* text) {
    auto pieces = StreamPieces::Open(ends_[0], "(stdin)", &cancelled_);
    Piece piece;
    while (pieces.ok()) {
      const absl::StatusOr<bool> more = (*pieces)->Next(&piece);
      if (!more.ok()) return client::Tell(more.status()).code;
      if (!*more) return "";
      largest_ = std::max(largest_, piece.bytes.size());
      text->append(piece.bytes.data(), piece.bytes.size());
      ended_in_line_ = ended_in_line_ || piece.bytes.back() != '\n';
    }
    return client::Tell(pieces.status()).code;
  }

  int ends_[2];
  std::thread writer_;
  std::atomic<bool> cancelled_ = false;
  size_t largest_ = 0;
  bool ended_in_line_ = false;
};

TEST_F(StreamPiecesTest, GivesEveryByteInPiecesThatEndWithALine) {
  std::string text;
  for (int i = 0; text.size() < 5'000'000; ++i) absl::StrAppend(&text, i, std::string(i % 3'000, 'x'), "\n");
  Feed(text);
  std::string read;
  EXPECT_EQ(ReadAll(&read), "");
  EXPECT_TRUE(read == text);
  EXPECT_FALSE(ended_in_line_);
  EXPECT_LT(largest_, 4 * kPieceBytes);
}

TEST_F(StreamPiecesTest, LastLineMayLackItsEndAndEndOfFileBytesAreLeftOut) {
  Feed("a\nb\x1A\x1A");
  std::string read;
  EXPECT_EQ(ReadAll(&read), "");
  EXPECT_EQ(read, "a\nb");
}

TEST_F(StreamPiecesTest, EmptyStreamHasNoPiece) {
  Feed("");
  std::string read;
  EXPECT_EQ(ReadAll(&read), "");
  EXPECT_EQ(read, "");
}

TEST_F(StreamPiecesTest, LineOfThreeMebibytesIsOnePiece) {
  const std::string text = "a\n" + std::string(3 << 20, 'x') + "\nb\n";
  Feed(text);
  std::string read;
  EXPECT_EQ(ReadAll(&read), "");
  EXPECT_TRUE(read == text);
}

TEST_F(StreamPiecesTest, LineWithoutEndIsGivenUp) {
  Feed(std::string(40 << 20, 'x'));
  std::string read;
  EXPECT_EQ(ReadAll(&read), "FILE-ROW-LENGTH");
}

TEST_F(StreamPiecesTest, SilentStreamCanBeCancelled) {
  Feed("a\n", true);
  cancelled_ = true;
  std::string read;
  EXPECT_EQ(ReadAll(&read), "CANCELLED");
  writer_.join();
  ::close(ends_[1]);
}

TEST_F(StreamPiecesTest, HeadIsGivenOnceUnlessSkipped) {
  Feed("head\na\n");
  auto pieces = StreamPieces::Open(ends_[0], "(stdin)", nullptr);
  ASSERT_TRUE(pieces.ok());
  EXPECT_EQ((*pieces)->head(), "head\na\n");
  EXPECT_TRUE((*pieces)->head_is_all());
  (*pieces)->Skip(5);
  Piece piece;
  EXPECT_TRUE(*(*pieces)->Next(&piece));
  EXPECT_EQ(piece.bytes, "a\n");
}

}  // namespace
}  // namespace sabun::file
