// Brings a ledger that was restored from a backup up to what the hub may hold: replays the journal of what was handed
// out since. The reasoning is in engine/ARCHITECTURE.md, "After a restore".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/ledger_state.h"
#include "engine/ledger/sent_journal.h"
#include "engine/store/runs_options.h"
#include "engine/store/sorted_runs.h"

namespace sabun {

// What a store was restored from.
struct RestoreNote {
  std::string id;      // of this restore, never used twice
  std::string backup;  // the backup's id
  JournalOptions journal;
  uint64_t journal_segment = 0;  // the first one that may tell something new
};

// What a replay did, for the log.
struct ReplayCounts {
  uint64_t batches = 0, sent = 0, receipts = 0;
  uint64_t unknown = 0;   // records that are to be settled again
  uint64_t doubtful = 0;  // records of which the journal and the backup disagree
  // Records that were handed out for datasets that the backup does not have, by number of dataset: they were made after
  // it.
  std::map<uint32_t, uint64_t> of_no_dataset{};
};

// One restore, for all ledgers of the store. Interrupted anywhere, it is run again and goes on. Nothing else may move
// the ledgers meanwhile. Not thread safe.
class Replay {
 public:
  Replay(RestoreNote note, RunsOptions runs)
      : note_(std::move(note)), reader_(note_.journal, note_.journal_segment), noted_(std::move(runs)) {}

  // By number of dataset. A ledger that this restore has brought up before stays as it is. Errors: those of the journal
  // (see JournalReader::Visit) and of the store.
  absl::Status Run(const std::map<uint32_t, LedgerState*>& ledgers);
  const ReplayCounts& counts() const { return counts_; }

 private:
  // One item of the journal, to be sorted by record and time.
  struct Noted {
    Key128 key;
    uint64_t segment, offset, batch;
    uint32_t size, dataset;
    bool sent;
  };
  struct Order {
    bool operator()(const Noted& a, const Noted& b) const;
  };
  struct Newest {
    uint64_t batch = 0, change_set = 0;
  };
  class Chunk;

  absl::Status Gather();
  absl::Status Begin(LedgerState* ledger);
  absl::Status ReplayRecords(const std::map<uint32_t, LedgerState*>& ledgers);
  absl::Status Finish(LedgerState* ledger);

  const RestoreNote note_;
  JournalReader reader_;
  SortedRuns<Noted, Order> noted_;
  std::map<uint32_t, Newest> newest_;  // by dataset
  ReplayCounts counts_;
};

}  // namespace sabun
