// The ledger's entry for one record whose latest change is not accepted, and the rules by which it moves.
//
// For each record: A is what the hub accepted (the capsule, or nothing), D what the last applied snapshot wants
// (`wanted`), F what is in flight or unknown (`flight`), P a parked reject (`code`). In doubt means that the hub may
// hold something else than A. Settled means D = A and neither F nor P nor doubt: then there is no entry. These
// functions are pure: reading contents and writing results is the caller's. The table is in engine/ARCHITECTURE.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/record/change.h"

namespace sabun {

// What was handed to the submission adapter and has no receipt.
struct Flight {
  uint64_t batch = 0;
  ChangeRef ref;                 // the change it carries out
  ChangeOp op = ChangeOp::kAdd;  // what the hub was told
  bool first_half = false;       // the delete under the old identity; the add of `ref` follows
};

struct Entry {
  ChangeRef wanted;
  bool gone = false;  // D is "not at the hub"
  std::optional<Flight> flight;
  std::string code;  // not empty: parked, with the hub's code and text
  std::string message;
  int64_t since = 0;      // first rejection of `wanted`, seconds; 0 when it never was
  uint32_t attempts = 0;  // rejections of `wanted`
  // Set: in doubt, until the hub accepts something. The change whose content the hub may hold; counts while A is
  // nothing.
  std::optional<ChangeRef> doubt;

  bool parked() const { return !code.empty(); }
  bool pending() const { return !flight && !parked(); }

  static Entry Pending(ChangeRef wanted, bool gone) {
    Entry entry;
    entry.wanted = wanted;
    entry.gone = gone;
    return entry;
  }
};

std::string EncodeEntry(const Entry& entry);
// Nothing when the bytes are not an entry.
std::optional<Entry> DecodeEntry(absl::string_view bytes);

// The state of change `ref` as an entry shows it; nothing when the entry does not name it. Unknown is a property of the
// batch and shows as in flight here.
std::optional<ChangeState> StateIn(const Entry& entry, ChangeRef ref);

// A change that moved, for the books and the final states.
struct Transition {
  ChangeRef ref;
  std::optional<ChangeState> from;  // nothing: it is new
  ChangeState to;
};

// What an event leads to.
struct Step {
  std::optional<Entry> entry;  // nothing: settled
  std::vector<Transition> transitions;
  bool cancelled = false;  // a change that was not sent need not be
};

// What a snapshot wants of a record, and how that compares by content (two absences are equal).
struct Want {
  ChangeRef ref;
  bool gone = false;
  bool same_as_accepted = false;
  bool same_as_wanted = false;
  bool same_as_flight = false;  // with what the hub will hold when the flight is accepted
};
Step OnSnapshot(const std::optional<Entry>& entry, const Want& want);

// The hub may have lost what it accepted: it is told once more, as change `ref`. `is_accepted`: that is still what the
// capsule says. A record that waits or flies already is only put in doubt.
Step OnResend(const std::optional<Entry>& entry, ChangeRef ref, bool is_accepted);

// The hub's word on the flight of `entry`. `wanted_is_held`: with this receipt taken into account, the hub holds what D
// wants; meant for D other than the flight's own change.
struct ReceiptEvent {
  bool accepted = false;
  bool wanted_is_held = false;
  std::string code, message;  // of a rejection
  int64_t now = 0;
  bool doubtful = false;  // rejected, and an earlier post of it had no answer: the hub may have taken that one
};
Step OnReceipt(const Entry& entry, const ReceiptEvent& receipt);

}  // namespace sabun
