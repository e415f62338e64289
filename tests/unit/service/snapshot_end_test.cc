// A snapshot that was let go does nothing more, even while somebody still holds it.
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/snapshot.h"
#include "tests/support/one_field.h"

namespace sabun {
namespace {

class SnapshotEndTest : public testing::Test {
 protected:
  void SetUp() override {
    EngineOptions options;
    options.spool_directory = testing::TempDir();
    engine_ = *Engine::Open(store_.get(), &clock_, options);
    bool created = false;
    dataset_ = *engine_->CreateDataset("d", kOneFieldProfile, GuardLimits(), &created);
  }
  std::shared_ptr<Snapshot> Attach(const std::string& id) {
    SnapshotRequest request;
    request.snapshot_id = id;
    return *dataset_->Attach(request);
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  SystemClock clock_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Dataset> dataset_;
};

TEST_F(SnapshotEndTest, WorkOfAFailedOneIsStopped) {
  const auto snapshot = Attach("a");
  dataset_->Detach(snapshot, true);
  EXPECT_EQ(snapshot->FinishWork().code(), absl::StatusCode::kCancelled);
}

TEST_F(SnapshotEndTest, WorkOfABrokenOneIsStoppedWhenAnotherBegins) {
  const auto broken = Attach("a");
  dataset_->Detach(broken, false);
  EXPECT_TRUE(broken->FinishWork().ok());
  const auto next = Attach("b");
  EXPECT_EQ(broken->FinishWork().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(next->FinishWork().ok());
}

TEST_F(SnapshotEndTest, NothingIsAskedForBeforeTheFingerprintsEnd) {
  EXPECT_EQ(Attach("a")->NextNeeded(1).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sabun
