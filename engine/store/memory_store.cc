#include <array>
#include <map>

#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/store/store.h"

namespace sabun {
namespace {

using Table = std::map<std::string, std::string, std::less<>>;

// Scans a copy: what a scan reads does not change under it.
class MemoryScan : public Scan {
 public:
  explicit MemoryScan(Table table) : table_(std::move(table)), at_(table_.begin()) {}
  bool Valid() const override { return at_ != table_.end(); }
  void Next() override { ++at_; }
  void Seek(absl::string_view key) override { at_ = table_.lower_bound(std::string(key)); }
  void SeekBack(absl::string_view key) override {
    at_ = table_.upper_bound(std::string(key));
    at_ = at_ == table_.begin() ? table_.end() : std::prev(at_);
  }
  absl::string_view key() const override { return at_->first; }
  absl::string_view value() const override { return at_->second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  Table table_;
  Table::const_iterator at_;
};

class MemoryStore : public Store {
 public:
  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    MutexLock lock(&mutex_);
    const Table& table = Of(family);
    const auto found = table.find(std::string(key));
    if (found == table.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    std::vector<std::optional<std::string>> values;
    for (const std::string& key : keys) values.push_back(*Get(family, key));
    return values;
  }

  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse) override {
    MutexLock lock(&mutex_);
    const Table& table = Of(family);
    return std::make_unique<MemoryScan>(Table(table.lower_bound(begin), table.lower_bound(end)));
  }

  absl::Status Commit(const Batch& batch, Durability) override {
    MutexLock lock(&mutex_);
    if (frozen_) return absl::FailedPreconditionError("store: it is for reading only");
    for (const Batch::Write& write : batch.writes()) {
      Table& table = Of(write.family);
      switch (write.kind) {
        case Batch::Kind::kPut:
          table[write.key] = write.value;
          break;
        case Batch::Kind::kDelete:
          table.erase(write.key);
          break;
        case Batch::Kind::kDeleteRange:
          table.erase(table.lower_bound(write.key), table.lower_bound(write.value));
          break;
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override;

  absl::StatusOr<std::unique_ptr<Store>> Freeze() override {
    auto copy = std::make_unique<MemoryStore>();
    MutexLock lock(&mutex_);
    MutexLock copy_lock(&copy->mutex_);
    copy->tables_ = tables_;
    copy->frozen_ = true;
    return std::unique_ptr<Store>(std::move(copy));
  }

 private:
  Table& Of(Family family) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return tables_[static_cast<size_t>(family)]; }

  Mutex mutex_;
  std::array<Table, kFamilyCount> tables_ ABSL_GUARDED_BY(mutex_);
  bool frozen_ ABSL_GUARDED_BY(mutex_) = false;
};

class MemoryBulkWriter : public BulkWriter {
 public:
  MemoryBulkWriter(Store* store, Family family) : store_(store), family_(family) {}
  absl::Status Add(absl::string_view key, absl::string_view value) override {
    SABUN_CHECK(last_.empty() || key > last_);
    last_ = std::string(key);
    batch_.Put(family_, last_, std::string(value));
    return absl::OkStatus();
  }
  absl::Status Finish() override { return store_->Commit(batch_, Durability::kSynced); }

 private:
  Store* store_;
  Family family_;
  std::string last_;
  Batch batch_;
};

absl::StatusOr<std::unique_ptr<BulkWriter>> MemoryStore::NewBulkWriter(Family family) {
  return std::make_unique<MemoryBulkWriter>(this, family);
}

}  // namespace

std::unique_ptr<Store> NewMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace sabun
