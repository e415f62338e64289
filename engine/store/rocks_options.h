// How RocksDB is set up. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>
#include <vector>

#include "engine/store/store.h"

namespace sabun {

// Options of the whole store; `cache` bounds blocks and write buffers together. Who opens it adds the codes of files.
rocksdb::DBOptions StoreOptions(rocksdb::Env* env, const std::shared_ptr<rocksdb::Cache>& cache);

// What RocksDB calls it.
const char* FamilyName(Family family);

// The default family, which holds nothing, then one a Family, in their order.
std::vector<rocksdb::ColumnFamilyDescriptor> StoreFamilies(const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace sabun
