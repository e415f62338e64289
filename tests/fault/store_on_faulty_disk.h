// The real store on a disk that fails, and its restarts: a store that lives through them, so that a history can go on.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/store/store.h"
#include "tests/fault/faulty_file_system.h"

namespace sabun::fault {

// What has happened to a disk, for the test's own check that it does happen.
struct DiskHistory {
  uint64_t power_losses = 0, kills = 0, refused_calls = 0, failed_openings = 0;
};

// Used by one thread at a time, when it is restarted.
class StoreOnFaultyDisk : public Store {
 public:
  // A new store in `directory`, which must not exist, and its witness beside it.
  StoreOnFaultyDisk(std::string directory, uint64_t seed);
  ~StoreOnFaultyDisk() override;

  // The process ends: by a power loss, by a kill, or in order; then it is started again, perhaps on a disk that will
  // refuse a call. Nobody may use the store meanwhile.
  void Restart();
  // Whether the disk refused a call since the last restart.
  bool HasTrouble() const { return disk_->refused() > refused_before_; }
  // Empty, or why the store could not be opened though the disk refused nothing.
  const std::string& problem() const { return problem_; }
  const DiskHistory& disk_history() const { return disk_history_; }

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override;
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override;
  absl::Status Commit(const Batch& batch, Durability durability) override;
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return store_->Freeze(); }
  absl::Status Health() override { return store_->Health(); }

 private:
  uint64_t Dice(uint64_t sides) { return random_() % sides; }
  void End();
  void Open();
  void OrderTrouble();

  std::mt19937_64 random_;
  std::shared_ptr<FaultyFileSystem> disk_;
  RocksStoreOptions options_;
  std::unique_ptr<Store> store_;
  uint64_t refused_before_ = 0;
  std::string problem_;
  DiskHistory disk_history_;
};

}  // namespace sabun::fault
