// Where the rows of a snapshot come from: a file, a query. The session drives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "adapters/client/stretches.h"
#include "sabun/v1/intake.pb.h"

namespace sabun::client {

// A source that can give each row twice; or once, for SyncOptions.one_pass. Used by one thread at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;

  // Begin.layout: what gives the row bytes their meaning, apart from the profile.
  virtual std::string Layout() const = 0;

  // Starts the first pass at row 0, with the secrets and fields of `begun`; called again after a broken stream. An
  // error is final: for example when the rows cannot be given again.
  virtual absl::Status Start(const v1::Begun& begun) = 0;

  // Whether it can claim and form stretches. Then, before each Start: what may be claimed, for complete snapshots;
  // null: stretches may neither be claimed nor formed.
  virtual bool UsesStretches() const { return false; }
  virtual void SetStretches(std::shared_ptr<const KnownStretches>) {}

  // Puts the next rows' entries, unreadable rows and deletes into `*message`, which is empty, and sets its first and
  // end ordinals. At most kMaxEntries rows and about 1 MiB. No rows: the pass is over. A source for one
  // pass also gives Fingerprints.rows and errors.
  virtual absl::Status ReadEntries(v1::Fingerprints* message) = 0;

  // Puts rows, each packed or as an error, into `*message`, which is empty: as many of the front of `ordinals`
  // (ascending, not empty) as fit into about 1 MiB, at least one. Returns how many. Ordinals ascend from call to call
  // after one Start. Not called for one pass.
  virtual absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) = 0;

  // Asked before Commit: an error when the source is not what it was when it was read first.
  virtual absl::Status CheckUnchanged() = 0;

  // Told behind Commit, while the engine works: nothing is read any more, unless after another Start.
  virtual void Rest() {}

  // How much of the first pass is done, 0 to 1.
  virtual double Progress() const = 0;

  static constexpr size_t kMaxEntries = 32'768;
};

// Whether the message has no rows.
inline bool IsEmpty(const v1::Fingerprints& message) {
  return message.entries().empty() && message.claimed_ordinals().empty();
}

}  // namespace sabun::client
