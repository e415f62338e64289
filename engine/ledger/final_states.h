// Final states of changes, many to a row. Layout: engine/FORMATS.md, "Final states".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/record/change.h"
#include "engine/store/store.h"

namespace sabun {

struct FinalState {
  ChangeRef ref;
  ChangeState state;
};

// Adds the states to those that the store has; the last one given for a change wins. At most one call a batch: it reads
// the rows that it changes. Errors: DATA_LOSS.
absl::Status WriteFinalStates(Store* store, uint32_t dataset, std::vector<FinalState> states, Batch* batch);

// One element a reference; nothing for a change without a final state. Errors: DATA_LOSS.
absl::StatusOr<std::vector<std::optional<ChangeState>>> ReadFinalStates(Store* store, uint32_t dataset,
                                                                        const std::vector<ChangeRef>& refs);

// Every final state of a change set in sequence order; ends at the visitor's first error.
absl::Status VisitFinalStates(Store* store, uint32_t dataset, uint64_t change_set,
                              const std::function<absl::Status(const FinalState&)>& visit);

}  // namespace sabun
