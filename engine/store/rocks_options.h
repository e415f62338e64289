// How RocksDB is set up. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>
#include <vector>

namespace sabun {

// Options of the whole store; `cache` bounds blocks and write buffers together.
rocksdb::DBOptions StoreOptions(rocksdb::Env* env, const std::shared_ptr<rocksdb::Cache>& cache);

// The default family, which holds nothing, then one a Family, in their order.
std::vector<rocksdb::ColumnFamilyDescriptor> StoreFamilies(const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace sabun
