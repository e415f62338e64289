#include "tests/fault/faulty_file_system.h"

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "engine/base/check.h"

namespace sabun::fault {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

absl::string_view View(const Slice& slice) { return {slice.data(), slice.size()}; }

// What a file's wrapper needs of the file system.
struct Access {
  FaultyFileSystem* disk;
  std::shared_ptr<DiskFile> file;
};

// Writes what arrives, and notes it.
template <typename Write>
IOStatus WriteThrough(const Access& access, uint64_t offset, const Slice& data, const Write& write) {
  bool is_short = false;
  const IOStatus admitted = access.disk->Admit(Call::kWrite, &is_short);
  if (!admitted.ok() && !is_short) return admitted;
  const Slice arriving(data.data(), admitted.ok() ? data.size() : data.size() / 2);
  const IOStatus written = write(arriving);
  if (written.ok()) access.disk->shadow().Write(access.file.get(), offset, View(arriving));
  return admitted.ok() ? written : admitted;
}

IOStatus SyncThrough(const Access& access) {
  IOStatus status = access.disk->Admit(Call::kSync);
  if (status.ok()) access.disk->shadow().Sync(access.file.get());
  return status;
}

class FaultyWritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyWritableFile(std::unique_ptr<rocksdb::FSWritableFile>&& target, Access access)
      : FSWritableFileOwnerWrapper(std::move(target)), access_(std::move(access)) {}
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    const uint64_t offset = size_;
    return WriteThrough(access_, offset, data, [&](const Slice& arriving) {
      size_ += arriving.size();
      return target()->Append(arriving, options, debug);
    });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported();
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = access_.disk->Admit(Call::kTruncate);
    if (status.ok()) status = target()->Truncate(size, options, debug);
    if (status.ok()) access_.disk->shadow().Truncate(access_.file.get(), size_ = size);
    return status;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return SyncThrough(access_); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return SyncThrough(access_); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const Access access_;
  uint64_t size_ = 0;
};

class FaultyRandomRWFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyRandomRWFile(std::unique_ptr<rocksdb::FSRandomRWFile>&& target, Access access)
      : FSRandomRWFileOwnerWrapper(std::move(target)), access_(std::move(access)) {}
  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return WriteThrough(access_, offset, data, [&](const Slice& arriving) {
      return FSRandomRWFileOwnerWrapper::Write(offset, arriving, options, debug);
    });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return SyncThrough(access_); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return SyncThrough(access_); }

 private:
  const Access access_;
};

class FaultySequentialFile : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  FaultySequentialFile(std::unique_ptr<rocksdb::FSSequentialFile>&& target, FaultyFileSystem* disk)
      : FSSequentialFileOwnerWrapper(std::move(target)), disk_(disk) {}
  IOStatus Read(size_t size, const IOOptions& options, Slice* result, char* scratch, IODebugContext* debug) override {
    const IOStatus status = disk_->Admit(Call::kRead);
    return status.ok() ? FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, debug) : status;
  }

 private:
  FaultyFileSystem* disk_;
};

class FaultyRandomAccessFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultyRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile>&& target, FaultyFileSystem* disk)
      : FSRandomAccessFileOwnerWrapper(std::move(target)), disk_(disk) {}
  IOStatus Read(uint64_t offset, size_t size, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* debug) const override {
    const IOStatus status = disk_->Admit(Call::kRead);
    return status.ok() ? FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug) : status;
  }

 private:
  FaultyFileSystem* disk_;
};

class FaultyDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultyDirectory(std::unique_ptr<rocksdb::FSDirectory>&& target, FaultyFileSystem* disk, std::string path)
      : FSDirectoryWrapper(std::move(target)), disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    IOStatus status = disk_->Admit(Call::kSync);
    if (status.ok()) disk_->shadow().SyncDirectory(path_);
    return status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  FaultyFileSystem* disk_;
  const std::string path_;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem(uint64_t seed) : FileSystemWrapper(rocksdb::FileSystem::Default()), shadow_(seed) {}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::Order(const Fault& fault) {
  const std::lock_guard<std::mutex> lock(mutex_);
  fault_ = fault;
}

uint64_t FaultyFileSystem::refused() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return refused_;
}

uint64_t FaultyFileSystem::calls(Call call) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_[static_cast<size_t>(call)];
}

void FaultyFileSystem::SlowDown(uint64_t every) {
  const std::lock_guard<std::mutex> lock(mutex_);
  slow_every_ = every;
}

void FaultyFileSystem::CutPower() {
  const std::lock_guard<std::mutex> lock(mutex_);
  power_cut_ = true;
}

void FaultyFileSystem::RestorePower() {
  shadow_.LosePower();
  ResumePower();
}

void FaultyFileSystem::ResumePower() {
  const std::lock_guard<std::mutex> lock(mutex_);
  power_cut_ = false;
}

IOStatus FaultyFileSystem::Admit(Call call, bool* short_write) {
  std::unique_lock<std::mutex> lock(mutex_);
  ++calls_[static_cast<size_t>(call)];
  if (slow_every_ != 0 && ++all_calls_ % slow_every_ == 0) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    lock.lock();
  }
  const bool only_reads = call == Call::kRead || call == Call::kOpen;
  if (power_cut_) return only_reads ? IOStatus::OK() : IOStatus::IOError("power is cut");
  if (call != fault_.call || fault_.times == 0) return IOStatus::OK();
  if (fault_.after > 0) {
    --fault_.after;
    return IOStatus::OK();
  }
  --fault_.times;
  ++refused_;
  if (fault_.error == DiskError::kNoSpace) {
    IOStatus full = IOStatus::NoSpace("on order");
    full.SetRetryable(true);  // as RocksDB's own file system says
    return full;
  }
  if (fault_.error == DiskError::kShortWrite && short_write != nullptr) *short_write = true;
  return IOStatus::IOError("on order");
}

IOStatus FaultyFileSystem::NewSequentialFile(const std::string& path, const FileOptions& options,
                                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  IOStatus status = Admit(Call::kOpen);
  std::unique_ptr<rocksdb::FSSequentialFile> opened;
  if (status.ok()) status = target()->NewSequentialFile(path, options, &opened, debug);
  if (status.ok()) *file = std::make_unique<FaultySequentialFile>(std::move(opened), this);
  return status;
}

IOStatus FaultyFileSystem::NewRandomAccessFile(const std::string& path, const FileOptions& options,
                                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                               IODebugContext* debug) {
  IOStatus status = Admit(Call::kOpen);
  std::unique_ptr<rocksdb::FSRandomAccessFile> opened;
  if (status.ok()) status = target()->NewRandomAccessFile(path, options, &opened, debug);
  if (status.ok()) *file = std::make_unique<FaultyRandomAccessFile>(std::move(opened), this);
  return status;
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& path, const FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status = Admit(Call::kOpen);
  if (status.ok()) status = Admit(Call::kWrite);  // a name is written, too
  std::unique_ptr<rocksdb::FSWritableFile> opened;
  if (status.ok()) status = target()->NewWritableFile(path, options, &opened, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<FaultyWritableFile>(std::move(opened), Access{this, shadow_.Create(path)});
  return status;
}

IOStatus FaultyFileSystem::NewRandomRWFile(const std::string& path, const FileOptions& options,
                                           std::unique_ptr<rocksdb::FSRandomRWFile>* file, IODebugContext* debug) {
  IOStatus status = Admit(Call::kOpen);
  std::unique_ptr<rocksdb::FSRandomRWFile> opened;
  if (status.ok()) status = target()->NewRandomRWFile(path, options, &opened, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<FaultyRandomRWFile>(std::move(opened), Access{this, shadow_.Find(path)});
  return status;
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> opened;
  const IOStatus status = target()->NewDirectory(path, options, &opened, debug);
  if (status.ok()) *directory = std::make_unique<FaultyDirectory>(std::move(opened), this, path);
  return status;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  IOStatus status = Admit(Call::kDelete);
  if (!status.ok()) return status;
  shadow_.Find(path);  // before it is gone
  status = target()->DeleteFile(path, options, debug);
  if (status.ok()) shadow_.Remove(path);
  return status;
}

IOStatus FaultyFileSystem::Truncate(const std::string& path, size_t size, const IOOptions& options,
                                    IODebugContext* debug) {
  IOStatus status = Admit(Call::kTruncate);
  if (!status.ok()) return status;
  const std::shared_ptr<DiskFile> file = shadow_.Find(path);
  status = target()->Truncate(path, size, options, debug);
  if (status.ok()) shadow_.Truncate(file.get(), size);
  return status;
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                      IODebugContext* debug) {
  IOStatus status = Admit(Call::kRename);
  if (!status.ok()) return status;
  // Of a copy, as a whole: nobody asks what a power loss leaves of it.
  if (std::filesystem::is_directory(from)) return target()->RenameFile(from, to, options, debug);
  shadow_.Find(from);
  if (std::filesystem::exists(to)) shadow_.Find(to);  // it is back when the rename is lost
  status = target()->RenameFile(from, to, options, debug);
  if (status.ok()) shadow_.Rename(from, to);
  return status;
}

IOStatus FaultyFileSystem::LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                                    IODebugContext* debug) {
  IOStatus status = Admit(Call::kRename);
  if (!status.ok()) return status;
  shadow_.Find(from);
  status = target()->LinkFile(from, to, options, debug);
  if (status.ok()) shadow_.Link(from, to);
  return status;
}

}  // namespace sabun::fault
