#include "tests/sim/faulty_store.h"

#include "engine/base/status_macros.h"

namespace sabun::sim {

// Holds its keys until they are written, to see that none of them is there already: files with such keys would be
// read beside the older ones.
class FaultyWriter : public BulkWriter {
 public:
  FaultyWriter(FaultyStore* store, Family family, std::unique_ptr<BulkWriter> writer)
      : store_(store), family_(family), writer_(std::move(writer)) {}

  absl::Status Add(absl::string_view key, absl::string_view value) override {
    const auto there = store_->Get(family_, key);
    if (there.ok() && there->has_value()) store_->violations.push_back("a key is bulk written that the store holds");
    return writer_->Add(key, value);
  }
  absl::Status Finish() override {
    return store_->Write([this] { return writer_->Finish(); });
  }

 private:
  FaultyStore* store_;
  Family family_;
  std::unique_ptr<BulkWriter> writer_;
};

void FaultyStore::Arm(StoreFault fault, int writes) {
  fault_ = fault;
  writes_left_ = writes;
}

bool FaultyStore::Restart(size_t kept) {
  const bool lost = kept < store_.unsynced();
  if (lost) store_.LosePower(kept);
  failing_ = false;
  fault_ = StoreFault::kNone;
  return lost;
}

absl::Status FaultyStore::Write(const std::function<absl::Status()>& write) {
  if (failing_) return absl::UnavailableError("the disk failed before");
  if (fault_ == StoreFault::kNone || writes_left_-- > 0) return write();
  const StoreFault fault = std::exchange(fault_, StoreFault::kNone);
  if (fault == StoreFault::kKillBefore) throw EngineKilled();
  if (fault == StoreFault::kKillAfter || fault == StoreFault::kErrorAfter) RETURN_IF_ERROR(write());
  if (fault == StoreFault::kKillAfter) throw EngineKilled();
  failing_ = true;
  if (fault == StoreFault::kFull) return absl::ResourceExhaustedError("the disk is full");
  return absl::UnavailableError("the disk fails");
}

absl::Status FaultyStore::Commit(const Batch& batch, Durability durability) {
  return Write([&]() -> absl::Status {
    RETURN_IF_ERROR(store_.Commit(batch, durability));
    if (durability == Durability::kSynced) on_synced();
    return absl::OkStatus();
  });
}

absl::StatusOr<std::unique_ptr<BulkWriter>> FaultyStore::NewBulkWriter(Family family) {
  ASSIGN_OR_RETURN(auto writer, store_.NewBulkWriter(family));
  return std::make_unique<FaultyWriter>(this, family, std::move(writer));
}

}  // namespace sabun::sim
