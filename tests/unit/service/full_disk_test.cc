// The disk of the spool is full: that snapshot fails, and nothing else.
#include <gtest/gtest.h>

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/one_field.h"

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

}  // namespace
}  // namespace sabun
