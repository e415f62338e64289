// The audit log: appended to before anything is done, chained, and anchored where its keeper cannot reach.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/audit/entry.h"
#include "engine/audit/log_files.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/store/store.h"

namespace sabun {

struct AuditOptions {
  std::string directory;  // created when missing
  std::string anchor;     // a file on another disk, "syslog", or empty
  uint64_t segment_bytes = 64 << 20;
  bool accept_loss = false;                        // goes on although entries are missing, and writes that down
  absl::Duration keep = absl::InfiniteDuration();  // entries that are older may be pruned
};

// Where the log stands.
struct AuditHead {
  uint64_t sequence = 0;
  std::string chain = AuditChain::Origin();
  friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

// A line of an anchor: what the log's head was at some time.
std::string EncodeAnchor(const AuditHead& head, absl::Time time);
// Errors: DATA_LOSS. A line may begin with what a log daemon puts before it.
absl::StatusOr<AuditHead> DecodeAnchor(absl::string_view line);

// Thread safe. The chain's secret and the head that was last made durable are in the store: so a log that ends before
// that head was cut, and a store that was restored from an older copy only knows an older head.
class AuditLog {
 public:
  // Errors: DATA_LOSS (entries that the store knows are missing or damaged; the message says what to do, and
  // accept_loss goes on), FAILED_PRECONDITION (the log of another store), and those of the store, the disk and the
  // anchor.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(Store* store, Clock* clock, AuditOptions options);

  // Gives the entry its sequence and time and writes it; kSynced also makes it, and all before it, durable. After an
  // error the entry is not there, or nothing can be written any more.
  absl::Status Append(AuditEntry entry, Durability durability);
  // Makes everything durable, and tells the anchor when there is something new. An anchor that cannot be written is an
  // error, and the log is durable all the same.
  absl::Status SyncAndAnchor();

  // Erases the segments of which every entry is older than the options say: writes that down as an entry, keeps the
  // head of what goes in a note under the log's MAC, and erases. Verification then proves the rest. How many entries
  // are gone now. Errors: those of Append and of the disk, DATA_LOSS (a segment or the note is damaged; nothing is
  // erased).
  absl::StatusOr<uint64_t> Prune();

  AuditHead head();
  const AuditChain& chain() const { return chain_; }
  const AuditOptions& options() const { return options_; }
  // What the store knows; see above.
  absl::StatusOr<AuditHead> StoredHead();

 private:
  AuditLog(Store* store, Clock* clock, AuditOptions options, std::string secret)
      : store_(store), clock_(clock), options_(std::move(options)), chain_(std::move(secret)) {}
  // Finds the end of the files, and holds it to the store's head.
  absl::Status Recover() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ReadEnd(const std::vector<AuditSegment>& segments, const AuditHead& stored)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Lost(const std::string& what, const AuditHead& stored) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AppendLocked(AuditEntry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SyncLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Store* const store_;
  Clock* const clock_;
  const AuditOptions options_;
  const AuditChain chain_;
  Mutex mutex_;
  AuditHead head_ ABSL_GUARDED_BY(mutex_);
  uint64_t synced_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t anchored_ ABSL_GUARDED_BY(mutex_) = 0;
  bool new_segment_ ABSL_GUARDED_BY(mutex_) = true;
  std::optional<AuditEntry> loss_ ABSL_GUARDED_BY(mutex_);  // to be written down, accepted
  AuditAppender appender_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sabun
