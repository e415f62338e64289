#include "engine/store/rocks_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "engine/base/bytes.h"
#include "engine/store/rocks_files.h"
#include "engine/store/rocks_rewrite.h"
#include "engine/store/store.h"

namespace sabun {
namespace {

constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"catalog",   "index",       "capsules", "changes",
                                                                "unsettled", "submissions", "audit"};

// Adds big-endian numbers of 8 bytes.
class Sum : public rocksdb::AssociativeMergeOperator {
 public:
  const char* Name() const override { return "SabunSum"; }
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* before, const rocksdb::Slice& value, std::string* sum,
             rocksdb::Logger*) const override {
    if (value.size() != 8 || (before != nullptr && before->size() != 8)) return false;
    AppendBig64((before == nullptr ? 0 : LoadBig64(before->data())) + LoadBig64(value.data()), sum);
    return true;
  }
};

// A look-up reads, decrypts and checks a whole block: an index page is one, and of large rows only few go into one.
size_t BlockBytes(Family family) { return family == Family::kIndex ? 16 << 10 : 4 << 10; }

// A hundred million records are nearly a thousand files, and a look-up that has to open one first costs many times as
// much. Connections and spilled runs need some as well.
int OpenFiles() {
  constexpr rlim_t kMost = 8192, kFewest = 512, kForOthers = 512;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewest;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, kMost + kForOthers);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewest;
  }
  return static_cast<int>(std::clamp(limit.rlim_cur, kFewest + kForOthers, kMost + kForOthers) - kForOthers);
}

rocksdb::ColumnFamilyOptions FamilyOptions(int family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = BlockBytes(static_cast<Family>(family));
  // Only where a look-up often finds nothing among many: unsettled has either nearly every record or few. In
  // partitions: a filter of a whole file is a block of megabytes, and a small cache would read and decrypt it for every
  // look-up.
  if (family == static_cast<int>(Family::kCapsules)) {
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
  options.merge_operator = std::make_shared<Sum>();
  // What was erased after its time leaves the files within a week, and with it the older epochs of their keys.
  if (family == static_cast<int>(Family::kChanges)) options.periodic_compaction_seconds = 7 * 24 * 60 * 60;
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

}  // namespace

rocksdb::DBOptions StoreOptions(rocksdb::Env* env, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.recycle_log_file_num = 0;
  // A log that is missing or shorter than it was when it was synced is found by its size, also one between others.
  options.track_and_verify_wals_in_manifest = true;
  options.info_log = NewSilentLogger();
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(cache->GetCapacity(), cache, /*allow_stall=*/false);
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;  // a failed write ends the store
  options.max_open_files = OpenFiles();
  options.bytes_per_sync = 1 << 20;
  options.max_manifest_file_size = kManifestBytes;
  return options;
}

const char* FamilyName(Family family) { return kFamilyNames[static_cast<size_t>(family)]; }

std::vector<rocksdb::ColumnFamilyDescriptor> StoreFamilies(const std::shared_ptr<rocksdb::Cache>& cache) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, FamilyOptions(0, cache));
  for (int i = 0; i < kFamilyCount; ++i) families.emplace_back(kFamilyNames[i], FamilyOptions(i, cache));
  return families;
}

}  // namespace sabun
