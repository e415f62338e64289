#include "engine/intake/inbox.h"

#include <gtest/gtest.h>

#include "engine/store/bucket_reader.h"

namespace sabun {
namespace {

using Ordinals = std::vector<uint64_t>;

std::string Entry(char key, char print = 'f') { return std::string(16, key) + std::string(16, print); }

class InboxTest : public testing::Test {
 protected:
  void Renew(SnapshotKind kind) {
    sent_.clear();
    inbox_ = std::make_unique<Inbox>(kind, RunsOptions{testing::TempDir(), 1 << 20});
  }
  void SetUp() override { Renew(SnapshotKind::kComplete); }
  absl::StatusCode Add(uint64_t first, const std::string& entries, const Ordinals& unreadable = {},
                       const Ordinals& deletes = {}) {
    sent_ += entries;
    return inbox_->Add({first, entries, unreadable, deletes}).code();
  }
  // The rows after the adapter's word that `count` were sent.
  std::vector<RowEntry> Rows(uint64_t count) {
    StreamDigest digest;
    digest.Update(sent_);
    EXPECT_TRUE(inbox_->End(count, digest.Value()).ok());
    BucketReader reader(inbox_->rows());
    std::vector<RowEntry> rows;
    EXPECT_TRUE(reader.Next().ok());
    while (reader.Valid()) {
      rows.push_back(reader.Get());
      EXPECT_TRUE(reader.Next().ok());
    }
    return rows;
  }
  std::unique_ptr<Inbox> inbox_;
  std::string sent_;
};

TEST_F(InboxTest, RowsComeBackInKeyOrderWithTheirOrdinals) {
  ASSERT_EQ(Add(0, Entry('b') + Entry('a')), absl::StatusCode::kOk);
  const std::vector<RowEntry> rows = Rows(2);
  EXPECT_EQ(rows[0].ordinal, 1u);
  EXPECT_EQ(rows[1].ordinal, 0u);
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
  EXPECT_TRUE(Rows(1)[0].is_delete);
}

TEST_F(InboxTest, EndNeedsCountAndDigestOfWhatArrived) {
  ASSERT_EQ(Add(0, Entry('a')), absl::StatusCode::kOk);
  StreamDigest digest;
  digest.Update(Entry('a'));
  for (const uint64_t other : {0, 2}) {
    EXPECT_EQ(inbox_->End(other, digest.Value()).code(), absl::StatusCode::kAborted) << other;
  }
  EXPECT_EQ(inbox_->End(1, StreamDigest().Value()).code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(inbox_->ended());
  EXPECT_TRUE(inbox_->End(1, digest.Value()).ok());
  EXPECT_TRUE(inbox_->End(1, digest.Value()).ok()) << "may be repeated";
  EXPECT_EQ(Add(1, Entry('b')), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sabun
