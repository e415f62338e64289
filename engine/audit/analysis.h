// What inspectors ask the audit log: out of hours, unusual volume, refused access, dormant identities, who read whose
// content, what contractors did.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "engine/audit/entry.h"

namespace sabun {

// Somebody who may call; from the access rules.
struct KnownIdentity {
  std::string identity;
  bool contractor = false;
  bool person = true;  // false: source systems and submitters, which also work at night
};

struct AnalysisOptions {
  absl::Time from, to;  // the period; entries before it only say what is usual
  absl::TimeZone zone = absl::LocalTimeZone();
  int day_begins_hour = 8, day_ends_hour = 19;  // of people, Monday to Friday
  uint64_t usual_records = 1'000;               // read in a day without being remarkable
  uint64_t volume_factor = 5;                   // and this many times the median of the days before
  int dormant_days = 90;
};

// Something to ask about.
struct AuditFinding {
  std::string kind;  // "out_of_hours", "unusual_volume", "refused", "dormant", "returned", "contractor_content", "loss"
  std::string who, organization, dataset;
  absl::Time first, last;
  uint64_t count = 0;     // calls, records (unusual_volume, contractor_content), days (dormant, returned)
  uint64_t usual = 0;     // unusual_volume: what is usual for him
  uint64_t sequence = 0;  // of an entry it was seen in
};

// One caller in the period.
struct AuditActivity {
  std::string who;
  bool contractor = false;
  uint64_t calls = 0, refused = 0, content_records = 0;
  absl::Time first = absl::InfiniteFuture(), last = absl::InfinitePast();
};

// Contents that somebody read in the period.
struct ContentRead {
  std::string who, organization, dataset, method;
  uint64_t calls = 0, records = 0;
  absl::Time last = absl::InfinitePast();
};

struct AuditAnalysis {
  std::vector<AuditFinding> findings;  // by kind, then by time
  std::vector<AuditActivity> activities;
  std::vector<ContentRead> content_reads;
  uint64_t entries = 0;  // of the period
};

// Takes the entries one by one, in their order; holds one sum for each caller and day.
class AuditAnalyst {
 public:
  AuditAnalyst(AnalysisOptions options, std::vector<KnownIdentity> known);
  void Take(const AuditEntry& entry);
  AuditAnalysis Finish();

 private:
  struct Caller {
    bool contractor = false, person = false;
    absl::Time last_seen = absl::InfinitePast();
    std::map<absl::CivilDay, uint64_t> records_by_day;
    std::map<absl::CivilDay, AuditFinding> late_by_day;
  };
  bool InPeriod(absl::Time time) const { return options_.from <= time && time < options_.to; }
  void TakeRefusal(const AuditEntry& entry, uint64_t calls);
  void TakeContent(const AuditEntry& entry, Caller* caller);
  void TakeTime(const AuditEntry& entry, Caller* caller);
  void FindVolumes();
  void FindDormant();

  const AnalysisOptions options_;
  const std::vector<KnownIdentity> known_;
  absl::Time log_begins_ = absl::InfiniteFuture();
  std::map<std::string, Caller> callers_;
  std::map<std::string, AuditActivity> activities_;
  std::map<std::string, ContentRead> reads_;
  std::map<std::string, AuditFinding> refusals_, contractors_;
  AuditAnalysis result_;
};

}  // namespace sabun
