// Erasure on order, and retention: what is erased is gone from the store, from its files, and from the keys that could
// open older copies of them.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/ledger/erasure.h"

namespace sabun {

struct ErasureOrder {
  std::string dataset;
  std::vector<std::vector<std::string>> keys;  // the key values of each record
  std::string ordered_by, reason;              // without personal values
};

// Thread safe; one order is carried out at a time.
class Erasures {
 public:
  explicit Erasures(Engine* engine) : engine_(engine) {}

  // Erases all that is stored of the records, writes every file again under a new epoch, and destroys the epochs before
  // it: older backups cannot be read any more. Returns the certificate (JSON), which is kept in DATA/certificates, too.
  // Repeated after an error, it goes on. Errors: INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION (see LedgerErasure;
  // another order, or the store has no key ring), UNAVAILABLE (REWRITE-BUSY).
  absl::StatusOr<std::string> Erase(const ErasureOrder& order, Pace* pace);

 private:
  absl::StatusOr<std::vector<Key128>> KeysOf(Dataset& dataset, const ErasureOrder& order);
  struct Destroyed;
  absl::StatusOr<Destroyed> RewriteAndDestroy();
  absl::StatusOr<std::string> Certify(const ErasureOrder& order, const ErasedBodies& erased,
                                      const Destroyed& destroyed);

  Engine* const engine_;
  Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
};

// Erases settled contents of every dataset that are older than its retention, some change sets at a time; how many
// bodies.
absl::StatusOr<uint64_t> ApplyRetention(Engine* engine);

}  // namespace sabun
