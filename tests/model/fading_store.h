// A store in memory that forgets at a power loss what no synced commit made durable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/store/store.h"

namespace sabun::model {

// Used by one thread at a time.
class FadingStore : public Store {
 public:
  FadingStore() : now_(NewMemoryStore()), durable_(NewMemoryStore()) {}

  // Of the commits after the last synced one the first `kept` survive, as many as there are at most.
  void LosePower(size_t kept);
  size_t unsynced() const { return unsynced_.size(); }

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return now_->Get(family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return now_->MultiGet(family, keys);
  }
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return now_->NewScan(family, std::move(begin), std::move(end), use);
  }
  absl::Status Commit(const Batch& batch, Durability durability) override;
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return now_->Freeze(); }
  // What it wrote is durable by itself, as files are.
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;

 private:
  std::unique_ptr<Store> now_, durable_;
  std::vector<Batch> unsynced_;
};

}  // namespace sabun::model
