#include "engine/record/change.h"

namespace sabun {

absl::string_view ToString(ChangeOp op) {
  switch (op) {
    case ChangeOp::kAdd:
      return "add";
    case ChangeOp::kUpdate:
      return "update";
    case ChangeOp::kDelete:
      return "delete";
  }
  return "?";
}

absl::string_view ToString(ChangeState state) {
  switch (state) {
    case ChangeState::kPending:
      return "pending";
    case ChangeState::kInFlight:
      return "in_flight";
    case ChangeState::kAccepted:
      return "accepted";
    case ChangeState::kRejected:
      return "rejected";
    case ChangeState::kUnknown:
      return "unknown";
    case ChangeState::kSuperseded:
      return "superseded";
  }
  return "?";
}

absl::string_view ToString(ChangeSetState state) {
  switch (state) {
    case ChangeSetState::kReady:
      return "ready";
    case ChangeSetState::kHeld:
      return "held";
    case ChangeSetState::kEmpty:
      return "empty";
    case ChangeSetState::kDiscarded:
      return "discarded";
    case ChangeSetState::kReplaced:
      return "replaced";
  }
  return "?";
}

}  // namespace sabun
