// Changes, counts and books: the plain structs that diff, guard, ledger and service hand to each other.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun {

// What a change does to a record at the hub.
enum class ChangeOp : uint8_t { kAdd = 1, kUpdate = 2, kDelete = 3 };

// Where a change stands. The order is that of Books::by_state.
enum class ChangeState : uint8_t { kPending = 1, kInFlight, kAccepted, kRejected, kUnknown, kSuperseded };

enum class ChangeSetState : uint8_t { kReady = 1, kHeld, kEmpty, kDiscarded, kReplaced };

// kResend is no snapshot: what the hub accepted is told to it again.
enum class SnapshotKind : uint8_t { kComplete = 1, kPartial = 2, kResend = 3 };

absl::string_view ToString(ChangeOp op);
absl::string_view ToString(ChangeState state);
absl::string_view ToString(ChangeSetState state);

// Names a change: number of its change set (from 1) and its sequence in it (from 1). Zeros name none.
struct ChangeRef {
  uint64_t change_set = 0;
  uint64_t sequence = 0;

  friend auto operator<=>(const ChangeRef&, const ChangeRef&) = default;
};

// One stored change.
struct Change {
  ChangeRef ref;
  ChangeOp op = ChangeOp::kAdd;
  std::string key;                    // 16 bytes, see Key128
  std::string canonical;              // the wanted content; for a delete, the last known one
  std::vector<uint32_t> changed_ids;  // ids of fields that differ from what the hub held when it was planned
};

// Rows and changes of one snapshot. See SnapshotCounts in change_set.proto.
struct SnapshotCounts {
  uint64_t received = 0;
  uint64_t unchanged = 0;
  uint64_t added = 0;
  uint64_t updated = 0;
  uint64_t deleted = 0;
  uint64_t cosmetic = 0;
  uint64_t invalid = 0;
  uint64_t duplicate = 0;
  uint64_t cancelled = 0;
  uint64_t delete_rows = 0;
  uint64_t unreadable = 0;
  uint64_t suspended_deletes = 0;

  // Conservation: every row is in exactly one class.
  bool Balance() const {
    return received == unchanged + added + updated + cosmetic + invalid + duplicate + delete_rows;
  }
};

// How far the changes of a change set are.
struct Books {
  uint64_t planned = 0;
  std::array<uint64_t, 7> by_state{};  // indexed by ChangeState

  uint64_t& operator[](ChangeState state) { return by_state[static_cast<size_t>(state)]; }
  uint64_t operator[](ChangeState state) const { return by_state[static_cast<size_t>(state)]; }
  void Move(ChangeState from, ChangeState to) {
    --(*this)[from];
    ++(*this)[to];
  }
  bool Balance() const {
    uint64_t sum = 0;
    for (const uint64_t count : by_state) sum += count;
    return sum == planned;
  }
};

// Why a change set, or its deletes, wait. See Hold in change_set.proto.
struct Hold {
  std::string rule;
  double limit = 0;
  double actual = 0;
  double limit_percent = 0;
  double actual_percent = 0;
  std::vector<std::string> samples;
};

// A change set without its changes.
struct ChangeSetInfo {
  uint64_t number = 0;
  std::string snapshot_id;
  SnapshotKind kind = SnapshotKind::kComplete;
  ChangeSetState state = ChangeSetState::kEmpty;
  std::string digest;  // SHA-256, 32 bytes
  SnapshotCounts counts;
  Books books;
  std::vector<Hold> holds;
  int64_t created_at = 0;  // seconds since 1970-01-01 UTC
  int64_t decided_at = 0;
  std::string decided_by;
  std::string pushed_by;  // the identity that pushed the snapshot
  uint64_t erased = 0;    // changes whose contents were erased, after a time or on order
};

// Limits above which a change set is held; see GuardLimits in dataset.proto.
struct GuardLimits {
  uint64_t max_deletes = 500;
  double max_delete_percent = 5;
  uint64_t max_updates = 0;
  double max_update_percent = 30;
  uint64_t max_shrink_rows = 500;
  double max_shrink_percent = 10;
};

}  // namespace sabun
