// A store in memory on a disk that fails: it ends the engine at a write, tells an error of one that may have been done,
// is full, and loses at a power loss what was not synced.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/store/store.h"
#include "tests/model/fading_store.h"

namespace sabun::sim {

// Thrown out of a write: the process of the engine ends here.
struct EngineKilled {};

enum class StoreFault { kNone, kKillBefore, kKillAfter, kErrorBefore, kErrorAfter, kFull };

// Used by one thread. After an error every write fails until Restart, as after an error of the log.
class FaultyStore : public Store {
 public:
  // The n-th write from now, 0 the next one, meets the fault. kNone: none does.
  void Arm(StoreFault fault, int writes);
  bool failing() const { return failing_; }
  // The process ends and the store is opened again. `kept`: how many commits that were not synced survive. True when
  // some did not.
  bool Restart(size_t kept);

  std::function<void()> on_synced = [] {};
  std::vector<std::string> violations;  // of the store's contract

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return store_.Get(family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return store_.MultiGet(family, keys);
  }
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return store_.NewScan(family, std::move(begin), std::move(end), use);
  }
  absl::Status Commit(const Batch& batch, Durability durability) override;
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return store_.Freeze(); }
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;

 private:
  friend class FaultyWriter;
  // Does the write, and what the fault says around it.
  absl::Status Write(const std::function<absl::Status()>& write);

  model::FadingStore store_;
  StoreFault fault_ = StoreFault::kNone;
  int writes_left_ = 0;
  bool failing_ = false;
};

}  // namespace sabun::sim
