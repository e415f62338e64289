// The files of a RocksDB store: read whole, and linked to another place. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/base/pace.h"

namespace sabun {

inline rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// RocksDB's own text may name keys in hex, so only its kind of error is passed on, after "store: DOING: ".
absl::Status RocksStatus(const rocksdb::Status& status, absl::string_view doing);

std::shared_ptr<rocksdb::Logger> NewSilentLogger();

// Reads every table file that is in use, and holds it to its code in the manifest (or, without one, to the checksums
// within); one that goes out of use meanwhile is left out. Errors: DATA_LOSS (how many are damaged, and the first one's
// name), CANCELLED, those of the disk.
absl::Status VerifyTableFiles(rocksdb::DB* db, rocksdb::Env* env, Pace* pace);

// Makes `directory` and puts the store's files as they are now into it. What was committed must have been flushed, and
// nothing be committed meanwhile.
absl::Status LinkFiles(rocksdb::DB* db, const std::string& directory);

}  // namespace sabun
