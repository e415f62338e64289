#include "engine/ledger/replay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "keys/key_ring.h"

namespace sabun {
namespace {

SentNote Sent(char key) { return {Key128::From(std::string(16, key).data()), ChangeOp::kAdd, 0, "content", {}, false}; }

// A dataset that was made after the backup: what was sent of it is at the hub, and somebody has to be told.
TEST(Replay, RecordsOfADatasetThatTheBackupDoesNotHaveAreCounted) {
  const std::string directory = absl::StrCat(testing::TempDir(), "/replay", getpid());
  const JournalOptions options{directory, KeyRing::OfOneKey(std::string(32, 'k'))};
  {
    const auto journal = *Journal::Open(options);
    ASSERT_TRUE(journal->BeginSegment().ok());
    const std::vector<std::string> notes = {
        EncodeNote(SentBatchNote{7, 1, 1, {Sent('a'), Sent('b')}}),
        EncodeNote(ReceiptsNote{7, 1, {{Key128::From("aaaaaaaaaaaaaaaa"), true, "", "", false}}}),
        EncodeNote(SentBatchNote{7, 2, 1, {Sent('b')}}), EncodeNote(SentBatchNote{8, 1, 1, {Sent('b')}})};
    for (const std::string& note : notes) ASSERT_TRUE(journal->Append(note, Durability::kSynced).ok());
  }
  Replay replay({"r1", "000001", options, 1}, {testing::TempDir(), 1 << 20});
  ASSERT_TRUE(replay.Run({}).ok());
  EXPECT_EQ(replay.counts().of_no_dataset, (std::map<uint32_t, uint64_t>{{7, 2}, {8, 1}}));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sabun
