#include "engine/store/rocks_defects.h"

#include <rocksdb/metadata.h>

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "absl/strings/match.h"

namespace sabun {
namespace {

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// Remembers whether all of it is durable.
class LogFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit LogFile(std::unique_ptr<rocksdb::FSWritableFile> file) : FSWritableFileOwnerWrapper(std::move(file)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    is_durable_ = false;
    return target()->Append(data, options, debug);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& info, rocksdb::IODebugContext* debug) override {
    is_durable_ = false;
    return target()->Append(data, options, info, debug);
  }
  rocksdb::IOStatus Flush(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return is_durable_ ? rocksdb::IOStatus::OK() : target()->Flush(options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Synced(is_durable_ ? rocksdb::IOStatus::OK() : target()->Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Synced(is_durable_ ? rocksdb::IOStatus::OK() : target()->Fsync(options, debug));
  }

 private:
  rocksdb::IOStatus Synced(rocksdb::IOStatus status) {
    if (status.ok()) is_durable_ = true;
    return status;
  }

  bool is_durable_ = false;
};

class WatchedManifest : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedManifest(std::unique_ptr<rocksdb::FSWritableFile> file, std::function<void()> on_failure)
      : FSWritableFileOwnerWrapper(std::move(file)), on_failure_(std::move(on_failure)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    return Noted(target()->Append(data, options, debug));
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& info, rocksdb::IODebugContext* debug) override {
    return Noted(target()->Append(data, options, info, debug));
  }
  rocksdb::IOStatus Flush(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Noted(target()->Flush(options, debug));
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Noted(target()->Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return Noted(target()->Fsync(options, debug));
  }

 private:
  rocksdb::IOStatus Noted(rocksdb::IOStatus status) {
    if (!status.ok()) on_failure_();
    return status;
  }

  const std::function<void()> on_failure_;
};

// What RocksDB owns of a log.
class SharedFile : public rocksdb::FSWritableFileWrapper {
 public:
  explicit SharedFile(std::shared_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileWrapper(file.get()), file_(std::move(file)) {}

 private:
  const std::shared_ptr<rocksdb::FSWritableFile> file_;
};

class WatchedTable : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  WatchedTable(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::function<void()> on_failure)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), on_failure_(std::move(on_failure)) {}

  rocksdb::IOStatus Read(uint64_t offset, size_t size, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                         char* scratch, rocksdb::IODebugContext* debug) const override {
    return Noted(target()->Read(offset, size, options, result, scratch, debug));
  }
  rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus status = target()->MultiRead(requests, count, options, debug);
    for (size_t i = 0; i < count; ++i) Noted(requests[i].status).PermitUncheckedError();
    return Noted(status);
  }

 private:
  rocksdb::IOStatus Noted(rocksdb::IOStatus status) const {
    if (!status.ok()) on_failure_();
    return status;
  }

  const std::function<void()> on_failure_;
};

bool IsBusy(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  using Properties = rocksdb::DB::Properties;
  for (const std::string& name : {Properties::kMemTableFlushPending, Properties::kNumRunningFlushes,
                                  Properties::kCompactionPending, Properties::kNumRunningCompactions}) {
    uint64_t number = 0;
    if (db->GetIntProperty(family, name, &number) && number > 0) return true;
  }
  return false;
}

}  // namespace

rocksdb::IOStatus LogSuccession::Begin(const std::string& path, const rocksdb::IOOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file) {
  const auto log = std::make_shared<LogFile>(std::move(*file));
  const std::lock_guard<std::mutex> lock(mutex_);
  std::weak_ptr<rocksdb::FSWritableFile>& last = last_[FolderOf(path)];
  if (const auto before = last.lock()) {
    const rocksdb::IOStatus status = before->Sync(options, nullptr);
    if (!status.ok()) return status;
  }
  last = log;
  *file = std::make_unique<SharedFile>(log);
  return rocksdb::IOStatus::OK();
}

void FailedPaths::Add(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  paths_.insert(path);
}

bool FailedPaths::Has(const std::string& path) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return paths_.count(path) > 0;
}

std::unique_ptr<rocksdb::FSWritableFile> ManifestWatch::Watch(const std::string& path,
                                                              std::unique_ptr<rocksdb::FSWritableFile> manifest) {
  return std::make_unique<WatchedManifest>(std::move(manifest),
                                           [folders = folders_, path] { folders->Add(FolderOf(path)); });
}

bool ManifestWatch::MayDelete(const std::string& path) const {
  return !absl::EndsWith(path, ".sst") || !folders_->Has(FolderOf(path));
}

std::unique_ptr<rocksdb::FSRandomAccessFile> ReadWatch::Watch(const std::string& path,
                                                              std::unique_ptr<rocksdb::FSRandomAccessFile> table) {
  return std::make_unique<WatchedTable>(std::move(table), [tables = tables_, path] { tables->Add(path); });
}

bool ReadWatch::MayMove(const std::string& path) const { return !tables_->Has(path); }

void AwaitQuietBottom(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  rocksdb::ColumnFamilyMetaData known;
  db->GetColumnFamilyMetaData(family, &known);
  if (!known.levels.empty() && !known.levels.back().files.empty()) return;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (IsBusy(db, family) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace sabun
