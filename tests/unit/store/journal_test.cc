// The journal beside the store: order, torn ends, damage, keys.
#include "engine/store/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/file_size_limit.h"

namespace sabun {
namespace {

class JournalTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(options_.directory); }
  void TearDown() override { SetUp(); }

  std::unique_ptr<Journal> Open() {
    auto journal = Journal::Open(options_);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return *std::move(journal);
  }
  void Append(Journal& journal, const std::string& record) {
    ASSERT_TRUE(journal.Append(record, Durability::kSynced).ok());
  }
  // The records joined, or the error's code.
  std::string Read(uint64_t from = 1) {
    std::string all;
    JournalReader reader(options_, from);
    const absl::Status status = reader.Visit([&](absl::string_view record, const JournalPlace& place) {
      EXPECT_EQ(*reader.Read(place), record);
      absl::StrAppend(&all, record, " ");
      return absl::OkStatus();
    });
    return status.ok() ? all : std::string(absl::StatusCodeToString(status.code()));
  }
  std::string Path(uint64_t segment) { return absl::StrCat(options_.directory, "/", JournalSegmentName(segment)); }
  void Flip(uint64_t segment, int64_t at) {
    std::fstream file(Path(segment), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(at);
    file.put(byte);
  }

  JournalOptions options_{absl::StrCat(testing::TempDir(), "/journal_", getpid()),
                          KeyRing::OfOneKey(std::string(32, 'k'))};
};

TEST_F(JournalTest, IsOffAndWritesNothingUntilItIsBegun) {
  const auto journal = Open();
  EXPECT_FALSE(journal->IsOn());
  Append(*journal, "lost");
  EXPECT_FALSE(std::filesystem::exists(options_.directory));
  EXPECT_EQ(*journal->BeginSegment(), 1u);
  Append(*journal, "kept");
  EXPECT_EQ(Read(), "kept ");
}

TEST_F(JournalTest, RecordsComeBackInOrderOverSegmentsAndOpenings) {
  ASSERT_TRUE(Open()->BeginSegment().ok());
  Append(*Open(), "a");
  const auto journal = Open();
  Append(*journal, "b");
  EXPECT_EQ(*journal->BeginSegment(), 4u);
  Append(*journal, "c");
  EXPECT_EQ(Read(), "a b c ");
  EXPECT_EQ(Read(4), "c ");
}

TEST_F(JournalTest, NothingIsInTheClear) {
  const auto journal = Open();
  ASSERT_TRUE(journal->BeginSegment().ok());
  Append(*journal, "canary-canary-canary");
  std::ifstream in(Path(1), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(bytes.find("canary"), std::string::npos);
  EXPECT_EQ(bytes.find("record"), std::string::npos);
}

TEST_F(JournalTest, EveryTornEndLosesTheTornRecordOnly) {
  {
    const auto journal = Open();
    ASSERT_TRUE(journal->BeginSegment().ok());
    Append(*journal, "first");
    Append(*journal, "second");
  }
  const uint64_t whole = std::filesystem::file_size(Path(1));
  for (uint64_t size = whole - 1; size >= whole - 6 - 28; --size) {
    std::filesystem::resize_file(Path(1), size);
    EXPECT_EQ(Read(), "first ") << size;
  }
  Append(*Open(), "third");
  EXPECT_EQ(Read(), "first third ");
}

TEST_F(JournalTest, EveryFlippedBitBeforeASoundRecordIsDataLoss) {
  {
    const auto journal = Open();
    ASSERT_TRUE(journal->BeginSegment().ok());
    Append(*journal, "first");
    Append(*journal, "second");
  }
  for (int64_t at = 56; at < 56 + 28 + 5; ++at) {
    Flip(1, at);
    EXPECT_EQ(Read(), "DATA_LOSS") << at;
    Flip(1, at);
  }
  EXPECT_EQ(Read(), "first second ");
}

TEST_F(JournalTest, MissingSegmentIsNotFound) {
  {
    const auto journal = Open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->BeginSegment().ok());
  }
  std::filesystem::remove(Path(2));
  EXPECT_EQ(Read(1), "NOT_FOUND");
  EXPECT_EQ(Read(3), "");
}

TEST_F(JournalTest, AnotherKeyIsFailedPrecondition) {
  ASSERT_TRUE(Open()->BeginSegment().ok());
  options_.keys = KeyRing::OfOneKey(std::string(32, 'x'));
  EXPECT_EQ(Read(), "FAILED_PRECONDITION");
}

TEST_F(JournalTest, FailedWriteIsToldOnceAndEverythingIsRefusedUntilItIsOpenedAgain) {
  int told = 0;
  options_.on_failure = [&](const absl::Status&) { ++told; };
  ASSERT_TRUE(Open()->BeginSegment().ok());
  const auto journal = Open();
  Append(*journal, "kept");
  {
    const FileSizeLimit limit(150);
    EXPECT_FALSE(journal->Append(std::string(1'000, 'x'), Durability::kLater).ok());
  }
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(absl::IsUnavailable(journal->Health()));
  EXPECT_TRUE(absl::IsUnavailable(journal->Append("late", Durability::kSynced)));
  EXPECT_TRUE(absl::IsUnavailable(journal->BeginSegment().status()));
  Append(*Open(), "next");
  EXPECT_EQ(Read(), "kept next ");
}

TEST_F(JournalTest, DroppedSegmentsAreGoneAndTheNumbersGoOn) {
  const auto journal = Open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->BeginSegment().ok());
  ASSERT_TRUE(journal->DropBefore(3).ok());
  EXPECT_EQ(*JournalSegments(options_.directory), std::vector<uint64_t>{3});
  EXPECT_EQ(*journal->BeginSegment(), 4u);
}

}  // namespace
}  // namespace sabun
