// Brings every file of an open store under the newest epoch, so that older ones can be destroyed. Included by
// rocks_store.cc alone.
#pragma once

#include <rocksdb/db.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "keys/key_ring.h"

namespace sabun {

// The size above which RocksDB begins a new manifest with the next change of it.
inline constexpr uint64_t kManifestBytes = 4 << 20;

struct RewrittenStore {
  rocksdb::DB* db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::Env* env;
  std::string directory;  // of the data; what lies anywhere below it is looked at
};

// When it returns OK, what was deleted before is nowhere in the files below the directory, and none of them is under an
// older epoch. Reading and writing go on. Errors: UNAVAILABLE (REWRITE-BUSY: somebody reads an older state, or a file
// is being written or copied; try again), those of the disk.
absl::Status RewriteUnderNewestEpoch(const RewrittenStore& store, const KeyRing& keys);

// Whether it is one of RocksDB's files that are written once and read only on opening.
bool IsSmallFile(absl::string_view path);
// Writes it again, in the present form and under the newest epoch.
absl::Status RewriteSmallFile(rocksdb::Env* env, const std::string& path);

}  // namespace sabun
