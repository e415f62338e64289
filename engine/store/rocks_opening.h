// What is looked at before a store is opened, so that a refusal leaves every file as it was.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/rocks_witness.h"
#include "engine/store/store.h"

namespace sabun {

// Reads the store's own mark, without changing a file, and compares it with the witness. Returns what the witness says;
// nothing when there is none yet. Errors: those of CompareWithWitness (unless the store is accepted as it is), and of
// reading.
absl::StatusOr<std::optional<Mark>> ExamineBeforeOpening(const RocksStoreOptions& options,
                                                         const rocksdb::DBOptions& db_options, WitnessFile* witness);

// The refusal of a store of which a part lacks commits that another part has.
absl::Status MissingCommits(uint64_t expected, uint64_t found);

// Makes durable what a process that is gone wrote to the logs in `path`. RocksDB opens with what they say, and lists
// what it makes of it family by family: a power loss at that moment could take a commit from one and leave it to
// another.
absl::Status SyncLogs(rocksdb::FileSystem* files, const std::string& path);

// Makes the directory, or deletes the files in it.
absl::Status EmptyDirectory(rocksdb::Env* env, const std::string& path);

}  // namespace sabun
