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

// The checks "index", "capsules", "unsettled", "books", "batches", in this order. Holds the ledger's lock: nothing
// moves meanwhile.
std::vector<VerifyFinding> VerifyLedger(LedgerState* state);

}  // namespace sabun
