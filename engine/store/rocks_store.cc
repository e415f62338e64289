#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/ordered_jobs.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_encryption.h"
#include "engine/store/rocks_files.h"
#include "engine/store/store.h"

namespace sabun {
namespace {

constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"catalog",   "index",       "capsules", "changes",
                                                                "unsettled", "submissions", "audit"};

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

struct KeyBounds {
  std::string begin, end;
};

class RocksScan : public Scan {
 public:
  // Of the store as it is, or as of `snapshot`.
  RocksScan(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, const rocksdb::Snapshot* snapshot, KeyBounds bounds,
            ScanUse use)
      : begin_(std::move(bounds.begin)), end_(std::move(bounds.end)), begin_slice_(begin_), end_slice_(end_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &begin_slice_;
    options.iterate_upper_bound = &end_slice_;
    options.readahead_size = use == ScanUse::kRange ? 2 << 20 : 0;
    options.fill_cache = use == ScanUse::kLookups;
    options.verify_checksums = true;
    iterator_.reset(db->NewIterator(options, family));
    iterator_->SeekToFirst();
  }
  bool Valid() const override { return iterator_->Valid(); }
  void Next() override { iterator_->Next(); }
  void Seek(absl::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekBack(absl::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  absl::string_view key() const override { return ToView(iterator_->key()); }
  absl::string_view value() const override { return ToView(iterator_->value()); }
  absl::Status status() const override { return RocksStatus(iterator_->status(), "scan"); }

 private:
  std::string begin_, end_;
  rocksdb::Slice begin_slice_, end_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksBulkWriter : public BulkWriter {
 public:
  RocksBulkWriter(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, rocksdb::Env* env, std::string path_prefix)
      : db_(db), family_(family), env_(env), path_prefix_(std::move(path_prefix)) {}
  ~RocksBulkWriter() override {
    writer_.reset();
    closing_.Drain().IgnoreError();
    for (const std::string& path : paths_) env_->DeleteFile(path).PermitUncheckedError();
  }

  absl::Status Add(absl::string_view key, absl::string_view value) override {
    if (writer_ == nullptr) RETURN_IF_ERROR(OpenFile());
    RETURN_IF_ERROR(RocksStatus(writer_->Put(ToSlice(key), ToSlice(value)), "bulk write"));
    bytes_ += key.size() + value.size();
    if (bytes_ >= kFileBytes) return CloseFile();
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (writer_ != nullptr) RETURN_IF_ERROR(CloseFile());
    if (paths_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(closing_.Drain());
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;
    options.verify_checksums_before_ingest = false;  // CheckFile has done it
    RETURN_IF_ERROR(RocksStatus(db_->IngestExternalFile(family_, paths_, options), "ingest"));
    paths_.clear();
    return absl::OkStatus();
  }

 private:
  static constexpr size_t kFileBytes = 64 << 20;

  absl::Status OpenFile() {
    rocksdb::Options options = db_->GetOptions(family_);
    options.env = env_;
    writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options, family_,
                                                       /*invalidate_page_cache=*/false);
    paths_.push_back(absl::StrCat(path_prefix_, paths_.size(), ".sst"));
    bytes_ = 0;
    return RocksStatus(writer_->Open(paths_.back()), "bulk write");
  }

  absl::Status CloseFile() {
    return closing_.Add([this, writer = std::shared_ptr(std::move(writer_)), path = paths_.back()]() -> absl::Status {
      RETURN_IF_ERROR(RocksStatus(writer->Finish(), "bulk write"));
      return CheckFile(path);
    });
  }

  // Reads the file back.
  absl::Status CheckFile(const std::string& path) {
    rocksdb::Options options = db_->GetOptions(family_);
    options.env = env_;
    rocksdb::SstFileReader reader(options);
    RETURN_IF_ERROR(RocksStatus(reader.Open(path), "bulk check"));
    return RocksStatus(reader.VerifyChecksum(), "bulk check");
  }

  rocksdb::DB* db_;
  rocksdb::ColumnFamilyHandle* family_;
  rocksdb::Env* env_;
  std::string path_prefix_;
  std::vector<std::string> paths_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  size_t bytes_ = 0;
  OrderedJobs closing_{4};  // syncs and checks files while the next ones are written
};

class RocksStore : public Store {
 public:
  ~RocksStore() override {
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
    if (db_ != nullptr) db_->Close().PermitUncheckedError();
  }

  absl::Status Open(const RocksStoreOptions& options);

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return GetAt(nullptr, family, key);
  }
  absl::StatusOr<std::optional<std::string>> GetAt(const rocksdb::Snapshot* snapshot, Family family,
                                                   absl::string_view key) {
    std::string value;
    const rocksdb::Status status = db_->Get(ReadOptions(snapshot), Of(family), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    RETURN_IF_ERROR(RocksStatus(status, "read"));
    return std::optional<std::string>(std::move(value));
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return MultiGetAt(nullptr, family, keys);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGetAt(const rocksdb::Snapshot* snapshot, Family family,
                                                                     const std::vector<std::string>& keys) {
    // A look-up reads, decrypts and searches a block. Several threads do so at once, and more of them than there are
    // processors: among records by the hundred million most of their time is the disk's.
    const size_t parts = std::clamp<size_t>(keys.size() / kKeysForAThread, 1, threads_);
    std::vector<std::optional<std::string>> values(keys.size());
    std::vector<absl::Status> ends(parts);
    const auto get_part = [&](size_t part) {
      const KeyPart of{keys, keys.size() * part / parts, keys.size() * (part + 1) / parts};
      ends[part] = GetPart(snapshot, family, of, &values);
    };
    std::vector<std::thread> others;
    for (size_t part = 1; part < parts; ++part) others.emplace_back(get_part, part);
    get_part(0);
    for (std::thread& thread : others) thread.join();
    for (const absl::Status& end : ends) RETURN_IF_ERROR(end);
    return values;
  }

  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return ScanAt(nullptr, family, {std::move(begin), std::move(end)}, use);
  }
  std::unique_ptr<Scan> ScanAt(const rocksdb::Snapshot* snapshot, Family family, KeyBounds bounds, ScanUse use) {
    return std::make_unique<RocksScan>(db_.get(), Of(family), snapshot, std::move(bounds), use);
  }

  absl::Status Commit(const Batch& batch, Durability durability) override {
    rocksdb::WriteBatch writes;
    for (const Batch::Write& write : batch.writes()) {
      rocksdb::ColumnFamilyHandle* family = Of(write.family);
      rocksdb::Status status;
      switch (write.kind) {
        case Batch::Kind::kPut:
          status = writes.Put(family, write.key, write.value);
          break;
        case Batch::Kind::kDelete:
          status = writes.Delete(family, write.key);
          break;
        case Batch::Kind::kDeleteRange:
          status = writes.DeleteRange(family, write.key, write.value);
          break;
      }
      RETURN_IF_ERROR(RocksStatus(status, "batch"));
    }
    const std::shared_lock<std::shared_mutex> no_copy(copying_);
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    return RocksStatus(db_->Write(options, &writes), "commit");
  }

  absl::StatusOr<std::unique_ptr<Store>> Freeze() override;

  absl::Status VerifyFiles(Pace* pace) override { return VerifyTableFiles(db_.get(), env_.get(), pace); }

  // What is in memory is written before commits have to wait, so that they wait for little.
  absl::Status CopyFilesTo(const std::string& directory) override {
    RETURN_IF_ERROR(RocksStatus(db_->Flush({}, families_), "flush"));
    const std::unique_lock<std::shared_mutex> no_commit(copying_);
    RETURN_IF_ERROR(RocksStatus(db_->Flush({}, families_), "flush"));
    return LinkFiles(db_.get(), directory + "/rocksdb");
  }

  absl::StatusOr<std::unique_ptr<Store>> OpenCopy(const std::string& directory) override {
    RocksStoreOptions options;
    options.directory = directory;
    options.encryption_key = encryption_key_;
    options.cache_bytes = kCopyCacheBytes;
    options.read_only = true;
    return OpenRocksStore(options);
  }

  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family family) override {
    return std::make_unique<RocksBulkWriter>(db_.get(), Of(family), env_.get(),
                                             absl::StrCat(bulk_directory_, "/", next_bulk_++, "-"));
  }

 private:
  static constexpr size_t kKeysForAThread = 128;
  static constexpr size_t kCopyCacheBytes = 8 << 20;
  friend class FrozenRocksStore;

  struct KeyPart {
    const std::vector<std::string>& keys;
    size_t begin, end;
  };
  absl::Status GetPart(const rocksdb::Snapshot* snapshot, Family family, const KeyPart& part,
                       std::vector<std::optional<std::string>>* values) {
    const std::vector<rocksdb::Slice> slices(part.keys.begin() + part.begin, part.keys.begin() + part.end);
    std::vector<rocksdb::PinnableSlice> found(slices.size());
    std::vector<rocksdb::Status> statuses(slices.size());
    db_->MultiGet(ReadOptions(snapshot), Of(family), slices.size(), slices.data(), found.data(), statuses.data());
    for (size_t i = 0; i < slices.size(); ++i) {
      if (statuses[i].IsNotFound()) continue;
      RETURN_IF_ERROR(RocksStatus(statuses[i], "read"));
      (*values)[part.begin + i] = found[i].ToString();
    }
    return absl::OkStatus();
  }
  static rocksdb::ReadOptions ReadOptions(const rocksdb::Snapshot* snapshot) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.verify_checksums = true;
    return options;
  }
  rocksdb::ColumnFamilyHandle* Of(Family family) { return families_[static_cast<size_t>(family)]; }

  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::string bulk_directory_, encryption_key_;
  std::shared_mutex copying_;  // held alone while a copy is made
  std::atomic<uint64_t> next_bulk_{0};
  const size_t threads_ = std::clamp(4 * std::thread::hardware_concurrency(), 4u, 16u);
};

// A RocksStore as of a moment.
class FrozenRocksStore : public Store {
 public:
  explicit FrozenRocksStore(RocksStore* store) : store_(store), snapshot_(store->db_->GetSnapshot()) {}
  ~FrozenRocksStore() override { store_->db_->ReleaseSnapshot(snapshot_); }

  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key) override {
    return store_->GetAt(snapshot_, family, key);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(Family family,
                                                                   const std::vector<std::string>& keys) override {
    return store_->MultiGetAt(snapshot_, family, keys);
  }
  std::unique_ptr<Scan> NewScan(Family family, std::string begin, std::string end, ScanUse use) override {
    return store_->ScanAt(snapshot_, family, {std::move(begin), std::move(end)}, use);
  }
  absl::Status Commit(const Batch&, Durability) override { return ReadingOnly(); }
  absl::StatusOr<std::unique_ptr<BulkWriter>> NewBulkWriter(Family) override { return ReadingOnly(); }
  absl::StatusOr<std::unique_ptr<Store>> Freeze() override { return ReadingOnly(); }

 private:
  static absl::Status ReadingOnly() { return absl::FailedPreconditionError("store: it is for reading only"); }

  RocksStore* const store_;
  const rocksdb::Snapshot* const snapshot_;
};

absl::StatusOr<std::unique_ptr<Store>> RocksStore::Freeze() {
  return std::unique_ptr<Store>(std::make_unique<FrozenRocksStore>(this));
}

// A look-up reads, decrypts and checks a whole block: an index page is one, and of large rows only few go into one.
size_t BlockBytes(Family family) { return family == Family::kIndex ? 16 << 10 : 4 << 10; }

rocksdb::ColumnFamilyOptions FamilyOptions(int family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = BlockBytes(static_cast<Family>(family));
  // Only where a look-up often finds nothing. In partitions: a filter of a whole file is a block of megabytes, and a
  // small cache would read and decrypt it for every look-up.
  if (family == static_cast<int>(Family::kCapsules) || family == static_cast<int>(Family::kUnsettled)) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.partition_filters = true;
  }
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.cache_index_and_filter_blocks = true;
  table.pin_top_level_index_and_filter = true;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;
  if (family == static_cast<int>(Family::kCapsules) || family == static_cast<int>(Family::kChanges)) {
    options.compression = rocksdb::kLZ4Compression;
    // What is flushed is written again soon, so only the levels below are compressed.
    options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  }
  options.compaction_style = rocksdb::kCompactionStyleLevel;
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = 16 << 20;
  if (family == static_cast<int>(Family::kCapsules)) {
    // Every record that is sent for the first time is looked up here in vain.
    options.memtable_prefix_bloom_size_ratio = 0.02;
    options.memtable_whole_key_filtering = true;
  }
  return options;
}

absl::Status RocksStore::Open(const RocksStoreOptions& options) {
  SABUN_CHECK(options.encryption_key.size() == 32);
  encryption_key_ = options.encryption_key;
  env_ = NewEncryptedEnvironment(options.encryption_key);
  bulk_directory_ = options.directory + "/bulk";
  std::error_code error;
  if (!options.read_only) {
    std::filesystem::remove_all(bulk_directory_, error);  // left by a process that was killed; nobody reads it
    std::filesystem::create_directories(bulk_directory_, error);
    if (error) return absl::UnavailableError(absl::StrCat("store: cannot create ", bulk_directory_));
  }

  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.cache_bytes);
  rocksdb::DBOptions db_options;
  db_options.env = env_.get();
  db_options.create_if_missing = true;
  db_options.create_missing_column_families = true;
  db_options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db_options.recycle_log_file_num = 0;
  db_options.info_log = NewSilentLogger();
  db_options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(options.cache_bytes, cache, /*allow_stall=*/false);
  db_options.max_background_jobs = 2;
  db_options.max_open_files = 512;
  db_options.bytes_per_sync = 1 << 20;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, FamilyOptions(0, cache));
  for (int i = 0; i < kFamilyCount; ++i) descriptors.emplace_back(kFamilyNames[i], FamilyOptions(i, cache));
  rocksdb::DB* db = nullptr;
  const std::string path = options.directory + "/rocksdb";
  const rocksdb::Status status = options.read_only
                                     ? rocksdb::DB::OpenForReadOnly(db_options, path, descriptors, &families_, &db)
                                     : rocksdb::DB::Open(db_options, path, descriptors, &families_, &db);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return absl::UnavailableError(absl::StrCat("store: another process has ", options.directory, " open"));
  }
  RETURN_IF_ERROR(RocksStatus(status, "open"));
  db_.reset(db);
  // The default family comes first and holds nothing.
  db_->DestroyColumnFamilyHandle(families_.front()).PermitUncheckedError();
  families_.erase(families_.begin());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const RocksStoreOptions& options) {
  auto store = std::make_unique<RocksStore>();
  RETURN_IF_ERROR(store->Open(options));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace sabun
