// The rows of the catalog: small JSON documents, one for each dataset, ledger head and change set. Layout:
// engine/FORMATS.md, "Catalog".
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "engine/record/change.h"
#include "engine/store/index.h"

namespace sabun {

// What was configured for a dataset.
struct DatasetRow {
  uint32_t id = 0;
  std::string name;
  std::string profile_text;
  std::string secret;  // 32 bytes
  GuardLimits guards;
  std::map<std::string, uint32_t> field_ids;  // lasting ids of field names, see EncodeCanonical
  int64_t created_at = 0;
  uint32_t retention_days = 0;      // contents of settled change sets are erased after so many days; 0: kept
  uint32_t fingerprint_secret = 0;  // counts the secrets of fingerprints; the one of keys is lasting
};

// Where a dataset's ledger stands. Written with every commit that moves it.
struct LedgerHead {
  uint64_t next_change_set = 1;
  uint64_t next_generation = 1;
  uint64_t next_batch = 1;
  uint64_t lease_token = 0;
  std::string lease_holder;  // whose token it is; comes back to it after a restart of the engine
  uint64_t lease_ms = 0;     // how long somebody may believe in a lease after an end of the engine; 0: nobody does
  IndexExtent index;
  uint64_t unsettled_generation = 0;
  uint64_t records = 0;                             // entries of the index
  uint64_t capsules = 0;                            // records the hub accepted
  uint64_t pending = 0, in_flight = 0, parked = 0;  // entries of unsettled, by state; in flight includes unknown
  uint64_t last_complete_rows = 0;
  uint64_t held = 0;                 // number of the held change set, or 0
  uint64_t newest = 0;               // number of the newest change set, or 0
  uint64_t reserved_change_set = 0;  // staged, and not sealed yet: to be cleared after a crash
  uint64_t reserved_generation = 0;
  // After the store was restored from a backup, see replay.h.
  std::string restore_id;     // of the last restore; empty: never
  bool unreconciled = false;  // what is wanted may be out of date: nothing new is sent until a complete snapshot
  bool replaying = false;     // the journal is being replayed, up to
  std::string replay_cursor;  // this key, in hex
  uint64_t replay_below = 0;  // batches below are in the backup
  uint64_t replay_change_set = 0;
};

std::string EncodeDatasetRow(const DatasetRow& row);
std::string EncodeHead(const LedgerHead& head);
std::string EncodeChangeSetInfo(const ChangeSetInfo& info);

// Errors: DATA_LOSS.
absl::StatusOr<DatasetRow> DecodeDatasetRow(const std::string& bytes);
absl::StatusOr<LedgerHead> DecodeHead(const std::string& bytes);
absl::StatusOr<ChangeSetInfo> DecodeChangeSetInfo(const std::string& bytes);

}  // namespace sabun
