#include <fstream>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/cli/audit_report.h"
#include "adapters/cli/commands.h"
#include "adapters/cli/engine_client.h"
#include "adapters/cli/text_layout.h"
#include "adapters/client/status_macros.h"

namespace sabun::cli {
namespace {

const Text kSound{"監査ログは完全です: $0 件、外部の控え $1 点と一致。",
                  "the audit log is sound: $0 entries, held to $1 anchors."};
const Text kUnsound{"監査ログに異常があります: $0 箇所。処理を止め、責任者へ報告してください。",
                    "the audit log is not what was written: $0 problems. Stop, and tell the person responsible."};
const Text kPruned{"保存期間を過ぎた 1〜$0 番は消去済み($1 より前)。以降が検証の対象です。",
                   "entries 1 to $0, from before $1, were erased after their time; the rest was verified."};
const Text kProblem{"  $0 番: $1 ($2)", "  entry $0: $1 ($2)"};
const Text kAnchorError{"外部の控えを読めません: $0", "the anchors cannot be read: $0"};
const Text kExported{"$0 件を書き出しました: $1", "$0 entries are written to $1"};
const Text kSheetWritten{"点検票を書き出しました: $0", "the check sheet is written to $0"};

struct AuditFlags {
  std::string anchors, out, from, to, month, sheet;
  uint64_t from_sequence = 0;
  uint32_t day_begins = 8, day_ends = 19, dormant_days = 90;
  uint64_t usual_records = 1'000;
};

absl::Status CannotWrite(const std::string& path) {
  return client::LocalizedError(
      absl::StatusCode::kUnavailable,
      {"OUTPUT-FAILED", absl::StrCat("書き出せません: ", path), absl::StrCat("cannot write ", path)});
}

absl::StatusOr<absl::Time> ParseMoment(const std::string& text) {
  absl::Time time;
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"}) {
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, nullptr)) return time;
  }
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return time;
  return UsageError(absl::StrCat("日時の形が違います: ", text, "(例 2026-11-01、2026-11-01T09:00)"),
                    absl::StrCat("not a time: ", text, " (such as 2026-11-01 or 2026-11-01T09:00)"));
}

// A month, or from and to; the month until now without either.
absl::StatusOr<Period> PeriodOf(const AuditFlags& flags) {
  const absl::TimeZone zone = absl::LocalTimeZone();
  absl::CivilMonth month(absl::ToCivilMonth(absl::Now(), zone));
  Period period{absl::FromCivil(month, zone), absl::Now()};
  if (!flags.month.empty()) {
    ASSIGN_OR_RETURN(const absl::Time first, ParseMoment(flags.month + "-01"));
    month = absl::ToCivilMonth(first, zone);
    period = {absl::FromCivil(month, zone), absl::FromCivil(month + 1, zone)};
  }
  if (!flags.from.empty()) {
    ASSIGN_OR_RETURN(period.from, ParseMoment(flags.from));
  }
  if (!flags.to.empty()) {
    ASSIGN_OR_RETURN(period.to, ParseMoment(flags.to));
  }
  if (period.from >= period.to) {
    return UsageError("期間の終わりが始めより後ではありません。", "the period must end after it begins");
  }
  return period;
}

absl::StatusOr<v1::VerifyAuditResponse> AskVerdict(const EngineClient& engine, const std::string& anchors) {
  v1::VerifyAuditRequest request;
  if (!anchors.empty()) {
    std::ifstream in(anchors);
    if (!in) {
      return UsageError(absl::StrCat("控えのファイルを読めません: ", anchors), absl::StrCat("cannot read ", anchors));
    }
    for (std::string line; std::getline(in, line);) {
      if (line.find("sabun-audit-anchor") != std::string::npos) request.add_anchors(line);
    }
    if (request.anchors().empty()) {
      return UsageError(absl::StrCat("控え(sabun-audit-anchor で始まる行)が1つもありません: ", anchors),
                        absl::StrCat("no anchor (a line with sabun-audit-anchor) is in ", anchors));
    }
  }
  v1::VerifyAuditResponse response;
  RETURN_IF_ERROR(
      Call(*engine.audit, &v1::AuditService::Stub::VerifyAudit, request, &response, absl::InfiniteDuration()));
  return response;
}

absl::StatusOr<ExitStatus> RunVerify(const CommandContext& context, const AuditFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  ASSIGN_OR_RETURN(const v1::VerifyAuditResponse verdict, AskVerdict(engine, flags.anchors));
  Json problems = Json::array();
  context.Print(verdict.sound() ? context.Say(kSound, {GroupDigits(verdict.entries()), GroupDigits(verdict.anchors())})
                                : context.Say(kUnsound, {GroupDigits(verdict.problem_count())}));
  for (const v1::AuditProblem& problem : verdict.problems()) {
    problems.push_back({{"sequence", problem.sequence()}, {"kind", problem.kind()}, {"file", problem.file()}});
    context.Print(context.Say(kProblem, {absl::StrCat(problem.sequence()), problem.kind(), problem.file()}));
  }
  if (verdict.pruned() > 0) {
    context.Print(context.Say(kPruned, {GroupDigits(verdict.pruned()), LocalTime(verdict.pruned_before())}));
  }
  if (!verdict.anchor_error().empty()) context.Print(context.Say(kAnchorError, {verdict.anchor_error()}));
  if (context.json) {
    context.PrintJson({{"sound", verdict.sound()},
                       {"entries", verdict.entries()},
                       {"anchors", verdict.anchors()},
                       {"problem_count", verdict.problem_count()},
                       {"problems", std::move(problems)},
                       {"anchor_error", verdict.anchor_error()},
                       {"pruned", verdict.pruned()},
                       {"pruned_before", UtcTime(verdict.pruned_before())},
                       {"last_sequence", verdict.last_sequence()}});
  }
  return verdict.sound() && verdict.anchor_error().empty() ? ExitStatus::kDone : ExitStatus::kFailed;
}

absl::StatusOr<ExitStatus> RunExport(const CommandContext& context, const AuditFlags& flags) {
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  std::ofstream file;
  if (!flags.out.empty()) file.open(flags.out, std::ios::binary);
  std::ostream& out = flags.out.empty() ? std::cout : file;
  v1::ExportAuditRequest request;
  request.set_from_sequence(flags.from_sequence);
  grpc::ClientContext call;
  const auto reader = engine.audit->ExportAudit(&call, request);
  v1::ExportAuditResponse page;
  uint64_t lines = 0;
  while (reader->Read(&page)) {
    for (const std::string& line : page.lines()) out << line << '\n';
    lines += static_cast<uint64_t>(page.lines_size());
  }
  RETURN_IF_ERROR(client::FromGrpc(reader->Finish()));
  if (!out.flush()) return CannotWrite(flags.out);
  if (!flags.out.empty()) context.Print(context.Say(kExported, {GroupDigits(lines), flags.out}));
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> RunAnalyze(const CommandContext& context, const AuditFlags& flags) {
  ASSIGN_OR_RETURN(const Period period, PeriodOf(flags));
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::AnalyzeAuditRequest request;
  request.set_from(absl::ToUnixSeconds(period.from));
  request.set_to(absl::ToUnixSeconds(period.to));
  request.set_day_begins_hour(flags.day_begins);
  request.set_day_ends_hour(flags.day_ends);
  request.set_usual_records(flags.usual_records);
  request.set_dormant_days(flags.dormant_days);
  v1::AnalyzeAuditResponse analysis;
  RETURN_IF_ERROR(
      Call(*engine.audit, &v1::AuditService::Stub::AnalyzeAudit, request, &analysis, absl::InfiniteDuration()));
  if (!flags.sheet.empty()) {
    ASSIGN_OR_RETURN(const v1::VerifyAuditResponse verdict, AskVerdict(engine, flags.anchors));
    std::ofstream file(flags.sheet, std::ios::binary);
    file << CheckSheetHtml(period, analysis, verdict);
    if (!file.flush()) return CannotWrite(flags.sheet);
    context.Print(context.Say(kSheetWritten, {flags.sheet}));
  }
  if (context.json) context.PrintJson(AnalysisJson(period, analysis));
  PrintAnalysis(context, period, analysis);
  return ExitStatus::kDone;
}

absl::StatusOr<ExitStatus> RunIncident(const CommandContext& context, const AuditFlags& flags) {
  ASSIGN_OR_RETURN(const Period period, PeriodOf(flags));
  ASSIGN_OR_RETURN(const EngineClient engine, ConnectEngine(context));
  v1::ReportIncidentRequest request;
  request.set_from(absl::ToUnixSeconds(period.from));
  request.set_to(absl::ToUnixSeconds(period.to));
  v1::ReportIncidentResponse report;
  RETURN_IF_ERROR(
      Call(*engine.audit, &v1::AuditService::Stub::ReportIncident, request, &report, absl::InfiniteDuration()));
  if (context.json) context.PrintJson(IncidentJson(period, report));
  PrintIncident(context, period, report);
  return ExitStatus::kDone;
}

using Run = absl::StatusOr<ExitStatus> (*)(const CommandContext&, const AuditFlags&);

void RunBy(CLI::App* command, const std::shared_ptr<AuditFlags>& flags, CommandContext& context, Run run) {
  command->callback([=, &context] { context.action = [=, &context] { return run(context, *flags); }; });
}

}  // namespace

void AddAuditCommands(CLI::App& app, CommandContext& context) {
  CLI::App* const audit = app.add_subcommand("audit", "監査ログ / the audit log");
  audit->require_subcommand(1);
  auto flags = std::make_shared<AuditFlags>();

  CLI::App* const verify = audit->add_subcommand("verify", "改ざん・欠落がないか / is it what was written");
  verify->add_option("--anchors", flags->anchors, "別に保管した控え(syslogなど) / anchors kept elsewhere");
  RunBy(verify, flags, context, RunVerify);

  CLI::App* const exported = audit->add_subcommand("export", "書き出す / write it out");
  exported->add_option("--out", flags->out, "ファイル。なければ標準出力 / the file; standard output without it");
  exported->add_option("--from-sequence", flags->from_sequence, "この番号から / from this entry on");
  RunBy(exported, flags, context, RunExport);

  CLI::App* const analyze = audit->add_subcommand("analyze", "点検する / what inspectors ask");
  analyze->add_option("--month", flags->month, "年月、例 2026-11 / the month; this one without it");
  analyze->add_option("--sheet", flags->sheet, "点検票(HTML)の書き出し先 / writes the monthly check sheet there");
  analyze->add_option("--anchors", flags->anchors, "点検票のための控え / anchors for the sheet");
  analyze->add_option("--day-begins", flags->day_begins, "始業の時刻 / people's work begins (8)")
      ->check(CLI::Range(0, 24));
  analyze->add_option("--day-ends", flags->day_ends, "終業の時刻 / and ends (19)")->check(CLI::Range(0, 24));
  analyze->add_option("--usual-records", flags->usual_records, "1日にこの件数までは普通 / a usual day (1000)");
  analyze->add_option("--dormant-days", flags->dormant_days, "この日数使われなければ休眠 / dormant after (90)");
  RunBy(analyze, flags, context, RunAnalyze);

  CLI::App* const incident = audit->add_subcommand("incident", "影響の範囲 / what an incident could have touched");
  for (CLI::App* const command : {analyze, incident}) {
    CLI::Option* const from = command->add_option("--from", flags->from, "始め、2026-11-01T09:00 / from");
    CLI::Option* const to = command->add_option("--to", flags->to, "終わり(含まない) / until, not included");
    if (command == incident) from->required();
    if (command == incident) to->required();
  }
  RunBy(incident, flags, context, RunIncident);
}

}  // namespace sabun::cli
