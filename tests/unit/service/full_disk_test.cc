// A full disk of the spool costs that snapshot, one of the journal the engine.
#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/one_field.h"
#include "tests/support/temp_directory.h"
#include "tests/unit/ledger/sealed_records.h"

namespace sabun {
namespace {

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.spool_directory = testing::TempDir();
    options.row_memory_bytes = 1 << 16;
    engine_ = *Engine::Open(store_.get(), &clock_, options);
    bool created = false;
    dataset_ = *engine_->CreateDataset("d", kOneFieldProfile, GuardLimits(), &created);
  }
  // Takes 20,000 rows in up to the end of the first pass.
  absl::Status TakeIn(const std::string& id, bool one_pass) {
    SnapshotRequest request;
    request.snapshot_id = id;
    request.one_pass = one_pass;
    ASSIGN_OR_RETURN(const std::shared_ptr<Snapshot> snapshot, dataset_->Attach(request));
    const absl::Status taken = FirstPass(snapshot.get(), one_pass);
    dataset_->Detach(snapshot, true);
    return taken;
  }
  static absl::Status FirstPass(Snapshot* snapshot, bool one_pass) {
    StreamDigest digest;
    for (uint64_t block = 0; block < 20; ++block) {
      std::string entries, rows;
      for (uint64_t row = 0; row < 1'000; ++row) {
        StreamDigest hash;
        hash.Update(std::to_string(block * 1'000 + row));
        entries += hash.Value() + hash.Value();
        std::string packed;
        AppendSized(std::string(200, 'x'), &packed);
        AppendSized(packed, &rows);
      }
      digest.Update(entries);
      RETURN_IF_ERROR(snapshot->AddFingerprints({block * 1'000, entries, {}, {}}));
      if (one_pass) RETURN_IF_ERROR(snapshot->AddContents(entries, rows));
    }
    std::vector<RowFinding> findings;
    RETURN_IF_ERROR(snapshot->End(20'000, digest.Value(), &findings));
    return one_pass ? snapshot->TakeKeptRows() : absl::OkStatus();
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  SystemClock clock_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
};

TEST_F(FullDiskTest, FullSpoolCostsTheSnapshotOnly) {
  {
    const FileSizeLimit full(100'000);
    EXPECT_TRUE(absl::IsResourceExhausted(TakeIn("a", false)));
  }
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE(TakeIn("b", false).ok());
}

TEST_F(FullDiskTest, FullSpoolOfKeptRowsCostsTheSnapshotOnly) {
  {
    const FileSizeLimit full(2'000'000);  // enough for the entries
    EXPECT_TRUE(absl::IsResourceExhausted(TakeIn("a", true)));
  }
  EXPECT_TRUE(store_->Health().ok());
  EXPECT_TRUE(TakeIn("b", true).ok());
}

class FullJournalTest : public testing::Test {
 protected:
  // An engine on the same store with a new segment of the journal, and one record that waits or is in flight.
  void Open() {
    engine_.reset();
    journal_ = *Journal::Open({directory_.path() + "/sent", KeyRing::OfOneKey(std::string(32, 'k'))});
    ASSERT_TRUE(journal_->BeginSegment().ok());
    EngineOptions options;
    options.spool_directory = directory_.path();
    options.ledger.journal = journal_.get();
    engine_ = *Engine::Open(store_.get(), &clock_, options);
    bool created = false;
    dataset_ = *engine_->CreateDataset("d", kOneFieldProfile, GuardLimits(), &created);
    if (created) SealRecords({std::string(1'000, 'a')}, false, &dataset_->ledger(), &dataset_->change_sets());
  }
  absl::StatusOr<OutgoingBatch> Next() {
    ASSIGN_OR_RETURN(const uint64_t token, dataset_->submissions().Acquire("adapter", absl::Minutes(1)));
    return dataset_->submissions().Next(token, 10, 1 << 20);
  }

  TempDirectory directory_;
  std::unique_ptr<Store> store_ = NewMemoryStore();
  SystemClock clock_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
};

TEST_F(FullJournalTest, WhatCannotBeNotedIsNotHandedOutAndTheEngineIsToEnd) {
  Open();
  {
    const FileSizeLimit full(500);
    EXPECT_FALSE(Next().ok());
  }
  EXPECT_EQ(dataset_->ledger().Head().in_flight, 0u);
  EXPECT_TRUE(absl::IsUnavailable(engine_->Health()));
  EXPECT_TRUE(absl::IsUnavailable(engine_->Find("d").status()));
  Open();
  EXPECT_TRUE(engine_->Health().ok());
  EXPECT_EQ(Next()->items.size(), 1u);
}

}  // namespace
}  // namespace sabun
