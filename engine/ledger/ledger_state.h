// What the parts of a dataset's ledger share: the head, its lock, and the one way to move it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/commit_point.h"
#include "engine/base/mutex.h"
#include "engine/ledger/catalog.h"
#include "engine/ledger/entry.h"
#include "engine/ledger/final_states.h"
#include "engine/record/change.h"
#include "engine/record/ids.h"
#include "engine/store/journal.h"
#include "engine/store/store.h"

namespace sabun {

struct LedgerOptions {
  // Up to so many deltas, or to a hundred-and-twenty-eighth of the records, are applied as one atomic batch; more are
  // written as a new generation.
  uint64_t atomic_limit = 32'768;
  // Where what is handed out is noted; outlives the ledger. May be null: nowhere.
  Journal* journal = nullptr;
  size_t replay_records = 256;  // brought up at once after a restore
  bool one_thread = false;      // writes the parts of a new generation one after the other
};

// One dataset's ledger. The lock is held across writes on purpose: the order of commits is the order of the ledger.
struct LedgerState {
  LedgerState(Store* store_in, uint32_t dataset_in, Clock* clock_in, LedgerOptions options_in)
      : store(store_in), dataset(dataset_in), clock(clock_in), options(options_in) {}

  // Reads the head, or begins a new ledger, and clears what a crash left staged.
  absl::Status Open();
  LedgerHead Head();
  uint64_t RecordMoves();
  int64_t NowSeconds() { return absl::ToUnixSeconds(clock->Now()); }

  Store* const store;
  const uint32_t dataset;
  Clock* const clock;
  const LedgerOptions options;
  Mutex mutex;
  LedgerHead head ABSL_GUARDED_BY(mutex);
  // Ids of the fields whose change makes a record another one for the hub.
  std::vector<uint32_t> identity_ids ABSL_GUARDED_BY(mutex);
  std::string profile_text ABSL_GUARDED_BY(mutex);
  // After a failed commit nobody knows what is stored: everything is refused until the engine is restarted.
  bool broken ABSL_GUARDED_BY(mutex) = false;
  bool retired ABSL_GUARDED_BY(mutex) = false;       // the dataset is being erased: nothing is written any more
  uint64_t commits ABSL_GUARDED_BY(mutex) = 0;       // since the start
  uint64_t record_moves ABSL_GUARDED_BY(mutex) = 0;  // those of them that moved entries or capsules
  bool unsynced ABSL_GUARDED_BY(mutex) = false;      // the last commit waits for a synced one to become durable
};

// What the hub accepted of a record: the capsule.
struct Capsule {
  ChangeRef ref;  // the change that brought it there
  std::string canonical;
};
std::string EncodeCapsule(const Capsule& capsule);
absl::StatusOr<Capsule> DecodeCapsule(absl::string_view bytes);

// Entries and capsules of distinct keys, one element a key. Skips the store when the head says there are none.
absl::StatusOr<std::vector<std::optional<Entry>>> ReadEntries(Store* store, uint32_t dataset, const LedgerHead& head,
                                                              const std::vector<Key128>& keys);
absl::StatusOr<std::vector<std::optional<Capsule>>> ReadCapsules(Store* store, uint32_t dataset, const LedgerHead& head,
                                                                 const std::vector<Key128>& keys);

// One atomic move of the ledger. Made and committed under the state's lock.
class LedgerWrite {
 public:
  explicit LedgerWrite(LedgerState* state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state->mutex)
      : head(state->head), state_(state) {}

  // Notes counts, books and final states of one record's step. `unknown`: its batch was marked unknown. Where the new
  // entry is written is the caller's (see PutEntry).
  void Note(const std::optional<Entry>& before, const Step& step, bool unknown = false);
  // Writes or erases the entry in the current generation of unsettled.
  void PutEntry(const Key128& key, const std::optional<Entry>& entry);
  // Writes or erases the capsule.
  void PutCapsule(const Key128& key, const std::optional<Capsule>& capsule);
  // Moves a whole number of a change set's changes, as Note does for one.
  void MoveBooks(uint64_t change_set, ChangeState from, ChangeState to, int64_t count);
  // The row of a change set that is written whole with this commit; books noted for it are added.
  void SetInfo(ChangeSetInfo info) { infos_[info.number] = std::move(info); }
  ChangeSetInfo* info(uint64_t number) { return &infos_.at(number); }

  // Erases what is staged under the reserved number, unless it is `kept`.
  void DropStaged(uint64_t kept = 0);

  // All or nothing. On success the state's head is this one. `step` names the move, for tests that end the process
  // there.
  absl::Status Commit(CommitStep step, Durability durability = Durability::kSynced)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_->mutex);

  LedgerHead head;
  Batch batch;

 private:
  absl::Status FoldBooks();
  void Count(const std::optional<Entry>& entry, int64_t by);

  void AppendRows();

  // One row that is written or, without a value, erased.
  struct Row {
    Family family;
    std::string key;
    std::optional<std::string> value;
  };
  struct BooksMove {
    int64_t planned = 0;
    std::array<int64_t, 7> by_state{};
  };
  LedgerState* state_;
  std::map<uint64_t, ChangeSetInfo> infos_;
  std::map<uint64_t, BooksMove> moves_;
  std::vector<Row> rows_;  // of records: entries and capsules
  std::vector<FinalState> finals_;
};

// The row of a change set. Errors: NOT_FOUND, DATA_LOSS.
absl::StatusOr<ChangeSetInfo> ReadChangeSetInfo(Store* store, uint32_t dataset, uint64_t number);

}  // namespace sabun
