#include "engine/audit/analysis.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

bool IsRefusal(absl::string_view code) { return code == "PERMISSION_DENIED" || code == "UNAUTHENTICATED"; }

bool IsPersonsRole(absl::string_view role) { return !role.empty() && role != "source" && role != "submitter"; }

// Of the days before; 0 when there are none.
uint64_t Median(std::vector<uint64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

AuditFinding FindingOf(const char* kind, const AuditEntry& entry) {
  AuditFinding finding;
  finding.kind = kind;
  finding.who = entry.who;
  finding.organization = entry.organization;
  finding.dataset = entry.dataset;
  finding.first = finding.last = entry.time;
  finding.sequence = entry.sequence;
  return finding;
}

void Widen(const AuditEntry& entry, uint64_t count, AuditFinding* finding) {
  finding->last = entry.time;
  finding->count += count;
}

}  // namespace

AuditAnalyst::AuditAnalyst(AnalysisOptions options, std::vector<KnownIdentity> known)
    : options_(options), known_(std::move(known)) {
  for (const KnownIdentity& identity : known_) {
    callers_[identity.identity].contractor |= identity.contractor;
    callers_[identity.identity].person |= identity.person;
  }
}

void AuditAnalyst::TakeRefusal(const AuditEntry& entry, uint64_t calls) {
  const auto [found, added] =
      refusals_.try_emplace(absl::StrCat(entry.who, "\n", entry.dataset), FindingOf("refused", entry));
  Widen(entry, calls, &found->second);
  activities_[entry.who].refused += calls;
}

void AuditAnalyst::TakeContent(const AuditEntry& entry, Caller* caller) {
  const uint64_t records = entry.Count("records");
  if (!entry.content || records == 0) return;
  // What a submitter takes to the hub is its work; it is listed, and not compared with other days.
  if (entry.role != "submitter") caller->records_by_day[absl::ToCivilDay(entry.time, options_.zone)] += records;
  if (!InPeriod(entry.time)) return;
  ContentRead& read = reads_[absl::StrCat(entry.who, "\n", entry.dataset, "\n", entry.method)];
  read.who = entry.who;
  read.organization = entry.organization;
  read.dataset = entry.dataset;
  read.method = entry.method;
  ++read.calls;
  read.records += records;
  read.last = entry.time;
  activities_[entry.who].content_records += records;
  if (!entry.contractor) return;
  const auto [found, added] =
      contractors_.try_emplace(absl::StrCat(entry.who, "\n", entry.dataset), FindingOf("contractor_content", entry));
  Widen(entry, records, &found->second);
}

// When somebody came: whether it was out of hours, and whether he was away for long before.
void AuditAnalyst::TakeTime(const AuditEntry& entry, Caller* caller) {
  const absl::Duration away = entry.time - caller->last_seen;
  const bool returned = caller->last_seen != absl::InfinitePast() && away >= absl::Hours(24) * options_.dormant_days;
  caller->last_seen = entry.time;
  caller->person = caller->person || IsPersonsRole(entry.role);
  caller->contractor = caller->contractor || entry.contractor;
  if (!InPeriod(entry.time)) return;
  if (returned) {
    AuditFinding finding = FindingOf("returned", entry);
    finding.count = static_cast<uint64_t>(away / absl::Hours(24));
    result_.findings.push_back(std::move(finding));
  }
  const absl::CivilSecond local = absl::ToCivilSecond(entry.time, options_.zone);
  const absl::Weekday weekday = absl::GetWeekday(local);
  const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
  const bool by_day = local.hour() >= options_.day_begins_hour && local.hour() < options_.day_ends_hour;
  if (!IsPersonsRole(entry.role) || (by_day && !weekend)) return;
  const auto [found, added] = caller->late_by_day.try_emplace(absl::CivilDay(local), FindingOf("out_of_hours", entry));
  Widen(entry, 1, &found->second);
}

void AuditAnalyst::Take(const AuditEntry& entry) {
  log_begins_ = std::min(log_begins_, entry.time);
  if (entry.time >= options_.to) return;
  if (InPeriod(entry.time)) ++result_.entries;
  if (entry.phase == "engine") {
    if (entry.code == "DATA_LOSS" && InPeriod(entry.time)) result_.findings.push_back(FindingOf("loss", entry));
    return;
  }
  Caller& caller = callers_[entry.who];
  if (IsRefusal(entry.code) && InPeriod(entry.time)) TakeRefusal(entry, std::max<uint64_t>(1, entry.Count("calls")));
  if (entry.phase == "intent") TakeTime(entry, &caller);
  if (entry.phase == "interval" || entry.phase == "outcome") TakeContent(entry, &caller);
  if (!InPeriod(entry.time)) return;
  AuditActivity& activity = activities_[entry.who];
  activity.who = entry.who;
  activity.contractor = activity.contractor || caller.contractor;
  if (entry.phase == "outcome") ++activity.calls;
  if (entry.phase == "interval") activity.calls += entry.Count("calls");
  activity.first = std::min(activity.first, entry.time);
  activity.last = std::max(activity.last, entry.time);
}

void AuditAnalyst::FindVolumes() {
  const absl::CivilDay begin = absl::ToCivilDay(options_.from, options_.zone);
  for (const auto& [who, caller] : callers_) {
    std::vector<uint64_t> before;
    for (const auto& [day, records] : caller.records_by_day) {
      const uint64_t usual = Median(before);
      before.push_back(records);
      if (day < begin || records <= options_.usual_records || records <= options_.volume_factor * usual) continue;
      AuditFinding finding;
      finding.kind = "unusual_volume";
      finding.who = who;
      finding.first = finding.last = absl::FromCivil(day, options_.zone);
      finding.count = records;
      finding.usual = usual;
      result_.findings.push_back(std::move(finding));
    }
  }
}

void AuditAnalyst::FindDormant() {
  std::set<std::string> told;
  for (const KnownIdentity& known : known_) {
    const absl::Time last = callers_[known.identity].last_seen;
    // Who never came is away for as long as there is a log.
    const absl::Duration away = options_.to - std::max(last, log_begins_);
    if (away < absl::Hours(24) * options_.dormant_days || !told.insert(known.identity).second) continue;
    AuditFinding finding;
    finding.kind = "dormant";
    finding.who = known.identity;
    finding.first = finding.last = last;
    finding.count = static_cast<uint64_t>(away / absl::Hours(24));
    result_.findings.push_back(std::move(finding));
  }
}

AuditAnalysis AuditAnalyst::Finish() {
  for (const auto& [who, caller] : callers_) {
    for (const auto& [day, finding] : caller.late_by_day) result_.findings.push_back(finding);
  }
  for (const auto& [key, finding] : refusals_) result_.findings.push_back(finding);
  for (const auto& [key, finding] : contractors_) result_.findings.push_back(finding);
  FindVolumes();
  FindDormant();
  std::stable_sort(result_.findings.begin(), result_.findings.end(), [](const auto& a, const auto& b) {
    return std::tie(a.kind, a.first, a.who) < std::tie(b.kind, b.first, b.who);
  });
  for (const auto& [who, activity] : activities_) result_.activities.push_back(activity);
  for (const auto& [key, read] : reads_) result_.content_reads.push_back(read);
  return std::move(result_);
}

}  // namespace sabun
