// One entry of the audit log, and the chain that ties the entries together. Layout: engine/FORMATS.md, "Audit log".
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sabun {

// Who did what to what, how much of it, and how it ended. Never holds anything of a record: records are counted, and
// named by change set and sequence only.
struct AuditEntry {
  uint64_t sequence = 0;  // from 1, without gaps
  absl::Time time;        // to the microsecond
  std::string operation;  // random, 16 hex digits; the same for all entries of a call or interval
  std::string phase;      // "intent" before it acts, "outcome" after it, "interval" counts of a minute, "refused",
                          // "engine" what the engine itself did
  std::string who;        // as the access rules name him
  std::string role;       // the role that allowed it
  std::string method;     // "ChangeSetService/ReadChanges"
  std::string organization;
  std::string dataset;
  std::string code;                        // "OK" or the name of the status code; empty in an intent
  bool content = false;                    // reads what records say
  bool contractor = false;                 // by a contractor's grant
  std::map<std::string, uint64_t> counts;  // "records", "calls", "change_set" ...
  // One of them; 0 when it is not there.
  uint64_t Count(const std::string& what) const {
    const auto found = counts.find(what);
    return found == counts.end() ? 0 : found->second;
  }
  std::string note;
};

// As one line of JSON without line feeds.
std::string EncodeAuditEntry(const AuditEntry& entry);
// Errors: DATA_LOSS.
absl::StatusOr<AuditEntry> DecodeAuditEntry(absl::string_view json);

// A line of the log: the entry's JSON, the chain's value after it and its MAC, both as 64 hex digits, separated by
// tabs.
struct AuditLine {
  std::string json;
  std::string chain;  // 32 bytes
  std::string mac;    // 32 bytes
};

// Thread safe: immutable.
class AuditChain {
 public:
  static constexpr size_t kValueBytes = 32;
  // `secret` is 32 bytes.
  explicit AuditChain(std::string secret) : secret_(std::move(secret)) {}

  // The value before the first entry.
  static std::string Origin() { return std::string(kValueBytes, '\0'); }
  // SHA-256 over the value before and the entry.
  static std::string Next(absl::string_view before, absl::string_view json);
  // HMAC-SHA-256 over a value: only who knows the secret can continue or rewrite the chain.
  std::string Mac(absl::string_view value) const;
  AuditLine Seal(absl::string_view before, std::string json) const;

 private:
  const std::string secret_;
};

// With the line feed.
std::string EncodeAuditLine(const AuditLine& line);
// Without the line feed. Errors: DATA_LOSS: anything but what EncodeAuditLine writes.
absl::StatusOr<AuditLine> DecodeAuditLine(absl::string_view text);

}  // namespace sabun
