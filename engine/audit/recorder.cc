#include "engine/audit/recorder.h"

#include <iterator>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/random.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

constexpr size_t kMaxIntervals = 4'096;
constexpr absl::Duration kInterval = absl::Minutes(1);

std::string RandomId() { return absl::BytesToHexString(RandomBytes(8)); }

AuditEntry EntryOf(const AuditSubject& subject, const std::string& id, const std::string& phase) {
  AuditEntry entry;
  entry.operation = id;
  entry.phase = phase;
  entry.who = subject.who;
  entry.role = subject.role;
  entry.method = subject.method;
  entry.organization = subject.organization;
  entry.dataset = subject.dataset;
  entry.content = subject.content;
  entry.contractor = subject.contractor;
  entry.note = subject.note;
  return entry;
}

std::string KeyOf(const AuditSubject& subject, const std::string& kind) {
  return absl::StrCat(kind, "\n", subject.who, "\n", subject.method, "\n", subject.dataset, "\n", subject.note);
}

}  // namespace

AuditedOperation::~AuditedOperation() {
  if (!ended_) End("UNKNOWN").IgnoreError();
}

absl::Status AuditedOperation::End(const std::string& code) {
  ended_ = true;
  return recorder_->End(*this, code);
}

absl::Status AuditRecorder::Close(std::map<std::string, Interval>::iterator interval) {
  const Interval& over = interval->second;
  AuditEntry entry = EntryOf(over.subject, over.id, over.phase == "refused" ? "refused" : "interval");
  entry.code = over.code;
  entry.counts = over.counts;
  // What was written at once and never came again needs no second entry.
  const bool said = over.phase == "refused" && over.counts.at("calls") == 0;
  intervals_.erase(interval);
  return said ? absl::OkStatus() : log_->Append(std::move(entry), Durability::kLater);
}

// Opens the interval when there is none, which writes its first entry.
absl::Status AuditRecorder::Count(const std::string& key, Interval fresh, bool* counted) {
  *counted = true;
  const auto found = intervals_.find(key);
  if (found != intervals_.end() && fresh.began - found->second.began < kInterval) {
    ++found->second.counts["calls"];
    return absl::OkStatus();
  }
  if (found != intervals_.end()) RETURN_IF_ERROR(Close(found));
  if (intervals_.size() >= kMaxIntervals) {
    *counted = false;
    return absl::OkStatus();
  }
  AuditEntry first = EntryOf(fresh.subject, fresh.id, fresh.phase);
  first.code = fresh.code;
  RETURN_IF_ERROR(log_->Append(std::move(first), Durability::kLater));
  intervals_.emplace(key, std::move(fresh));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<AuditedOperation>> AuditRecorder::Begin(AuditSubject subject) {
  std::string id = RandomId();
  if (subject.frequent) {
    MutexLock lock(&mutex_);
    bool counted = false;
    Interval fresh{subject, id, "intent", "", clock_->Now(), {{"calls", 1}}};
    RETURN_IF_ERROR(Count(KeyOf(subject, "interval"), std::move(fresh), &counted));
    subject.frequent = counted;
  }
  if (!subject.frequent) RETURN_IF_ERROR(log_->Append(EntryOf(subject, id, "intent"), Durability::kSynced));
  return std::make_unique<AuditedOperation>(this, std::move(subject), std::move(id));
}

absl::Status AuditRecorder::End(const AuditedOperation& operation, const std::string& code) {
  if (operation.subject_.frequent) {
    MutexLock lock(&mutex_);
    // Closed in between by the minute's end: the rest belongs to the next interval, if there is one.
    const auto found = intervals_.find(KeyOf(operation.subject_, "interval"));
    if (found != intervals_.end()) {
      for (const auto& [what, amount] : operation.counts_) found->second.counts[what] += amount;
      if (code != "OK") ++found->second.counts["failed " + code];
      return absl::OkStatus();
    }
  }
  AuditEntry entry = EntryOf(operation.subject_, operation.id_, "outcome");
  entry.code = code;
  entry.counts = operation.counts_;
  return log_->Append(std::move(entry), Durability::kLater);
}

absl::Status AuditRecorder::Refuse(AuditSubject subject, const std::string& code) {
  MutexLock lock(&mutex_);
  bool counted = false;
  Interval fresh{subject, RandomId(), "refused", code, clock_->Now(), {{"calls", 0}}};
  return Count(KeyOf(subject, absl::StrCat("refused ", code)), std::move(fresh), &counted);
}

absl::Status AuditRecorder::CloseIntervals(bool all) {
  {
    MutexLock lock(&mutex_);
    const absl::Time now = clock_->Now();
    for (auto at = intervals_.begin(); at != intervals_.end();) {
      const auto interval = at++;
      if (all || now - interval->second.began >= kInterval) RETURN_IF_ERROR(Close(interval));
    }
  }
  return log_->SyncAndAnchor();
}

}  // namespace sabun
