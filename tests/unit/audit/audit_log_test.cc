// Whatever is done to a small log, by hand and exhaustively, is seen; and what a crash leaves is not taken for it.
#include "engine/audit/audit_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/audit/pruning.h"
#include "engine/audit/verify_log.h"
#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

constexpr int kEntries = 10;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

class AuditLogTest : public testing::Test {
 protected:
  AuditOptions Options() {
    AuditOptions options;
    options.directory = directory_.path() + "/audit";
    options.anchor = directory_.path() + "/anchor";
    options.segment_bytes = segment_bytes_;
    options.accept_loss = accept_loss_;
    options.keep = keep_;
    return options;
  }
  absl::Status Open() {
    log_.reset();
    auto log = AuditLog::Open(store_.get(), &clock_, Options());
    if (log.ok()) log_ = *std::move(log);
    return log.status();
  }
  void Append(const std::string& who, Durability durability = Durability::kSynced) {
    AuditEntry entry;
    entry.phase = "intent";
    entry.who = who;
    ASSERT_TRUE(log_->Append(entry, durability).ok());
    clock_.Advance(absl::Seconds(1));
  }
  // A log of kEntries: the start, and calls. Its head is known to the store.
  void Fill() {
    ASSERT_TRUE(Open().ok());
    for (int i = 1; i < kEntries; ++i) Append("caller " + std::to_string(i));
  }
  std::string File() { return AuditSegmentPath(Options().directory, 1); }
  AuditVerdict Verify(std::vector<AuditHead> anchors = {}) {
    const auto verdict = VerifyAuditLog(Options().directory, log_->chain(), {std::move(anchors), *log_->StoredHead()});
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return *verdict;
  }
  // Whether the log with this text is seen not to be what was written.
  bool Noticed(const std::string& text) {
    WriteFile(File(), text);
    return Verify().problem_count > 0;
  }

  uint64_t segment_bytes_ = 64 << 20;
  bool accept_loss_ = false;
  absl::Duration keep_ = absl::InfiniteDuration();
  TempDirectory directory_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  ManualClock clock_;
  std::unique_ptr<AuditLog> log_;
};

TEST_F(AuditLogTest, WhatWasWrittenIsSound) {
  Fill();
  const AuditVerdict verdict = Verify();
  EXPECT_EQ(verdict.problem_count, 0u);
  EXPECT_EQ(verdict.entries, static_cast<uint64_t>(kEntries));
  EXPECT_EQ(verdict.anchors, 1u) << "the store's head";
}

TEST_F(AuditLogTest, EveryEditOfEveryByteIsNoticed) {
  Fill();
  const std::string text = ReadFile(File());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string edited = text;
    edited[i] = static_cast<char>(edited[i] ^ 1);
    EXPECT_TRUE(Noticed(edited)) << "byte " << i;
  }
}

TEST_F(AuditLogTest, EveryDeletionInsertionAndExchangeOfLinesIsNoticed) {
  Fill();
  const std::vector<std::string> lines = absl::StrSplit(absl::StripSuffix(ReadFile(File()), "\n"), '\n');
  const auto noticed = [&](const std::vector<std::string>& changed) {
    return Noticed(absl::StrJoin(changed, "\n") + "\n");
  };
  ASSERT_FALSE(noticed(lines));
  for (size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> without = lines;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(noticed(without)) << "without line " << i;
    for (size_t k = 0; k < lines.size(); ++k) {
      std::vector<std::string> with = lines;
      with.insert(with.begin() + static_cast<std::ptrdiff_t>(k), lines[i]);
      EXPECT_TRUE(noticed(with)) << "line " << i << " again before " << k;
      if (k <= i) continue;
      std::vector<std::string> exchanged = lines;
      std::swap(exchanged[i], exchanged[k]);
      EXPECT_TRUE(noticed(exchanged)) << "lines " << i << " and " << k;
    }
  }
}

TEST_F(AuditLogTest, EveryTruncationIsNoticed) {
  Fill();
  const std::string text = ReadFile(File());
  for (size_t size = 0; size < text.size(); ++size) EXPECT_TRUE(Noticed(text.substr(0, size))) << size << " bytes";
  std::filesystem::remove(File());
  EXPECT_GT(Verify().problem_count, 0u) << "the whole file";
}

TEST_F(AuditLogTest, ChainRewrittenWithoutTheSecretIsNoticed) {
  Fill();
  const AuditChain forger(std::string(32, 'f'));
  std::string before = AuditChain::Origin(), forged;
  const std::string file = ReadFile(File());
  for (const absl::string_view text : absl::StrSplit(absl::StripSuffix(file, "\n"), '\n')) {
    const AuditLine line = forger.Seal(before, DecodeAuditLine(text)->json);
    before = line.chain;
    forged += EncodeAuditLine(line);
  }
  EXPECT_TRUE(Noticed(forged));
}

TEST_F(AuditLogTest, AnchorOutsideShowsALogAndStoreThatWereBothPutBack) {
  Fill();
  ASSERT_TRUE(log_->SyncAndAnchor().ok());
  const auto anchors = ReadAnchors(Options().anchor);
  ASSERT_TRUE(anchors.ok() && anchors->size() == 2) << "at the start, and now";
  EXPECT_EQ(anchors->back(), log_->head());
  EXPECT_EQ(Verify(*anchors).problem_count, 0u);
  const std::string text = ReadFile(File());
  WriteFile(File(), text.substr(0, text.rfind('\n', text.size() - 2) + 1));
  const auto verdict = VerifyAuditLog(Options().directory, log_->chain(), {*anchors, {}});
  ASSERT_EQ(verdict->problem_count, 1u);
  EXPECT_EQ(verdict->problems[0].kind, "cut");
}

TEST_F(AuditLogTest, AnchorIsReadBehindWhatALogDaemonPutsBeforeIt) {
  const AuditHead head{42, std::string(32, 'c')};
  const auto read = DecodeAnchor("Nov 22 10:00:00 host sabund[1]: " + EncodeAnchor(head, clock_.Now()));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, head);
  EXPECT_FALSE(DecodeAnchor("sabun-audit-anchor seq=42").ok());
}

TEST_F(AuditLogTest, ReopenedLogGoesOnWithItsChain) {
  Fill();
  ASSERT_TRUE(Open().ok());
  Append("later");
  EXPECT_EQ(Verify().problem_count, 0u);
  EXPECT_EQ(log_->head().sequence, static_cast<uint64_t>(kEntries) + 2);
}

// A name that somebody sent must not make the log unreadable, and with it the next start impossible.
TEST_F(AuditLogTest, EntryTooLongToBeReadIsNotWritten) {
  Fill();
  AuditEntry entry;
  entry.phase = "intent";
  entry.who = std::string(70'000, 'w');
  EXPECT_TRUE(absl::IsInvalidArgument(log_->Append(entry, Durability::kSynced)));
  Append("somebody else");
  EXPECT_EQ(Verify().problem_count, 0u);
  EXPECT_TRUE(Open().ok());
}

TEST_F(AuditLogTest, SegmentsFollowOnEachOther) {
  segment_bytes_ = 500;
  Fill();
  EXPECT_GT(ListAuditSegments(Options().directory)->size(), 3u);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Verify().problem_count, 0u);
  std::filesystem::remove(ListAuditSegments(Options().directory)->at(1).path);
  EXPECT_GT(Verify().problem_count, 0u);
}

TEST_F(AuditLogTest, LineTornByAPowerCutIsMendedSilently) {
  Fill();
  Append("not durable", Durability::kLater);
  const std::string text = ReadFile(File());
  WriteFile(File(), text.substr(0, text.size() - 7));
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Verify().problem_count, 0u);
}

TEST_F(AuditLogTest, EngineDoesNotStartOnALogThatWasCutOrChanged) {
  Fill();
  const std::string text = ReadFile(File());
  WriteFile(File(), text.substr(0, text.size() / 2));
  EXPECT_TRUE(absl::IsDataLoss(Open()));
  std::string edited = text;
  edited[text.size() / 2] = static_cast<char>(edited[text.size() / 2] ^ 1);
  WriteFile(File(), edited.substr(0, edited.size()));
  std::filesystem::remove(File());
  EXPECT_TRUE(absl::IsDataLoss(Open())) << "the file is gone";
}

TEST_F(AuditLogTest, AcceptedLossIsWrittenDownAndStaysVisible) {
  Fill();
  const std::string text = ReadFile(File());
  WriteFile(File(), text.substr(0, text.rfind('\n', text.size() - 2) + 1));
  accept_loss_ = true;
  ASSERT_TRUE(Open().ok());
  const AuditVerdict verdict = Verify();
  ASSERT_GT(verdict.problem_count, 0u);
  EXPECT_EQ(verdict.problems[0].sequence, static_cast<uint64_t>(kEntries));
  bool written = false;
  ASSERT_TRUE(VisitAuditLog(Options().directory, [&](const AuditEntry& entry, absl::string_view) {
                written = written || entry.method == "loss accepted";
                return absl::OkStatus();
              }).ok());
  EXPECT_TRUE(written);
  accept_loss_ = false;
  EXPECT_TRUE(Open().ok()) << "once is enough";
}

TEST_F(AuditLogTest, LogThatIsLostWholeGoesOnWhenTheLossIsAccepted) {
  Fill();
  std::filesystem::remove_all(Options().directory);
  EXPECT_EQ(Open().code(), absl::StatusCode::kDataLoss);
  accept_loss_ = true;
  const absl::Status opened = Open();
  ASSERT_TRUE(opened.ok()) << opened;
  EXPECT_GT(Verify().problem_count, 0u);
}

TEST_F(AuditLogTest, StoreRestoredFromAnOlderCopyOnlyKnowsAnOlderHead) {
  ASSERT_TRUE(Open().ok());
  const auto secret = *store_->Get(Family::kAudit, std::string("\x01\0\0\0\0s", 6));
  const auto head = *store_->Get(Family::kAudit, std::string("\x01\0\0\0\0h", 6));
  Append("after the copy");
  store_ = NewMemoryStore();
  Batch batch;
  batch.Put(Family::kAudit, std::string("\x01\0\0\0\0s", 6), *secret);
  batch.Put(Family::kAudit, std::string("\x01\0\0\0\0h", 6), *head);
  ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(Verify().problem_count, 0u);
}

TEST_F(AuditLogTest, LogOfAnotherStoreIsRefused) {
  Fill();
  store_ = NewMemoryStore();
  EXPECT_TRUE(absl::IsFailedPrecondition(Open()));
}

TEST_F(AuditLogTest, EntryIsReadAsItWasWritten) {
  AuditEntry entry;
  entry.sequence = 7;
  entry.time = clock_.Now();
  entry.operation = "0123456789abcdef";
  entry.phase = "outcome";
  entry.who = "spiffe://sabun/x\t\"\n";
  entry.counts = {{"records", 3}};
  entry.content = true;
  const std::string json = EncodeAuditEntry(entry);
  EXPECT_EQ(json.find_first_of("\n\t"), std::string::npos);
  EXPECT_EQ(EncodeAuditEntry(*DecodeAuditEntry(json)), json);
}

// A log of many small segments, an entry a second, of which all but the last minute may go.
class PrunedAuditLogTest : public AuditLogTest {
 protected:
  void SetUp() override {
    segment_bytes_ = 1'000;
    keep_ = absl::Seconds(60);
    ASSERT_TRUE(Open().ok());
    for (int i = 0; i < 200; ++i) Append("caller " + std::to_string(i));
    middle_ = log_->head();
    ASSERT_EQ(Verify().problem_count, 0u);
    segments_ = ListAuditSegments(Options().directory)->size();
  }
  absl::Time TimeOf(uint64_t sequence) {
    absl::Time time;
    EXPECT_TRUE(VisitAuditLog(Options().directory, [&](const AuditEntry& entry, absl::string_view) {
                  if (entry.sequence == sequence) time = entry.time;
                  return absl::OkStatus();
                }).ok());
    return time;
  }
  AuditHead middle_;
  size_t segments_ = 0;
};

TEST_F(PrunedAuditLogTest, WhatIsLeftIsProvenAndSaysWhatIsGone) {
  const auto pruned = log_->Prune();
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_GT(*pruned, 100u);
  EXPECT_LT(*pruned, 142u) << "nothing of the last minute";
  EXPECT_LT(ListAuditSegments(Options().directory)->size(), segments_ / 2);
  const AuditVerdict verdict = Verify({middle_});
  EXPECT_EQ(verdict.problem_count, 0u);
  EXPECT_EQ(verdict.pruned, *pruned);
  EXPECT_EQ(verdict.entries + verdict.pruned, log_->head().sequence);
  EXPECT_EQ(verdict.pruned_before, TimeOf(*pruned + 1)) << "the first one that is left";
  EXPECT_EQ(*log_->Prune(), 0u);
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Verify({middle_}).problem_count, 0u);
}

TEST_F(PrunedAuditLogTest, WithoutTheNoteOrWithAnotherTheRestIsNotProven) {
  ASSERT_TRUE(log_->Prune().ok());
  const std::string path = PrunedNotePath(Options().directory), note = ReadFile(path);
  for (size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    WriteFile(path, changed);
    EXPECT_GT(Verify().problem_count, 0u) << i;
  }
  std::filesystem::remove(path);
  EXPECT_GT(Verify().problem_count, 0u);
}

TEST_F(PrunedAuditLogTest, SegmentThatIsMissingBehindThePrunedOnesIsSeen) {
  ASSERT_TRUE(log_->Prune().ok());
  std::filesystem::remove(ListAuditSegments(Options().directory)->front().path);
  EXPECT_GT(Verify().problem_count, 0u);
}

TEST_F(PrunedAuditLogTest, SegmentsThatACrashLeftAreNoHarmAndGoNextTime) {
  const std::string copy = directory_.path() + "/copy";
  std::filesystem::copy(Options().directory, copy);
  ASSERT_TRUE(log_->Prune().ok());
  for (const auto& file : std::filesystem::directory_iterator(copy)) {
    std::filesystem::copy(file.path(), Options().directory, std::filesystem::copy_options::skip_existing);
  }
  // The last segment of the copy is older than the one that is there.
  EXPECT_EQ(Verify().problem_count, 0u);
  EXPECT_EQ(*log_->Prune(), 0u);
  EXPECT_LT(ListAuditSegments(Options().directory)->size(), segments_ / 2);
}

TEST(AuditEntryNumbers, NumberThatIsNoIntegerIsDamage) {
  const auto decode = [](const std::string& number) {
    return DecodeAuditEntry("{\"seq\":" + number + ",\"time\":\"2026-11-22T00:00:00.000000Z\"}").status().code();
  };
  EXPECT_EQ(decode("18446744073709551615"), absl::StatusCode::kOk);
  EXPECT_EQ(decode("18446744073709551616"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(decode("1.5"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(decode("1e3"), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sabun
