// An append-only journal beside the store: encrypted records in numbered segments. A segment is begun whenever the
// journal is opened and whenever somebody asks for a new one, so that what a crash tore off is always at the end of a
// segment. Layout: engine/FORMATS.md, "Journal".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/disk_file.h"
#include "engine/base/mutex.h"
#include "engine/store/ctr_cipher.h"
#include "engine/store/failure_latch.h"
#include "engine/store/store.h"
#include "keys/key_ring.h"

namespace sabun {

struct JournalOptions {
  std::string directory;  // no directory: the journal is off
  std::shared_ptr<KeyRing> keys;
  FailureLatch::Told on_failure = nullptr;  // as RocksStoreOptions::on_failure
};

// Thread safe. After a failed write or sync the segment's end is not known: Health says so for ever, as that of a store
// does, and everything is refused until a new segment is begun by opening the journal again.
class Journal {
 public:
  // Begins a new segment when the directory exists. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(JournalOptions options);

  // OK, or UNAVAILABLE (STORE-FAILED).
  absl::Status Health() const { return failure_.Health(); }
  // Whether records are kept.
  bool IsOn();
  // Begins a new segment, and the journal when it was off; the segment's number. Records appended from now on are in it
  // or in later ones.
  absl::StatusOr<uint64_t> BeginSegment();
  // Durable at once, or with the next one that is. Nothing when the journal is off.
  absl::Status Append(absl::string_view record, Durability durability);
  // Erases the segments before `segment`; nobody will read them.
  absl::Status DropBefore(uint64_t segment);
  const std::string& directory() const { return options_.directory; }

 private:
  explicit Journal(JournalOptions options);
  absl::StatusOr<uint64_t> Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Write(std::string bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Sync() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const JournalOptions options_;
  Mutex mutex_;
  Descriptor file_ ABSL_GUARDED_BY(mutex_);
  uint64_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  SecretBytes file_key_ ABSL_GUARDED_BY(mutex_);
  FailureLatch failure_;
};

// Where bytes of a record lie.
struct JournalPlace {
  uint64_t segment = 0;
  uint64_t offset = 0;
  uint32_t size = 0;
};

// Reads a journal that nobody appends to any more, or the segments before the one that is appended to. Not thread safe.
class JournalReader {
 public:
  JournalReader(JournalOptions options, uint64_t first_segment);
  ~JournalReader();

  // Every record from the first segment on, in order; the place is that of its first byte. A record that a crash tore
  // off ends its segment. Errors: NOT_FOUND (a segment is missing), FAILED_PRECONDITION (another key, or one
  // that was destroyed), DATA_LOSS
  // (damaged within), the visitor's.
  using Visitor = std::function<absl::Status(absl::string_view record, const JournalPlace& place)>;
  absl::Status Visit(const Visitor& visit);
  // The same bytes again, after Visit.
  absl::StatusOr<std::string> Read(const JournalPlace& place);

 private:
  struct Segment;
  absl::StatusOr<const Segment*> OpenSegment(uint64_t number);
  absl::Status ReadHead(Segment* segment);
  absl::Status VisitSegment(const Segment& segment, const Visitor& visit);

  const JournalOptions options_;
  const uint64_t first_segment_;
  std::unique_ptr<Segment> open_;  // the one that was read last
};

// The numbers of the segments in a directory, ascending; none when there is no directory. Errors: UNAVAILABLE.
absl::StatusOr<std::vector<uint64_t>> JournalSegments(const std::string& directory);
// The name of a segment's file.
std::string JournalSegmentName(uint64_t number);

}  // namespace sabun
