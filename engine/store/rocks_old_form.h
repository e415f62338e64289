// Logs, manifests and small files in the form of versions before there were frames: read until none is left, and
// refused from then on, because nobody can tell who wrote one. Included by rocks_store.cc alone.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/rocks_encryption.h"
#include "engine/store/rocks_witness.h"
#include "engine/store/store.h"

namespace sabun {

// `witness` may be null in both: a store without one.
//
// kRefused when the witness says that the store has frames only, unless it is accepted as it is. Errors: DATA_LOSS
// (STORE-OLD-FILE: it says so, and one is there all the same), UNAVAILABLE. Changes no file.
absl::StatusOr<OldForm> ExamineOldForm(const RocksStoreOptions& options, rocksdb::FileSystem* files,
                                       WitnessFile* witness);

struct OpenedStore {
  rocksdb::Env* env;
  rocksdb::FileSystem* files;  // below it
  std::string directory;
  Mark mark;
};
// Of a store that was just opened: small files get the present form, and the witness hears when nothing else is left.
absl::Status EndOldForm(const OpenedStore& store, WitnessFile* witness);

}  // namespace sabun
