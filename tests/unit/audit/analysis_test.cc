// Planted anomalies of every kind are found, each as what it is; a clean log has none.
#include "engine/audit/analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/audit/incident.h"

namespace sabun {
namespace {

const absl::TimeZone kTokyo = absl::FixedTimeZone(9 * 3600);
const absl::CivilDay kMonday(2027, 2, 1);  // the period is February

class AnalysisTest : public testing::Test {
 protected:
  AnalysisTest() {
    options_.from = absl::FromCivil(kMonday, kTokyo);
    options_.to = absl::FromCivil(absl::CivilDay(2027, 3, 1), kTokyo);
    options_.zone = kTokyo;
    known_ = {{"operator", false, true}, {"auditor", false, true}, {"source", false, false}};
  }

  static absl::Time At(absl::CivilDay day, int hour) { return absl::FromCivil(absl::CivilHour(day) + hour, kTokyo); }

  void Call(absl::Time time, const std::string& who, const std::string& role, const std::string& method,
            uint64_t records = 0) {
    AuditEntry entry;
    entry.sequence = ++sequence_;
    entry.time = time;
    entry.phase = "intent";
    entry.who = who;
    entry.role = role;
    entry.method = method;
    entry.organization = "mihon-city";
    entry.dataset = "mihon-city/child";
    entry.content = records > 0;
    entry.contractor = contractor_;
    entries_.push_back(entry);
    entry.sequence = ++sequence_;
    entry.phase = "outcome";
    entry.code = "OK";
    if (records > 0) entry.counts["records"] = records;
    entries_.push_back(entry);
  }
  void Refuse(absl::Time time, const std::string& who) {
    AuditEntry entry;
    entry.sequence = ++sequence_;
    entry.time = time;
    entry.phase = "refused";
    entry.who = who;
    entry.code = "PERMISSION_DENIED";
    entry.counts["calls"] = 3;
    entries_.push_back(entry);
  }
  // January and February as they should be: a source at night, people by day, some contents each day.
  void LiveCleanly() {
    for (absl::CivilDay day(2027, 1, 4); day < absl::CivilDay(2027, 3, 1); ++day) {
      Call(At(day, 2), "source", "source", "IntakeService/Sync");
      const absl::Weekday weekday = absl::GetWeekday(day);
      if (weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday) continue;
      Call(At(day, 9), "operator", "operator", "ChangeSetService/ReadChanges", 200);
      Call(At(day, 10), "auditor", "auditor", "AuditService/AnalyzeAudit");
    }
  }
  AuditAnalysis Analyze() {
    std::stable_sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    AuditAnalyst analyst(options_, known_);
    for (const AuditEntry& entry : entries_) analyst.Take(entry);
    return analyst.Finish();
  }
  // Kinds with who: "refused stranger".
  std::set<std::string> Found() {
    std::set<std::string> found;
    for (const AuditFinding& finding : Analyze().findings) found.insert(finding.kind + " " + finding.who);
    return found;
  }

  AnalysisOptions options_;
  std::vector<KnownIdentity> known_;
  std::vector<AuditEntry> entries_;
  uint64_t sequence_ = 0;
  bool contractor_ = false;
};

TEST_F(AnalysisTest, CleanLogHasNoFindings) {
  LiveCleanly();
  EXPECT_EQ(Found(), std::set<std::string>{});
}

TEST_F(AnalysisTest, EachPlantedAnomalyIsFoundAndNothingElse) {
  LiveCleanly();
  known_.push_back({"leaver", false, true});
  known_.push_back({"returner", false, true});
  known_.push_back({"vendor", true, true});
  Call(At(kMonday, 22), "operator", "operator", "RejectService/ListRejects");
  Call(At(kMonday + 5, 11), "auditor", "auditor", "AuditService/ExportAudit");  // a Saturday
  Call(At(kMonday + 2, 11), "operator", "operator", "ChangeSetService/ReadChanges", 50'000);
  Refuse(At(kMonday + 3, 12), "stranger");
  Call(At(absl::CivilDay(2026, 10, 1), 9), "leaver", "operator", "AdminService/GetStatus");
  Call(At(absl::CivilDay(2026, 10, 1), 9), "returner", "operator", "AdminService/GetStatus");
  Call(At(kMonday + 9, 9), "returner", "operator", "AdminService/GetStatus");
  contractor_ = true;
  Call(At(kMonday + 10, 9), "vendor", "operator", "ChangeSetService/ReadChanges", 5);
  contractor_ = false;
  AuditEntry loss;
  loss.time = At(kMonday + 4, 9);
  loss.phase = "engine";
  loss.code = "DATA_LOSS";
  entries_.push_back(loss);
  const std::set<std::string> expected = {
      "out_of_hours operator", "out_of_hours auditor", "unusual_volume operator",   "refused stranger",
      "dormant leaver",        "returned returner",    "contractor_content vendor", "loss "};
  EXPECT_EQ(Found(), expected);
}

TEST_F(AnalysisTest, ApproverWhoIsRefusedHisOwnIsFound) {
  LiveCleanly();
  Call(At(kMonday, 9), "operator", "approver", "ChangeSetService/ApproveChangeSet");
  entries_.back().code = "PERMISSION_DENIED";
  EXPECT_EQ(Found(), std::set<std::string>{"refused operator"});
}

TEST_F(AnalysisTest, NewGrantIsNotDormantBeforeTheLogIsOldEnough) {
  LiveCleanly();
  known_.push_back({"newcomer", false, true});
  EXPECT_EQ(Found(), std::set<std::string>{});
  options_.dormant_days = 30;
  EXPECT_EQ(Found(), std::set<std::string>{"dormant newcomer"});
}

TEST_F(AnalysisTest, MistypedNameIsNoRefusal) {
  LiveCleanly();
  Refuse(At(kMonday, 9), "operator");
  entries_.back().code = "NOT_FOUND";
  EXPECT_EQ(Found(), std::set<std::string>{});
}

TEST_F(AnalysisTest, EntriesBeforeThePeriodOnlySayWhatIsUsual) {
  Refuse(At(kMonday - 1, 12), "stranger");
  Call(At(kMonday - 1, 23), "operator", "operator", "RejectService/ListRejects");
  known_.clear();
  const AuditAnalysis analysis = Analyze();
  EXPECT_TRUE(analysis.findings.empty());
  EXPECT_EQ(analysis.entries, 0u);
}

TEST_F(AnalysisTest, SaysWhoReadWhoseContents) {
  Call(At(kMonday, 9), "operator", "operator", "ChangeSetService/ReadChanges", 7);
  Call(At(kMonday, 10), "operator", "operator", "ChangeSetService/ReadChanges", 5);
  const AuditAnalysis analysis = Analyze();
  ASSERT_EQ(analysis.content_reads.size(), 1u);
  EXPECT_EQ(analysis.content_reads[0].records, 12u);
  EXPECT_EQ(analysis.content_reads[0].calls, 2u);
  EXPECT_EQ(analysis.content_reads[0].organization, "mihon-city");
}

TEST_F(AnalysisTest, IncidentCountsWhatWasTouchedInItsTimeOnly) {
  Call(At(kMonday, 9), "operator", "operator", "ChangeSetService/ReadChanges", 7);
  entries_.back().counts["change_set"] = 4;
  Call(At(kMonday, 10), "source", "source", "IntakeService/Sync");
  entries_.back().counts = {{"change_set", 5}, {"added", 2}, {"updated", 3}, {"deleted", 1}};
  Call(At(kMonday, 11), "sender", "submitter", "SubmissionService/NextBatch", 6);
  Call(At(kMonday + 1, 9), "operator", "operator", "ChangeSetService/ReadChanges", 100);
  IncidentScope scope(At(kMonday, 0), At(kMonday + 1, 0));
  for (const AuditEntry& entry : entries_) scope.Take(entry);
  const std::vector<TouchedDataset> touched = scope.Finish();
  ASSERT_EQ(touched.size(), 1u);
  EXPECT_EQ(touched[0].change_sets, (std::set<uint64_t>{4, 5}));
  EXPECT_EQ(touched[0].records_taken_in, 6u);
  EXPECT_EQ(touched[0].records_read, 7u);
  EXPECT_EQ(touched[0].records_sent, 6u);
  EXPECT_EQ(touched[0].callers, (std::set<std::string>{"operator", "sender", "source"}));
}

}  // namespace
}  // namespace sabun
