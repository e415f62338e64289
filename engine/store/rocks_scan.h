// Reads a range of a family in RocksDB, and opens the seals of its rows. Included by rocks_*.cc alone.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/store/failure_latch.h"
#include "engine/store/row_seal.h"
#include "engine/store/store.h"

namespace sabun {

// A family of an open database, where its failures go, and what seals its rows (nothing: a store from before there were
// seals).
struct FamilyAccess {
  rocksdb::DB* db;
  rocksdb::ColumnFamilyHandle* family;
  FailureLatch* failure;
  Family name;
  RowSeals* seals;
};

struct KeyBounds {
  std::string begin, end;
};

// Of the store as it is, or as of `snapshot`. What it is given must outlive it.
std::unique_ptr<Scan> NewRocksScan(const FamilyAccess& access, const rocksdb::Snapshot* snapshot, KeyBounds bounds,
                                   ScanUse use);

// What readers found: damage ends the store, other errors of the disk only the call. Readers of a frozen store verify
// it: they report damage, and the store goes on (`failure` is null).
absl::Status NoteRead(FailureLatch* failure, const absl::Status& status);

// DATA_LOSS: a row of the family is not what was written at its place.
absl::Status ForeignRow(Family family);

}  // namespace sabun
