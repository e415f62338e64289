#include "tests/model/fading_store.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace sabun::model {
namespace {

class BothWriters : public BulkWriter {
 public:
  BothWriters(std::unique_ptr<BulkWriter> now, std::unique_ptr<BulkWriter> durable)
      : now_(std::move(now)), durable_(std::move(durable)) {}
  absl::Status Add(absl::string_view key, absl::string_view value) override {
    RETURN_IF_ERROR(now_->Add(key, value));
    return durable_->Add(key, value);
  }
  absl::Status Finish() override {
    RETURN_IF_ERROR(now_->Finish());
    return durable_->Finish();
  }

 private:
  std::unique_ptr<BulkWriter> now_, durable_;
};

}  // namespace

absl::Status FadingStore::Commit(const Batch& batch, Durability durability) {
  RETURN_IF_ERROR(now_->Commit(batch, durability));
  unsynced_.push_back(batch);
  if (durability == Durability::kLater) return absl::OkStatus();
  for (const Batch& commit : std::exchange(unsynced_, {})) RETURN_IF_ERROR(durable_->Commit(commit, durability));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BulkWriter>> FadingStore::NewBulkWriter(Family family) {
  ASSIGN_OR_RETURN(auto now, now_->NewBulkWriter(family));
  ASSIGN_OR_RETURN(auto durable, durable_->NewBulkWriter(family));
  return std::make_unique<BothWriters>(std::move(now), std::move(durable));
}

void FadingStore::LosePower(size_t kept) {
  unsynced_.resize(std::min(kept, unsynced_.size()));
  for (const Batch& commit : std::exchange(unsynced_, {})) {
    SABUN_CHECK(durable_->Commit(commit, Durability::kSynced).ok());
  }
  now_ = NewMemoryStore();
  Batch all;
  for (int family = 0; family < kFamilyCount; ++family) {
    // Every key begins with its version, which is far below.
    const auto scan = durable_->NewScan(static_cast<Family>(family), "", "\xFF");
    for (; scan->Valid(); scan->Next()) {
      all.Put(static_cast<Family>(family), std::string(scan->key()), std::string(scan->value()));
    }
  }
  SABUN_CHECK(now_->Commit(all, Durability::kSynced).ok());
}

}  // namespace sabun::model
