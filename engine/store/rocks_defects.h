// Defects of RocksDB 7.8 that failed calls of the disk bring out, each kept from mattering. Included by rocks_*.cc
// alone.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace sabun {

// Each log is durable before the next one begins. Once RocksDB has begun a new log, the flushing thread and whoever
// commits both sync the one before, and when the first of them fails, the other ends the process by an assertion. So
// the one before is synced while it is still the last one, and whoever syncs it later finds nothing to do, and nothing
// that could fail. Thread safe.
class LogSuccession {
 public:
  // A new log at `path`, with nothing in it yet; `file` becomes one that takes part. Fails when the log before, of the
  // same folder, cannot be synced: then `file` is closed, and RocksDB takes the store for failed.
  rocksdb::IOStatus Begin(const std::string& path, const rocksdb::IOOptions& options,
                          std::unique_ptr<rocksdb::FSWritableFile>* file);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<rocksdb::FSWritableFile>> last_;  // by folder: copies are made in others
};

// Paths below which something failed. Thread safe.
class FailedPaths {
 public:
  void Add(const std::string& path);
  bool Has(const std::string& path) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> paths_;
};

// Once a manifest could not be written or synced, nobody knows which tables it names. RocksDB deletes those of an
// ingestion that failed so, and a store whose manifest names a table that is gone cannot be opened: from then on no
// table of that folder is deleted. The next opening deletes what no manifest names. Thread safe.
class ManifestWatch {
 public:
  std::unique_ptr<rocksdb::FSWritableFile> Watch(const std::string& path,
                                                 std::unique_ptr<rocksdb::FSWritableFile> manifest);
  bool MayDelete(const std::string& path) const;

 private:
  const std::shared_ptr<FailedPaths> folders_ = std::make_shared<FailedPaths>();
};

// A table that is to be moved in is read for its first and last key, and when that fails RocksDB takes it for one
// without keys: it is there, and a look-up finds nothing in it. So a table whose reading ever failed is not moved in.
// Thread safe.
class ReadWatch {
 public:
  std::unique_ptr<rocksdb::FSRandomAccessFile> Watch(const std::string& path,
                                                     std::unique_ptr<rocksdb::FSRandomAccessFile> table);
  bool MayMove(const std::string& path) const;

 private:
  const std::shared_ptr<FailedPaths> tables_ = std::make_shared<FailedPaths>();
};

// An ingestion counts the tables of a level in one version and looks into them in another. When a flush or a compaction
// puts the first table into a level between the two, it ends the process by an assertion. So while the family has no
// table at its bottom level this waits until RocksDB does nothing behind its back, a second at most: what begins later
// than that ends later, too, than an ingestion.
void AwaitQuietBottom(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family);

}  // namespace sabun
