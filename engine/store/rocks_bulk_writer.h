// Bulk writing into RocksDB: sorted files beside the store that are ingested at the end. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <memory>
#include <string>

#include "engine/store/rocks_scan.h"
#include "engine/store/store.h"

namespace sabun {

// Writes files whose names begin with `path_prefix`. What it is given must outlive it.
std::unique_ptr<BulkWriter> NewRocksBulkWriter(const FamilyAccess& access, rocksdb::Env* env, std::string path_prefix);

}  // namespace sabun
