// Erasure on order, and retention: what is erased is gone from the store, from its files, and from the keys that could
// open older copies of them.
#pragma once

#include <optional>
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

struct OrganizationOrder {
  std::string organization;
  std::string ordered_by, reason;
};

// Thread safe; one order is carried out at a time. What an order has to do is noted in the store once its contents are
// deleted, and goes on after a crash.
class Erasures {
 public:
  explicit Erasures(Engine* engine) : engine_(engine) {}

  // Erases all that is stored of the records, writes every file again under a new epoch, and destroys the epochs before
  // it: older backups cannot be read any more. Returns the certificate (JSON), which is kept in DATA/certificates, too.
  // Repeated after an error, it goes on. Errors: INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION (see LedgerErasure;
  // another order, or the store has no key ring), UNAVAILABLE (REWRITE-BUSY).
  absl::StatusOr<std::string> Erase(const ErasureOrder& order, Pace* pace);

  // The same for everything that an organization has here, whatever its state. The hub is not told: the certificate
  // says how many records it had accepted. Errors: INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION (ERASE-BUSY;
  // another order), UNAVAILABLE (REWRITE-BUSY: the contents are deleted, their files are not yet rewritten).
  absl::StatusOr<std::string> EraseOrganization(const OrganizationOrder& order);

  // Does what a noted order has left to do: true when there was one, and nobody else carries it out. Errors: as above.
  absl::StatusOr<bool> Finish();

 private:
  absl::StatusOr<std::vector<Key128>> KeysOf(Dataset& dataset, const ErasureOrder& order);
  // An order that was noted and not ended.
  struct Note;
  absl::StatusOr<std::optional<Note>> ReadNote();
  // Ends what is noted; its certificate, if it is of this order.
  absl::StatusOr<std::optional<std::string>> FinishBefore(const std::string& order);
  absl::StatusOr<std::string> Complete(const Note& note);
  struct Destroyed;
  absl::StatusOr<Destroyed> RewriteAndDestroy();
  absl::StatusOr<std::string> Certify(const Note& note, const Destroyed& destroyed);
  absl::Status TakeTurn(absl::string_view ordered_by, absl::string_view reason);
  void EndTurn();

  Engine* const engine_;
  Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
};

// Erases settled contents of every dataset that are older than its retention, some change sets at a time; how many
// bodies.
absl::StatusOr<uint64_t> ApplyRetention(Engine* engine);

}  // namespace sabun
