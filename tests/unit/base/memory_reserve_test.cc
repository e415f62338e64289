#include "engine/base/memory_reserve.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sabun {
namespace {

constexpr size_t kPiece = MemoryReserve::kPieceBytes;

void AwaitWaiting(MemoryReserve& reserve, size_t pieces) {
  while (reserve.waiting() < pieces) std::this_thread::yield();
}

TEST(MemoryReserve, FetchesAheadAsManyPiecesAsThereIsRoomFor) {
  MemoryReserve reserve(2 * kPiece + kPiece / 2);
  AwaitWaiting(reserve, 2);
  EXPECT_EQ(reserve.waiting(), 2u);
}

TEST(MemoryReserve, GivesTheNextUserWhatTheLastOneReturned) {
  MemoryReserve reserve(kPiece);
  AwaitWaiting(reserve, 1);
  char* first = nullptr;
  {
    MemoryReserve::Piece piece = reserve.Take();
    first = piece.data();
    first[kPiece - 1] = 'x';
  }
  EXPECT_EQ(reserve.Take().data(), first);
}

TEST(MemoryReserve, GivesFreshPiecesWhenAllAreInUseAndKeepsNoMoreThanItsRoom) {
  MemoryReserve reserve(kPiece);
  AwaitWaiting(reserve, 1);
  {
    std::vector<MemoryReserve::Piece> taken;
    for (int i = 0; i < 3; ++i) taken.push_back(reserve.Take());
    EXPECT_EQ(reserve.waiting(), 0u);
    EXPECT_NE(taken[0].data(), taken[2].data());
    taken[2].data()[kPiece - 1] = 'x';
  }
  EXPECT_EQ(reserve.waiting(), 1u);
}

TEST(MemoryReserve, PieceOfItsOwnNeedsNoReserve) {
  MemoryReserve::Piece piece(100);
  MemoryReserve::Piece other = std::move(piece);
  other.data()[99] = 'x';
  EXPECT_EQ(other.data()[99], 'x');
}

}  // namespace
}  // namespace sabun
