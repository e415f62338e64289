// Writes down what callers do: nothing is done that was not written down before.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/audit/audit_log.h"
#include "engine/base/mutex.h"

namespace sabun {

// Who does what to what, as far as it is known before it is done.
struct AuditSubject {
  std::string who, role, method, organization, dataset;
  bool content = false;
  bool contractor = false;
  bool frequent = false;  // calls that come all the time: counted by the minute
  std::string note = {};  // nothing of a record, and nothing that a stranger wrote
};

class AuditRecorder;

// One operation that was begun. Ended exactly once: by End, or when it is dropped, as "UNKNOWN".
class AuditedOperation {
 public:
  AuditedOperation(AuditRecorder* recorder, AuditSubject subject, std::string id)
      : recorder_(recorder), subject_(std::move(subject)), id_(std::move(id)) {}
  ~AuditedOperation();
  AuditedOperation(const AuditedOperation&) = delete;
  AuditedOperation& operator=(const AuditedOperation&) = delete;

  // Adds to what is counted: "records", "change_set" ...; numbers of things are set, amounts are added.
  void Count(const std::string& what, uint64_t amount) { counts_[what] += amount; }
  // `code` is the name of the status code. After an error the operation is done, and not written down as done.
  absl::Status End(const std::string& code);

 private:
  friend class AuditRecorder;
  AuditRecorder* const recorder_;
  const AuditSubject subject_;
  const std::string id_;
  std::map<std::string, uint64_t> counts_;
  bool ended_ = false;
};

// Thread safe. Bounded: at most 4,096 intervals are open; further callers are written down call by call.
class AuditRecorder {
 public:
  // Both must outlive it.
  AuditRecorder(AuditLog* log, Clock* clock) : log_(log), clock_(clock) {}

  // Writes the intent: durable for single operations; for frequent ones the first of an interval is written. Errors:
  // those of AuditLog::Append: then nothing may be done.
  absl::StatusOr<std::unique_ptr<AuditedOperation>> Begin(AuditSubject subject);
  // Writes down that something was refused, with the status code's name; the same again within a minute is counted.
  absl::Status Refuse(AuditSubject subject, const std::string& code);
  // Writes the counts of intervals that are over, or of all, and makes the log durable. To be called every minute, and
  // at the end.
  absl::Status CloseIntervals(bool all);

 private:
  friend class AuditedOperation;
  struct Interval {
    AuditSubject subject;
    std::string id, phase, code;
    absl::Time began;
    std::map<std::string, uint64_t> counts;
  };
  absl::Status End(const AuditedOperation& operation, const std::string& code);
  // Writes the interval's counts and takes it out.
  absl::Status Close(std::map<std::string, Interval>::iterator interval) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Count(const std::string& key, Interval fresh, bool* counted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  AuditLog* const log_;
  Clock* const clock_;
  Mutex mutex_;
  std::map<std::string, Interval> intervals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sabun
