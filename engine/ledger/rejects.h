// Parked records: what the hub rejected, until the record changes or somebody retries it.
#pragma once

#include <functional>

#include "engine/ledger/ledger_state.h"

namespace sabun {

// Thread safe.
class Rejects {
 public:
  explicit Rejects(LedgerState* state) : state_(state) {}

  // Parked records with this code (empty: all) and the content that was rejected, in key order.
  using Visitor = std::function<absl::Status(const Entry&, const Change&)>;
  absl::Status Visit(absl::string_view code, const Visitor& visit);

  // Makes them pending again; the number of records.
  absl::StatusOr<uint64_t> Retry(absl::string_view code);

 private:
  struct Parked {
    Key128 key;
    Entry entry;
  };
  // The next parked records from `*from` on, which moves; empty at the end.
  absl::StatusOr<std::vector<Parked>> NextPage(absl::string_view code, const LedgerHead& head, std::string* from);

  LedgerState* state_;
};

}  // namespace sabun
