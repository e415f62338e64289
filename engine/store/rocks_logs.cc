#include "engine/store/rocks_logs.h"

#include <utility>

#include "absl/strings/match.h"

namespace sabun {
namespace {

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
  WatchedManifest(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<std::atomic<bool>> failed)
      : FSWritableFileOwnerWrapper(std::move(file)), failed_(std::move(failed)) {}

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
    if (!status.ok()) failed_->store(true);
    return status;
  }

  const std::shared_ptr<std::atomic<bool>> failed_;
};

// What RocksDB owns of a log.
class SharedFile : public rocksdb::FSWritableFileWrapper {
 public:
  explicit SharedFile(std::shared_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileWrapper(file.get()), file_(std::move(file)) {}

 private:
  const std::shared_ptr<rocksdb::FSWritableFile> file_;
};

}  // namespace

rocksdb::IOStatus LogSuccession::Begin(const std::string& path, const rocksdb::IOOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file) {
  const auto log = std::make_shared<LogFile>(std::move(*file));
  const std::lock_guard<std::mutex> lock(mutex_);
  std::weak_ptr<rocksdb::FSWritableFile>& last = last_[path.substr(0, path.rfind('/'))];
  if (const auto before = last.lock()) {
    const rocksdb::IOStatus status = before->Sync(options, nullptr);
    if (!status.ok()) return status;
  }
  last = log;
  *file = std::make_unique<SharedFile>(log);
  return rocksdb::IOStatus::OK();
}

std::unique_ptr<rocksdb::FSWritableFile> ManifestWatch::Watch(std::unique_ptr<rocksdb::FSWritableFile> manifest) {
  return std::make_unique<WatchedManifest>(std::move(manifest), failed_);
}

bool ManifestWatch::MayDelete(const std::string& path) const {
  return !failed_->load() || !absl::EndsWith(path, ".sst");
}

}  // namespace sabun
