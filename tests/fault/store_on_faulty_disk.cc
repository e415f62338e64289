#include "tests/fault/store_on_faulty_disk.h"

#include <filesystem>
#include <utility>

namespace sabun::fault {

StoreOnFaultyDisk::StoreOnFaultyDisk(std::string directory, uint64_t seed)
    : random_(seed), disk_(std::make_shared<FaultyFileSystem>(seed)) {
  std::filesystem::create_directories(directory);
  options_.witness = directory + ".witness";
  options_.directory = std::move(directory);
  options_.encryption_key = std::string(32, 'k');
  // So little memory that tables are written and logs change all the time, or so much that everything stays in the log.
  options_.cache_bytes = Dice(2) == 0 ? 256 << 10 : 16 << 20;
  options_.files = disk_;
  disk_->SlowDown(Dice(4) == 0 ? 50 : 0);
  Open();
}

StoreOnFaultyDisk::~StoreOnFaultyDisk() = default;

void StoreOnFaultyDisk::End() {
  const uint64_t way = Dice(4);
  if (way < 3) disk_->CutPower();  // whatever closing writes does not arrive
  store_.reset();
  if (way < 2) {
    disk_->RestorePower();
    ++disk_history_.power_losses;
  } else if (way == 2) {
    disk_->ResumePower();
    ++disk_history_.kills;
  }
}

void StoreOnFaultyDisk::OrderTrouble() {
  Fault fault;
  fault.call = static_cast<Call>(Dice(kCallCount));
  fault.after = Dice(Dice(2) == 0 ? 20 : 300);
  fault.error = static_cast<DiskError>(Dice(3));
  fault.times = Dice(2) == 0 ? 1 : 1'000'000;
  disk_->Order(fault);
}

void StoreOnFaultyDisk::Open() {
  while (problem_.empty()) {
    refused_before_ = disk_->refused();
    auto store = OpenRocksStore(options_);
    if (store.ok()) {
      store_ = *std::move(store);
      return;
    }
    if (!HasTrouble()) {
      problem_ = std::string(store.status().message());
      break;
    }
    ++disk_history_.failed_openings;
    disk_history_.refused_calls += disk_->refused() - refused_before_;
    disk_->OrderNothing();
    if (Dice(2) == 0) disk_->RestorePower();
  }
  store_ = NewMemoryStore();  // so that the history can end
}

void StoreOnFaultyDisk::Restart() {
  disk_history_.refused_calls += disk_->refused() - refused_before_;
  disk_->OrderNothing();
  End();
  const uint64_t when = Dice(4);  // from the opening on, later, or never
  if (when == 0) OrderTrouble();
  Open();
  if (when == 1) OrderTrouble();
}

absl::StatusOr<std::optional<std::string>> StoreOnFaultyDisk::Get(Family family, absl::string_view key) {
  return store_->Get(family, key);
}

absl::StatusOr<std::vector<std::optional<std::string>>> StoreOnFaultyDisk::MultiGet(
    Family family, const std::vector<std::string>& keys) {
  return store_->MultiGet(family, keys);
}

std::unique_ptr<Scan> StoreOnFaultyDisk::NewScan(Family family, std::string begin, std::string end, ScanUse use) {
  return store_->NewScan(family, std::move(begin), std::move(end), use);
}

absl::Status StoreOnFaultyDisk::Commit(const Batch& batch, Durability durability) {
  return store_->Commit(batch, durability);
}

absl::StatusOr<std::unique_ptr<BulkWriter>> StoreOnFaultyDisk::NewBulkWriter(Family family) {
  return store_->NewBulkWriter(family);
}

}  // namespace sabun::fault
