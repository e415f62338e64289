#include "tests/model/troubled_store.h"

#include <utility>

#include "engine/base/status_macros.h"

namespace sabun::model {

// Ends where its step fails, as a scan over a damaged file does.
class TroubledScan : public Scan {
 public:
  TroubledScan(TroubledStore* store, std::unique_ptr<Scan> scan) : store_(store), scan_(std::move(scan)) { Step(); }

  bool Valid() const override { return trouble_.ok() && scan_->Valid(); }
  void Next() override {
    scan_->Next();
    Step();
  }
  void Seek(absl::string_view key) override {
    scan_->Seek(key);
    Step();
  }
  void SeekBack(absl::string_view key) override {
    scan_->SeekBack(key);
    Step();
  }
  absl::string_view key() const override { return scan_->key(); }
  absl::string_view value() const override { return scan_->value(); }
  absl::Status status() const override { return trouble_.ok() ? scan_->status() : trouble_; }

 private:
  void Step() {
    if (trouble_.ok()) trouble_ = store_->Pass();
  }

  TroubledStore* const store_;
  const std::unique_ptr<Scan> scan_;
  absl::Status trouble_;
};

class TroubledWriter : public BulkWriter {
 public:
  TroubledWriter(TroubledStore* store, std::unique_ptr<BulkWriter> writer)
      : store_(store), writer_(std::move(writer)) {}

  absl::Status Add(absl::string_view key, absl::string_view value) override {
    RETURN_IF_ERROR(store_->Pass());
    return writer_->Add(key, value);
  }
  absl::Status Finish() override {
    return store_->Write([this] { return writer_->Finish(); });
  }

 private:
  TroubledStore* const store_;
  const std::unique_ptr<BulkWriter> writer_;
};

void TroubledStore::Order(uint64_t calls, bool is_done) {
  troubled_ = closed_ = false;
  is_done_ = is_done;
  calls_left_ = static_cast<int64_t>(calls);
}

absl::Status TroubledStore::Pass() {
  if (calls_left_-- != 0) return absl::OkStatus();
  troubled_ = true;
  ++failures_;
  return absl::UnavailableError("the disk fails");
}

template <typename Work>
absl::Status TroubledStore::Write(const Work& work) {
  if (closed_) return absl::UnavailableError("the disk failed before");
  const absl::Status passed = Pass();
  if (passed.ok()) return work();
  closed_ = true;
  if (is_done_) RETURN_IF_ERROR(work());
  return passed;
}

absl::StatusOr<std::optional<std::string>> TroubledStore::Get(Family family, absl::string_view key) {
  RETURN_IF_ERROR(Pass());
  return store_->Get(family, key);
}

absl::StatusOr<std::vector<std::optional<std::string>>> TroubledStore::MultiGet(Family family,
                                                                                const std::vector<std::string>& keys) {
  RETURN_IF_ERROR(Pass());
  return store_->MultiGet(family, keys);
}

std::unique_ptr<Scan> TroubledStore::NewScan(Family family, std::string begin, std::string end, ScanUse use) {
  return std::make_unique<TroubledScan>(this, store_->NewScan(family, std::move(begin), std::move(end), use));
}

absl::Status TroubledStore::Commit(const Batch& batch, Durability durability) {
  return Write([&] { return store_->Commit(batch, durability); });
}

absl::StatusOr<std::unique_ptr<BulkWriter>> TroubledStore::NewBulkWriter(Family family) {
  RETURN_IF_ERROR(Pass());
  ASSIGN_OR_RETURN(auto writer, store_->NewBulkWriter(family));
  return std::make_unique<TroubledWriter>(this, std::move(writer));
}

absl::StatusOr<std::unique_ptr<Store>> TroubledStore::Freeze() {
  RETURN_IF_ERROR(Pass());
  return store_->Freeze();
}

absl::Status TroubledStore::Health() {
  return closed_ ? absl::UnavailableError("the disk failed before") : absl::OkStatus();
}

}  // namespace sabun::model
