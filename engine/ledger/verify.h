// Reads everything of a dataset and checks it against itself. Changes nothing.
#pragma once

#include <string>
#include <vector>

#include "engine/ledger/ledger_state.h"

namespace sabun {

// One check; `problem` is empty when it passed, and never holds a value of a record.
struct VerifyFinding {
  std::string check;
  std::string problem;
  uint64_t examined = 0;
};

// The checks "index", "capsules", "unsettled", "books", "batches", "changes", "held", in this order, of a dataset in a
// store that does not move meanwhile (Store::Freeze, Store::OpenCopy). Errors: CANCELLED, by `pace`; whatever else goes
// wrong is a finding.
absl::StatusOr<std::vector<VerifyFinding>> VerifyLedger(Store* frozen, uint32_t dataset, Pace* pace);
// The same, of a ledger as it is now; it may move on meanwhile.
std::vector<VerifyFinding> VerifyLedger(LedgerState* state);

}  // namespace sabun
