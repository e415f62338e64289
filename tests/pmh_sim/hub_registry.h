// What the stand-in for the hub holds: records and finished tasks, kept in a journal when a file is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simdjson.h>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/pmh_sim/record_rules.h"

namespace sabun {

// What happened to records since the start.
struct RegistryCounts {
  std::uint64_t added = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;  // Sent again, and nothing changed by it.
  std::uint64_t deleted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t absent = 0;  // Of rejected: deletions of what is not held.
};

// The word on one element: nothing when it was accepted.
using ElementVerdict = std::optional<BrokenRule>;

// What the registry needs of one element: made of it without the registry, so that no lock is held meanwhile.
struct RegistryElement {
  // Of an element whose shape and content are right.
  explicit RegistryElement(const simdjson::dom::element& element);

  std::string key;
  std::string my_number;
  std::string json;  // Without white space between its parts.
  bool deleted = false;
};

// Holds records by (orgSpecificCertificateTypeId, historyKey). Not thread-safe.
class HubRegistry {
 public:
  ~HubRegistry();

  // Opens the journal, or holds everything in memory when `path` is empty. What was accepted before is there again; a
  // last entry that was not written to its end is dropped. INVALID_ARGUMENT for a file that is no journal, UNAVAILABLE
  // when it cannot be opened.
  static absl::StatusOr<std::unique_ptr<HubRegistry>> Open(const std::string& path);

  // Applies one element. Codes: E2001 a deletion of a record that is not held, E2002
  // the record is held under another myNumber, E2003 the same for a deletion.
  ElementVerdict Apply(RegistryElement element);

  // Counts a record that was refused before Apply.
  void CountRejected() { ++counts_.rejected; }

  // Writes what was applied since the last call, and the task's answer, to the journal: after a return with OK they
  // survive the end of the process.
  absl::Status Commit(const std::string& task_id, const std::string& answer);

  // The answer of a committed task; nullptr when it is not known. The oldest are forgotten beyond 100,000.
  const std::string* FindTask(const std::string& task_id) const;
  void ForgetTask(const std::string& task_id);

  // Loses up to `count` records that it holds, spread over the keys, also in the journal. Not counted as deletions.
  absl::Status LoseRecords(std::uint64_t count);

  // Up to `limit` records after the given key, as JSON texts in key order; moves `after` on. Empty at the end.
  std::vector<std::string> Page(std::string& after, std::size_t limit) const;

  std::size_t size() const { return records_.size(); }
  const RegistryCounts& counts() const { return counts_; }

  // Forgets everything, also in the journal.
  absl::Status Reset();

 private:
  struct Held {
    std::string my_number;
    std::string json;
  };

  HubRegistry() = default;
  absl::Status Replay(absl::string_view line);
  absl::Status Load();
  void KeepTask(const std::string& task_id, const std::string& answer);

  std::string path_;
  int fd_ = -1;
  std::string unwritten_;
  absl::btree_map<std::string, Held> records_;
  std::map<std::string, std::string> tasks_;
  std::vector<std::string> task_order_;
  RegistryCounts counts_;
};

}  // namespace sabun
