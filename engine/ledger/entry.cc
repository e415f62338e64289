#include "engine/ledger/entry.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace sabun {
namespace {

enum Flags : uint8_t { kGone = 1, kFlight = 2, kFirstHalf = 4, kParked = 8, kDoubt = 16, kAllFlags = 31 };

bool TakeRef(absl::string_view* bytes, ChangeRef* ref) {
  return TakeVarint(bytes, &ref->change_set) && TakeVarint(bytes, &ref->sequence);
}

void AppendRef(const ChangeRef& ref, std::string* out) {
  AppendVarint(ref.change_set, out);
  AppendVarint(ref.sequence, out);
}

bool TakeByte(absl::string_view* bytes, uint8_t* byte) {
  if (bytes->empty()) return false;
  *byte = static_cast<uint8_t>(bytes->front());
  bytes->remove_prefix(1);
  return true;
}

bool TakeText(absl::string_view* bytes, std::string* text) {
  absl::string_view view;
  if (!TakeSized(bytes, &view)) return false;
  text->assign(view.data(), view.size());
  return true;
}

}  // namespace

std::string EncodeEntry(const Entry& entry) {
  uint8_t flags = entry.gone ? kGone : 0;
  if (entry.flight) flags |= kFlight | (entry.flight->first_half ? kFirstHalf : 0);
  if (entry.parked()) flags |= kParked;
  if (entry.doubt) flags |= kDoubt;
  std::string out(1, static_cast<char>(flags));
  AppendRef(entry.wanted, &out);
  AppendVarint(static_cast<uint64_t>(entry.since), &out);
  AppendVarint(entry.attempts, &out);
  if (entry.flight) {
    AppendVarint(entry.flight->batch, &out);
    AppendRef(entry.flight->ref, &out);
    out.push_back(static_cast<char>(entry.flight->op));
  }
  if (entry.doubt) AppendRef(*entry.doubt, &out);
  if (entry.parked()) {
    AppendSized(entry.code, &out);
    AppendSized(entry.message, &out);
  }
  return out;
}

std::optional<Entry> DecodeEntry(absl::string_view bytes) {
  Entry entry;
  uint8_t flags = 0, op = 0;
  uint64_t since = 0, attempts = 0;
  if (!TakeByte(&bytes, &flags) || flags > kAllFlags || !TakeRef(&bytes, &entry.wanted) ||
      !TakeVarint(&bytes, &since) || !TakeVarint(&bytes, &attempts)) {
    return std::nullopt;
  }
  entry.gone = (flags & kGone) != 0;
  entry.since = static_cast<int64_t>(since);
  entry.attempts = static_cast<uint32_t>(attempts);
  if (flags & kFlight) {
    Flight flight;
    if (!TakeVarint(&bytes, &flight.batch) || !TakeRef(&bytes, &flight.ref) || !TakeByte(&bytes, &op) || op < 1 ||
        op > 3) {
      return std::nullopt;
    }
    flight.op = static_cast<ChangeOp>(op);
    flight.first_half = (flags & kFirstHalf) != 0;
    entry.flight = flight;
  }
  if (flags & kDoubt) {
    entry.doubt.emplace();
    if (!TakeRef(&bytes, &*entry.doubt)) return std::nullopt;
  }
  if (flags & kParked) {
    if (!TakeText(&bytes, &entry.code) || !TakeText(&bytes, &entry.message) || entry.code.empty()) return std::nullopt;
  }
  if (!bytes.empty() || (entry.flight && entry.parked())) return std::nullopt;
  return entry;
}

std::optional<ChangeState> StateIn(const Entry& entry, ChangeRef ref) {
  if (entry.flight && entry.flight->ref == ref) return ChangeState::kInFlight;
  if (entry.wanted != ref) return std::nullopt;
  return entry.parked() ? ChangeState::kRejected : ChangeState::kPending;
}

Step OnSnapshot(const std::optional<Entry>& entry, const Want& want) {
  Step step;
  // In doubt nothing is the same as what the hub holds: it has to be told.
  const bool is_held = want.same_as_accepted && !(entry && entry->doubt);
  const auto move = [&](ChangeRef ref, std::optional<ChangeState> from, ChangeState to) {
    step.transitions.push_back({ref, from, to});
  };
  const auto drop_new = [&] { move(want.ref, std::nullopt, ChangeState::kSuperseded); };
  const auto want_new = [&] {
    move(want.ref, std::nullopt, ChangeState::kPending);
    step.entry = Entry::Pending(want.ref, want.gone);
    if (entry) step.entry->doubt = entry->doubt;
  };
  if (!entry) {
    is_held ? drop_new() : want_new();
    return step;
  }
  if (want.same_as_wanted) {
    step.entry = entry;
    drop_new();
    return step;
  }
  if (entry->flight) {
    // The flight's receipt is awaited; D' is remembered until then.
    if (entry->wanted != entry->flight->ref) {
      move(entry->wanted, ChangeState::kPending, ChangeState::kSuperseded);
      step.cancelled = true;
    }
    if (want.same_as_flight && !entry->flight->first_half) {
      drop_new();
      step.entry = Entry::Pending(entry->flight->ref, entry->flight->op == ChangeOp::kDelete);
      step.entry->doubt = entry->doubt;
    } else {
      want_new();
    }
    step.entry->flight = entry->flight;
    return step;
  }
  // A change the hub rejected stays rejected in the books whatever comes after it.
  if (entry->parked()) {
    move(entry->wanted, ChangeState::kRejected, ChangeState::kRejected);
  } else {
    move(entry->wanted, ChangeState::kPending, ChangeState::kSuperseded);
  }
  step.cancelled = is_held;
  is_held ? drop_new() : want_new();
  return step;
}

Step OnResend(const std::optional<Entry>& entry, ChangeRef ref, bool is_accepted) {
  Step step;
  step.entry = entry;
  ChangeState state = ChangeState::kSuperseded;
  if (!entry && is_accepted) {
    step.entry = Entry::Pending(ref, false);
    state = ChangeState::kPending;
  }
  if (step.entry && !step.entry->doubt) step.entry->doubt = ref;
  step.transitions.push_back({ref, std::nullopt, state});
  return step;
}

Step OnReceipt(const Entry& entry, const ReceiptEvent& receipt) {
  SABUN_CHECK(entry.flight.has_value());
  const Flight& flight = *entry.flight;
  const bool newer_wanted = entry.wanted != flight.ref;
  Step step;
  const auto move = [&](ChangeRef ref, ChangeState from, ChangeState to) {
    step.transitions.push_back({ref, from, to});
  };

  std::optional<ChangeRef> doubt;  // an accepted receipt ends it
  if (!receipt.accepted) doubt = entry.doubt;
  // A delete brings no content: what was in doubt before it is so still.
  if (!receipt.accepted && receipt.doubtful && !(doubt && flight.op == ChangeOp::kDelete)) doubt = flight.ref;

  if (!receipt.accepted && !newer_wanted) {
    move(flight.ref, ChangeState::kInFlight, ChangeState::kRejected);
    step.entry = entry;
    step.entry->flight.reset();
    step.entry->doubt = doubt;
    step.entry->code = receipt.code.empty() ? "UNSPECIFIED" : receipt.code;
    step.entry->message = receipt.message;
    if (entry.attempts == 0) step.entry->since = receipt.now;
    ++step.entry->attempts;
    return step;
  }
  if (receipt.accepted && !newer_wanted) {
    if (flight.first_half) {
      // The old identity is gone; the record itself is still to be added.
      move(flight.ref, ChangeState::kInFlight, ChangeState::kPending);
      step.entry = entry;
      step.entry->flight.reset();
      step.entry->doubt.reset();
    } else {
      move(flight.ref, ChangeState::kInFlight, ChangeState::kAccepted);
    }
    return step;
  }
  ChangeState end = receipt.accepted ? ChangeState::kAccepted : ChangeState::kRejected;
  if (receipt.accepted && flight.first_half) end = ChangeState::kSuperseded;
  move(flight.ref, ChangeState::kInFlight, end);
  if (receipt.wanted_is_held && !doubt) {
    // Delivered by the flight, or, when that was rejected, never needed.
    move(entry.wanted, ChangeState::kPending, receipt.accepted ? ChangeState::kAccepted : ChangeState::kSuperseded);
  } else {
    step.entry = Entry::Pending(entry.wanted, entry.gone);
    step.entry->doubt = doubt;
  }
  return step;
}

}  // namespace sabun
