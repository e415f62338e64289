#include "engine/intake/inbox.h"

#include <gtest/gtest.h>

namespace sabun {
namespace {

using Ordinals = std::vector<uint64_t>;

std::string Entry(char key, char print = 'f') { return std::string(16, key) + std::string(16, print); }

class InboxTest : public testing::Test {
 protected:
  void Renew(SnapshotKind kind) {
    inbox_ = std::make_unique<Inbox>(kind, SortedRunsOptions{testing::TempDir(), 1 << 20});
  }
  void SetUp() override { Renew(SnapshotKind::kComplete); }
  absl::StatusCode Add(uint64_t first, const std::string& entries, const Ordinals& unreadable = {},
                       const Ordinals& deletes = {}) {
    return inbox_->Add({first, entries, unreadable, deletes}).code();
  }
  std::unique_ptr<Inbox> inbox_;
};

TEST_F(InboxTest, RowsComeBackInKeyOrderWithTheirOrdinals) {
  ASSERT_EQ(Add(0, Entry('b') + Entry('a')), absl::StatusCode::kOk);
  ASSERT_TRUE(inbox_->rows().Rewind().ok());
  EXPECT_EQ(inbox_->rows().Get().ordinal, 1u);
  ASSERT_TRUE(inbox_->rows().Next().ok());
  EXPECT_EQ(inbox_->rows().Get().ordinal, 0u);
}

TEST_F(InboxTest, GapRepeatAndOddSizeAreRefused) {
  EXPECT_EQ(Add(1, Entry('a')), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(Add(0, Entry('a')), absl::StatusCode::kOk);
  EXPECT_EQ(Add(0, Entry('a')), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Add(1, Entry('a') + "x"), absl::StatusCode::kInvalidArgument);
}

TEST_F(InboxTest, UnreadableRowsHaveAZeroKeyAndAreCounted) {
  EXPECT_EQ(Add(0, Entry('\0'), {}), absl::StatusCode::kInvalidArgument) << "a zero key that is not in the list";
  Renew(SnapshotKind::kComplete);
  EXPECT_EQ(Add(0, Entry('a'), {0}), absl::StatusCode::kInvalidArgument) << "a key for an unreadable row";
  Renew(SnapshotKind::kComplete);
  ASSERT_EQ(Add(0, Entry('a') + Entry('\0'), {1}), absl::StatusCode::kOk);
  EXPECT_EQ(inbox_->unreadable(), 1u);
  EXPECT_EQ(inbox_->rows().count(), 1u);
}

TEST_F(InboxTest, ListsMustAscendWithinTheMessage) {
  EXPECT_EQ(Add(0, Entry('\0') + Entry('\0'), {1, 0}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Add(0, Entry('\0'), {1}), absl::StatusCode::kInvalidArgument);
}

TEST_F(InboxTest, OnlyPartialSnapshotsDeleteExplicitly) {
  EXPECT_EQ(Add(0, Entry('a'), {}, {0}), absl::StatusCode::kInvalidArgument);
  Renew(SnapshotKind::kPartial);
  ASSERT_EQ(Add(0, Entry('a'), {}, {0}), absl::StatusCode::kOk);
  ASSERT_TRUE(inbox_->rows().Rewind().ok());
  EXPECT_TRUE(inbox_->rows().Get().is_delete);
}

TEST_F(InboxTest, EndNeedsCountAndDigestOfWhatArrived) {
  ASSERT_EQ(Add(0, Entry('a')), absl::StatusCode::kOk);
  StreamDigest digest;
  digest.Update(Entry('a'));
  EXPECT_EQ(inbox_->End(2, digest.Value()).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(inbox_->End(1, StreamDigest().Value()).code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(inbox_->ended());
  EXPECT_TRUE(inbox_->End(1, digest.Value()).ok());
  EXPECT_TRUE(inbox_->End(1, digest.Value()).ok()) << "may be repeated";
  EXPECT_EQ(Add(1, Entry('b')), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sabun
