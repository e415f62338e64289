// A planned resend: the hub is told again what it had accepted, because it lost it.
#pragma once

#include <string>
#include <vector>

#include "engine/ledger/plan.h"
#include "engine/record/change.h"

namespace sabun {

class Dataset;

// Which of the records that the hub accepted.
struct ResendSelection {
  bool all = false;
  // Else: those that changes of these change sets brought there, both numbers included; 0: none.
  uint64_t first_change_set = 0, last_change_set = 0;
  // Else: these. Records that the hub did not accept are left out.
  std::vector<std::vector<std::string>> keys;
  std::string id;          // never used for another one; the same gives the same result
  std::string ordered_by;  // the identity of who asks
};

// Plans it as a change set that is always held: somebody else has to approve it. Nothing may be taken in meanwhile; use
// Dataset::Resend. Errors: FAILED_PRECONDITION (a change set is held), and those of the store.
absl::StatusOr<ChangeSetInfo> PlanResend(Dataset* dataset, const ResendSelection& selection);

// Seals what `plan` resends, held. `info` says who ordered it and under which id.
absl::StatusOr<ChangeSetInfo> SealResend(Dataset* dataset, ChangeSetPlan* plan, ChangeSetInfo info);

}  // namespace sabun
