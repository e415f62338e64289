// Change sets without a snapshot, for tests of the ledger alone.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/ledger/change_sets.h"
#include "engine/ledger/plan.h"

namespace sabun {

inline Key128 KeyOf(char name) {
  Key128 key;
  key.bytes.fill(static_cast<unsigned char>(name));
  return key;
}

// Plans and seals a change set that wants these records; the first letter of a name is its key, the name its content.
inline void SealRecords(const std::vector<std::string>& names, bool held, LedgerState* ledger,
                        ChangeSets* change_sets) {
  ChangeSetPlan plan(ledger, {{testing::TempDir(), 1 << 20}});
  std::vector<WantedRecord> records;
  for (const std::string& name : names) records.push_back({KeyOf(name[0]), Fingerprint128(), false, name});
  ASSERT_TRUE(plan.Want(records).ok());
  ASSERT_TRUE(plan.Finish().ok());
  SealRequest seal;
  seal.info.number = plan.number();
  seal.info.snapshot_id = absl::StrCat("s", plan.number());
  seal.info.kind = SnapshotKind::kComplete;
  seal.info.counts = plan.counts();
  seal.info.digest = plan.Digest();
  seal.held = held;
  seal.deltas = DeltasOf(plan.deltas());
  seal.delta_count = plan.deltas()->count();
  ASSERT_TRUE(change_sets->Seal(std::move(seal)).ok());
}

}  // namespace sabun
