// Backups, verification and scrub of a whole engine on RocksDB.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/backups.h"
#include "engine/restored_store.h"
#include "engine/verification.h"
#include "tests/support/one_field.h"
#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

namespace fs = std::filesystem;

class EngineBackupTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(data_ + "/spool");
    auto store = OpenRocksStore({data_, std::string(32, 'k'), 8 << 20});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto journal = Journal::Open({data_ + ".sent", KeyRing::OfOneKey(std::string(32, 'k'))});
    ASSERT_TRUE(journal.ok());
    journal_ = *std::move(journal);
    EngineOptions options;
    options.data_directory = data_;
    options.spool_directory = data_ + "/spool";
    options.ledger.journal = journal_.get();
    auto engine = Engine::Open(store_.get(), &clock_, options);
    ASSERT_TRUE(engine.ok());
    engine_ = *std::move(engine);
    bool created = false;
    ASSERT_TRUE(engine_->CreateDataset("city/child", kOneFieldProfile, {}, &created).ok());
    backups_ = std::make_unique<Backups>(engine_.get());
  }
  absl::StatusOr<BackupManifest> BackUp(const std::string& folder, size_t keep = 0) {
    return backups_->Create(folder, keep, &pace_);
  }
  void FlipInEveryTable(const std::string& directory) {
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().extension() != ".sst") continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(4'100);
      file.put('\xFF');
    }
  }

  TempDirectory directory_;
  const std::string data_ = directory_.path() + "/data", folder_ = directory_.path() + "/backups";
  ManualClock clock_;
  Pace pace_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Backups> backups_;
};

TEST_F(EngineBackupTest, FirstBackupBeginsTheJournalAndSaysWhatItHolds) {
  EXPECT_FALSE(journal_->IsOn());
  const auto manifest = BackUp(folder_);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_TRUE(journal_->IsOn());
  EXPECT_EQ(manifest->journal_segment, 1u);
  ASSERT_EQ(manifest->datasets.size(), 1u);
  EXPECT_EQ(manifest->datasets[0].name, "city/child");
  EXPECT_FALSE(fs::exists(data_ + "/backup"));
}

TEST_F(EngineBackupTest, JournalIsKeptAsFarBackAsTheOldestBackup) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(BackUp(folder_).ok());
  EXPECT_EQ(*JournalSegments(journal_->directory()), (std::vector<uint64_t>{1, 2, 3}));
  ASSERT_TRUE(BackUp(folder_, 2).ok());
  EXPECT_EQ(*JournalSegments(journal_->directory()), (std::vector<uint64_t>{3, 4}));
}

TEST_F(EngineBackupTest, RefusesARelativePathAndTheDataDirectory) {
  EXPECT_EQ(BackUp("backups").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(BackUp(data_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(BackUp(data_ + "/below/it").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(BackUp(data_ + "-beside").ok());
}

TEST_F(EngineBackupTest, CheckOpensTheBackupAndVerifiesEveryDataset) {
  ASSERT_TRUE(BackUp(folder_).ok());
  const auto checked = backups_->Check(folder_, "", &pace_);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->findings.size(), 9u);
  for (const VerifyFinding& finding : checked->findings) EXPECT_EQ(finding.problem, "") << finding.check;
  EXPECT_EQ(checked->findings[1].check, "codes");
  EXPECT_GT(checked->findings[1].examined, 0u);
  EXPECT_EQ(checked->findings[2].check, "city/child: index");
}

TEST_F(EngineBackupTest, ScrubKeepsItsResultAndTellsDamage) {
  std::vector<std::string> alarms;
  Scrub scrub(engine_.get(), {}, [&](const StoreFinding& found) { alarms.push_back(found.finding.check); });
  EXPECT_EQ(scrub.Last()->finished_at, 0);
  ASSERT_TRUE(scrub.RunOnce().ok());
  EXPECT_TRUE(scrub.Last()->sound);
  EXPECT_EQ(scrub.Last()->finished_at, absl::ToUnixSeconds(clock_.Now()));
  ASSERT_TRUE(BackUp(folder_).ok());  // writes what is in memory into files
  FlipInEveryTable(data_ + "/rocksdb");
  const absl::Status second = scrub.RunOnce();
  // Others may meet the damage as well, and end the store: then the result cannot be kept, only told.
  EXPECT_TRUE(second.ok() || absl::IsUnavailable(second)) << second;
  const auto last = scrub.Last();
  EXPECT_FALSE(second.ok() && last.ok() && last->sound);
  ASSERT_FALSE(alarms.empty());
  EXPECT_EQ(alarms[0], "files");
}

TEST(RestoreNote, IsReadOnceAndNeverFromAHalfDoneRestore) {
  const TempDirectory directory;
  const std::string& data = directory.path();
  EXPECT_FALSE((*ReadRestoreNote(data, {})).has_value());
  std::ofstream(data + "/restored.json") << R"({"restore":"r1","backup":"000002","journal_segment":7})";
  const auto note = ReadRestoreNote(data, {"/journal", nullptr});
  ASSERT_TRUE(note.ok() && note->has_value());
  EXPECT_EQ((*note)->journal_segment, 7u);
  EXPECT_EQ((*note)->journal.directory, "/journal");
  fs::create_directory(data + "/restoring");
  EXPECT_EQ(ReadRestoreNote(data, {}).status().code(), absl::StatusCode::kFailedPrecondition);
  fs::remove(data + "/restoring");
  ASSERT_TRUE(EraseRestoreNote(data).ok());
  EXPECT_FALSE((*ReadRestoreNote(data, {})).has_value());
  std::ofstream(data + "/restored.json") << "{}";
  EXPECT_EQ(ReadRestoreNote(data, {}).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sabun
