#include "adapters/cli/audit_report.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "adapters/cli/text_layout.h"

namespace sabun::cli {
namespace {

// A kind of finding, as a question that inspectors ask.
struct Question {
  const char* kind;
  Text text;
  const char* unit_ja;
};
constexpr Question kQuestions[] = {
    {"out_of_hours", {"時間外・休日の操作", "work out of hours"}, "回"},
    {"unusual_volume", {"ふだんより多い記録の閲覧", "unusual volume of records read"}, "件"},
    {"refused", {"拒否されたアクセス", "refused access"}, "回"},
    {"dormant", {"長く使われていない利用者", "dormant identities"}, "日"},
    {"returned", {"長い空白の後に使われた利用者", "identities that came back after a long time"}, "日"},
    {"contractor_content", {"委託先による記録の閲覧", "records read by contractors"}, "件"},
    {"loss", {"監査ログの欠落(承認済み)", "entries of the log that were lost, and accepted"}, "回"},
};

const Text kClean{"点検で見つかったものはありません。", "nothing was found."};
const Text kPeriod{"期間 $0 から $1 の前まで、記録 $2 件", "from $0 until before $1, $2 entries"};
const Text kActivities{"利用者ごとの操作", "callers"};
const Text kActivityColumns{"利用者\t操作\t拒否\t閲覧した記録\t最後", "caller\tcalls\trefused\trecords read\tlast"};
const Text kReads{"誰がどの機関の記録を見たか", "who read whose records"};
const Text kReadColumns{"利用者\t対象データ\t方法\t件数\t最後", "caller\tdataset\tmethod\trecords\tlast"};
const Text kNothingTouched{"この期間に触れられた対象データはありません。", "no dataset was touched in this period."};
const Text kTouchedColumns{"対象データ\t差分\t取込\t閲覧\t送信\t操作した者",
                           "dataset\tchange sets\ttaken in\tread\tsent\tcallers"};
const Text kTouchedHint{"どの記録かは sabun changes 対象データ 差分番号 で分かります。",
                        "sabun changes DATASET NUMBER names the records of a change set."};

std::string LocalDay(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::LocalTimeZone()); }

// A day alone where it begins.
std::string LocalMoment(absl::Time time) {
  const bool is_midnight =
      absl::FromCivil(absl::ToCivilDay(time, absl::LocalTimeZone()), absl::LocalTimeZone()) == time;
  return is_midnight ? LocalDay(time) : LocalTime(absl::ToUnixSeconds(time));
}

void PrintTable(const CommandContext& context, const Text& columns, std::vector<std::vector<std::string>> rows) {
  rows.insert(rows.begin(), absl::StrSplit(context.Say(columns), '\t'));
  for (const std::string& line : AlignColumns(rows)) context.Print(absl::StrCat("  ", line));
}

std::string Numbers(const google::protobuf::RepeatedField<uint64_t>& numbers) {
  return numbers.empty() ? "-" : absl::StrJoin(numbers, ",");
}

std::string Html(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string Cells(const char* tag, const std::vector<std::string>& cells) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) absl::StrAppend(&row, "<", tag, ">", Html(cell), "</", tag, ">");
  return row + "</tr>\n";
}

std::string QuestionRows(const Question& question, const v1::AnalyzeAuditResponse& analysis) {
  std::string rows;
  for (const v1::AuditFinding& finding : analysis.findings()) {
    if (finding.kind() != question.kind) continue;
    rows += Cells("td", {question.text.ja, finding.who(), finding.dataset(), LocalTime(finding.first()),
                         absl::StrCat(finding.count(), question.unit_ja), "□ 確認 □ 要調査"});
  }
  return rows.empty() ? Cells("td", {question.text.ja, "なし", "", "", "", "□ 確認"}) : rows;
}

std::string ChainRow(const v1::VerifyAuditResponse& verdict) {
  const std::string state =
      verdict.sound()
          ? absl::StrCat("改ざん・欠落なし(", verdict.entries(), " 件、外部の控え ", verdict.anchors(), " 点)")
          : absl::StrCat("異常あり: ", verdict.problem_count(), " 箇所。直ちに報告すること");
  const std::string pruned = verdict.pruned() == 0
                                 ? ""
                                 : absl::StrCat("<br>保存期間を過ぎて消去済み: 1〜", verdict.pruned(), " 番(",
                                                LocalTime(verdict.pruned_before()), " より前)");
  return absl::StrCat("<p><b>監査ログの完全性:</b> ", Html(state), pruned, "<br>末尾 ", verdict.last_sequence(),
                      " 番、連鎖値 ", absl::BytesToHexString(verdict.last_chain()), "</p>\n");
}

}  // namespace

Json AnalysisJson(const Period& period, const v1::AnalyzeAuditResponse& analysis) {
  Json findings = Json::array(), activities = Json::array(), reads = Json::array();
  for (const v1::AuditFinding& finding : analysis.findings()) {
    findings.push_back({{"kind", finding.kind()},
                        {"who", finding.who()},
                        {"organization", finding.organization()},
                        {"dataset", finding.dataset()},
                        {"first", finding.first()},
                        {"last", finding.last()},
                        {"count", finding.count()},
                        {"usual", finding.usual()},
                        {"sequence", finding.sequence()}});
  }
  for (const v1::AuditActivity& activity : analysis.activities()) {
    activities.push_back({{"who", activity.who()},
                          {"contractor", activity.contractor()},
                          {"calls", activity.calls()},
                          {"refused", activity.refused()},
                          {"content_records", activity.content_records()},
                          {"first", activity.first()},
                          {"last", activity.last()}});
  }
  for (const v1::ContentRead& read : analysis.content_reads()) {
    reads.push_back({{"who", read.who()},
                     {"organization", read.organization()},
                     {"dataset", read.dataset()},
                     {"method", read.method()},
                     {"calls", read.calls()},
                     {"records", read.records()},
                     {"last", read.last()}});
  }
  return {{"from", absl::ToUnixSeconds(period.from)},
          {"to", absl::ToUnixSeconds(period.to)},
          {"entries", analysis.entries()},
          {"findings", std::move(findings)},
          {"activities", std::move(activities)},
          {"content_reads", std::move(reads)}};
}

void PrintAnalysis(const CommandContext& context, const Period& period, const v1::AnalyzeAuditResponse& analysis) {
  context.Print(
      context.Say(kPeriod, {LocalMoment(period.from), LocalMoment(period.to), GroupDigits(analysis.entries())}));
  for (const Question& question : kQuestions) {
    for (const v1::AuditFinding& finding : analysis.findings()) {
      if (finding.kind() != question.kind) continue;
      context.Print(absl::StrCat("! ", context.Say(question.text), ": ", finding.who(), " ", finding.dataset(), " ",
                                 LocalTime(finding.first()), " (", GroupDigits(finding.count()), ")"));
    }
  }
  if (analysis.findings().empty()) context.Print(context.Say(kClean));
  std::vector<std::vector<std::string>> rows;
  for (const v1::AuditActivity& activity : analysis.activities()) {
    rows.push_back({activity.who() + (activity.contractor() ? " *" : ""), GroupDigits(activity.calls()),
                    GroupDigits(activity.refused()), GroupDigits(activity.content_records()),
                    LocalTime(activity.last())});
  }
  context.Print(context.Say(kActivities));
  PrintTable(context, kActivityColumns, std::move(rows));
  rows.clear();
  for (const v1::ContentRead& read : analysis.content_reads()) {
    rows.push_back({read.who(), read.dataset(), read.method(), GroupDigits(read.records()), LocalTime(read.last())});
  }
  context.Print(context.Say(kReads));
  PrintTable(context, kReadColumns, std::move(rows));
}

std::string CheckSheetHtml(const Period& period, const v1::AnalyzeAuditResponse& analysis,
                           const v1::VerifyAuditResponse& verdict) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><title>特定個人情報 取扱状況点検票</title>\n"
      "<style>@page{size:A4;margin:15mm}body{font-family:sans-serif;font-size:10pt}table{border-collapse:collapse;"
      "width:100%;margin-bottom:1em}td,th{border:1px solid #000;padding:2px 6px;text-align:left;"
      "overflow-wrap:anywhere}.sign td{height:3em;width:33%}</style></head><body>\n<h1>特定個人情報 "
      "取扱状況点検票</h1>\n";
  absl::StrAppend(&html, "<p>点検対象期間: ", LocalDay(period.from), " から ", LocalDay(period.to - absl::Seconds(1)),
                  " まで(監査ログ ", analysis.entries(), " 件)</p>\n", ChainRow(verdict));
  absl::StrAppend(&html, "<h2>1. 点検項目</h2>\n<table>\n",
                  Cells("th", {"項目", "利用者", "対象データ", "日時", "数", "点検結果"}));
  for (const Question& question : kQuestions) html += QuestionRows(question, analysis);
  absl::StrAppend(&html, "</table>\n<h2>2. 記録の閲覧(誰が・どの機関の)</h2>\n<table>\n",
                  Cells("th", {"利用者", "機関", "対象データ", "方法", "回数", "件数", "最後"}));
  for (const v1::ContentRead& read : analysis.content_reads()) {
    html += Cells("td", {read.who(), read.organization(), read.dataset(), read.method(), absl::StrCat(read.calls()),
                         absl::StrCat(read.records()), LocalTime(read.last())});
  }
  absl::StrAppend(&html, "</table>\n<h2>3. 利用者ごとの操作(*は委託先)</h2>\n<table>\n",
                  Cells("th", {"利用者", "操作", "拒否", "閲覧した記録", "最初", "最後"}));
  for (const v1::AuditActivity& activity : analysis.activities()) {
    html += Cells("td", {activity.who() + (activity.contractor() ? " *" : ""), absl::StrCat(activity.calls()),
                         absl::StrCat(activity.refused()), absl::StrCat(activity.content_records()),
                         LocalTime(activity.first()), LocalTime(activity.last())});
  }
  return html +
         "</table>\n<table "
         "class=\"sign\"><tr><td>点検者<br>　　　年　　月　　日</td><td>保護責任者<br>　　　年　　月　　日"
         "</td><td>所見・措置</td></tr></table>\n</body></html>\n";
}

Json IncidentJson(const Period& period, const v1::ReportIncidentResponse& report) {
  Json datasets = Json::array();
  for (const v1::TouchedDataset& touched : report.datasets()) {
    datasets.push_back({{"organization", touched.organization()},
                        {"dataset", touched.dataset()},
                        {"change_sets", touched.change_sets()},
                        {"records_taken_in", touched.records_taken_in()},
                        {"records_read", touched.records_read()},
                        {"records_sent", touched.records_sent()},
                        {"callers", touched.callers()},
                        {"operations", touched.operations()}});
  }
  return {{"from", absl::ToUnixSeconds(period.from)},
          {"to", absl::ToUnixSeconds(period.to)},
          {"datasets", std::move(datasets)}};
}

void PrintIncident(const CommandContext& context, const Period& period, const v1::ReportIncidentResponse& report) {
  context.Print(absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M", period.from, absl::LocalTimeZone()), " - ",
                             absl::FormatTime("%Y-%m-%d %H:%M", period.to, absl::LocalTimeZone())));
  if (report.datasets().empty()) return context.Print(context.Say(kNothingTouched));
  std::vector<std::vector<std::string>> rows;
  for (const v1::TouchedDataset& touched : report.datasets()) {
    rows.push_back({touched.dataset(), Numbers(touched.change_sets()), GroupDigits(touched.records_taken_in()),
                    GroupDigits(touched.records_read()), GroupDigits(touched.records_sent()),
                    absl::StrJoin(touched.callers(), ", ")});
  }
  PrintTable(context, kTouchedColumns, std::move(rows));
  context.Print(context.Say(kTouchedHint));
}

}  // namespace sabun::cli
