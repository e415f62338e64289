// A CSV file taken in as a snapshot, with a progress bar and its row errors told.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "adapters/cli/command_context.h"
#include "adapters/cli/csv_flags.h"
#include "adapters/cli/engine_client.h"
#include "adapters/client/sync_session.h"

namespace sabun::cli {

struct SnapshotJob {
  std::string dataset;
  v1::SnapshotKind kind = v1::SNAPSHOT_KIND_COMPLETE;
  bool compare_only = false;
  uint32_t list_differences = 0;
  CsvFlags csv;
};

// Runs the session; Ctrl-C stops it (CANCELLED, nothing stored). Row errors go to standard error, the first 20 of them,
// and to --errors. The committed change set may be held.
absl::StatusOr<client::SyncResult> TakeFileIn(const CommandContext& context, const EngineClient& engine,
                                              const SnapshotJob& job);

}  // namespace sabun::cli
