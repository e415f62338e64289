// A store in memory of which any one call can fail: a read, a step of a scan, a commit before or after it was done, a
// bulk file.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/store/store.h"

namespace sabun::model {

// Thread safe but for Order.
class TroubledStore : public Store {
 public:
  // Heals the store, as opening it again does; from now on the call after the next `calls` fails. A commit or bulk file
  // that fails was done all the same when `is_done`, and every write after it is refused.
  void Order(uint64_t calls, bool is_done);
  // Whether a call has failed since.
  bool troubled() const { return troubled_; }
  uint64_t failures() const { return failures_; }

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override;
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override;
  absl::Status Commit(const Batch& batch, Durability durability) override;
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override;
  absl::Status Health() override;

 private:
  friend class TroubledScan;
  friend class TroubledWriter;
  // OK, or what the call at hand is to answer.
  absl::Status Pass();
  // Passes a write on, or not.
  template <typename Work>
  absl::Status Write(const Work& work);

  const std::unique_ptr<Store> store_ = NewMemoryStore();
  std::atomic<int64_t> calls_left_ = int64_t{1} << 62;
  std::atomic<bool> troubled_ = false, closed_ = false;
  std::atomic<uint64_t> failures_ = 0;
  bool is_done_ = false;
};

}  // namespace sabun::model
