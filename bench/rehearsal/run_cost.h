// What one snapshot, or one submission, took.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "bench/rehearsal/resource_watch.h"
#include "sabun/v1/change_set.pb.h"

namespace sabun::bench {

// One stage of a snapshot. The processor times are those of the two processes within its time.
struct StageCost {
  absl::Duration time;
  absl::Duration client_cpu;
  absl::Duration engine_cpu;
  uint64_t records = 0;  // that the stage was about

  double rate() const { return absl::ToDoubleSeconds(time) > 0 ? records / absl::ToDoubleSeconds(time) : 0; }
};

inline StageCost operator+(const StageCost& a, const StageCost& b) {
  return {a.time + b.time, a.client_cpu + b.client_cpu, a.engine_cpu + b.engine_cpu, a.records + b.records};
}

// One snapshot.
struct RunCost {
  std::string id;        // "first_load", "unchanged", "day_1", …
  absl::Duration begun;  // after the rehearsal's start
  v1::SnapshotCounts counts;
  uint64_t records_sent = 0;
  uint64_t bytes_sent = 0;
  StageCost fingerprints;  // reading (or generating), fingerprinting, sending
  StageCost compare;       // from the end of the fingerprints until rows are asked for
  StageCost records;       // rows that were asked for: read, sent, made canonical, planned
  StageCost seal;
  absl::Duration waited;  // of fingerprints: how long the session waited for its source
  ResourceSample highest;
  uint64_t disk_bytes = 0;  // afterwards

  uint64_t changes() const { return counts.added() + counts.updated() + counts.deleted(); }
  // All stages; its records are the rows of the snapshot.
  StageCost whole() const {
    StageCost all = fingerprints + compare + records + seal;
    all.records = counts.received();
    return all;
  }
};

// One submission, to a hub or settled at once.
struct SubmissionCost {
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t left = 0;     // records that wait still
  absl::Duration begun;  // after the rehearsal's start
  StageCost cost;        // until a bound was reached, without the tail that was under way then

  double rate() const { return cost.rate(); }
};

inline SubmissionCost operator+(const SubmissionCost& a, const SubmissionCost& b) {
  return {a.accepted + b.accepted, a.rejected + b.rejected, b.left, a.begun, a.cost + b.cost};
}

}  // namespace sabun::bench
