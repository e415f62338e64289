#include "bench/rehearsal/nation_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/rehearsal/process_facts.h"
#include "bench/rehearsal/quantities.h"
#include "bench/rehearsal/run_report.h"
#include "bench/rehearsal/svg_chart.h"

namespace sabun::bench {
namespace {

// Nanoseconds a record; 0 without records.
double PerRecord(absl::Duration time, uint64_t records) {
  return records == 0 ? 0 : absl::ToDoubleNanoseconds(time) / Number(records);
}

Words Nanoseconds(double value) { return SameText(absl::StrFormat("%.0f ns", value)); }

double Over(double value, double base) { return base > 0 ? value / base : 1; }

ReportSection Answer(const NationFindings& findings) {
  const NationStep& largest = findings.steps.back();
  const CostRatio ratio = RatioOf(findings.steps.front(), largest);
  const RunCost& daily = largest.daily();
  ReportSection section;
  section.heading = {"答え", "The answer"};
  section.lines = {
      {{"最大の件数", "records, largest step"}, CountText(Number(largest.records)), Basis::kGiven},
      {{"毎日の処理", "daily run"}, SecondsText(absl::ToDoubleSeconds(daily.whole().time))},
      {{"変更なしの処理", "unchanged run"}, SecondsText(absl::ToDoubleSeconds(largest.unchanged.whole().time))},
      {{"1件あたりの時間(最小の段に対する比)", "time per record, relative to the smallest step"},
       SameText(absl::StrFormat("%.2f", ratio.time))},
      {{"1件あたりのエンジンCPU(同)", "engine CPU per record, the same"},
       SameText(absl::StrFormat("%.2f", ratio.engine_cpu))},
      {{"エンジンのメモリ最大", "engine memory, peak RssAnon"}, BytesText(Number(largest.engine_peak))},
      {{"送る側のメモリ最大", "client memory, peak RssAnon"}, BytesText(Number(largest.client_peak))},
      {{"初回の取込", "first load"}, SecondsText(absl::ToDoubleSeconds(largest.load().time))}};
  return section;
}

ReportSection Daily(const NationFindings& findings) {
  ReportSection section;
  section.heading = {absl::StrCat("毎日の処理(変更 ", PercentText(findings.options.change_rate * 100).ja, ")"),
                     absl::StrCat("Daily run, ", PercentText(findings.options.change_rate * 100).en, " changed")};
  ReportTable table;
  table.columns = {{"件数", "records"},
                   {"時間", "time"},
                   {"時間/件", "time/record"},
                   {"比", "ratio"},
                   {"エンジンCPU/件", "engine CPU/record"},
                   {"比", "ratio"},
                   {"送る側CPU/件", "client CPU/record"},
                   {"変更", "changes"}};
  Series time = {{"毎日の処理", "daily run"}, {{0, 0}}, 0, false};
  Series engine = {{"エンジンCPU", "engine CPU"}, {{0, 0}}, 1, false};
  Series client = {{"送る側CPU", "client CPU"}, {{0, 0}}, 2, false};
  Series unchanged = {{"変更なしの処理", "unchanged run"}, {{0, 0}}, 3, false};
  for (const NationStep& step : findings.steps) {
    const StageCost daily = step.daily().whole();
    const CostRatio ratio = RatioOf(findings.steps.front(), step);
    table.rows.push_back(
        {CountText(Number(step.records)), SecondsText(absl::ToDoubleSeconds(daily.time)),
         Nanoseconds(PerRecord(daily.time, daily.records)), SameText(absl::StrFormat("%.2f", ratio.time)),
         Nanoseconds(PerRecord(daily.engine_cpu, daily.records)), SameText(absl::StrFormat("%.2f", ratio.engine_cpu)),
         Nanoseconds(PerRecord(daily.client_cpu, daily.records)), CountText(Number(step.daily().changes()))});
    const double records = Number(step.records);
    time.points.emplace_back(records, absl::ToDoubleSeconds(daily.time));
    engine.points.emplace_back(records, absl::ToDoubleSeconds(daily.engine_cpu));
    client.points.emplace_back(records, absl::ToDoubleSeconds(daily.client_cpu));
    unchanged.points.emplace_back(records, absl::ToDoubleSeconds(step.unchanged.whole().time));
  }
  section.table = std::move(table);
  LineChartOptions options;
  options.x_text = CountText;
  options.y_text = [](double seconds) { return SameText(SecondsText(seconds).en); };
  section.figures.push_back(
      {{"件数と時間。直線なら1件の費用は一定", "Records and time; a straight line means a constant cost per record"},
       LineChart({time, engine, client, unchanged}, options)});
  section.notes = {
      {"送る側の CPU は合成データの生成を含み、同じプロセッサを使う。エンジンの費用は「エンジンCPU/件」を見る。",
       "The client's CPU includes making the synthetic rows, on the same processors; the engine's cost is "
       "engine CPU per record."},
      {"数日のうち、エンジンCPUが最小の日の値。", "Of the daily runs, the one with the least engine CPU."}};
  return section;
}

ReportSection Stages(const NationStep& step) {
  ReportSection section;
  const std::string count = CountText(Number(step.records)).en;
  section.heading = {absl::StrCat(count, "件の段階ごとの時間"), absl::StrCat("Each stage with ", count, " records")};
  ReportTable table;
  table.columns = StageColumns({"段階", "stage"});
  std::vector<const RunCost*> runs;
  for (const RunCost& load : step.loads) runs.push_back(&load);
  runs.push_back(&step.unchanged);
  runs.push_back(&step.daily());
  for (const RunCost* run : runs) {
    const Words name = RunName(run->id);
    for (const auto& [stage_name, stage] : StagesOf(*run)) {
      table.rows.push_back(StageRow({name.ja + ": " + stage_name.ja, name.en + ": " + stage_name.en}, stage));
    }
  }
  if (step.settled.cost.records > 0) {
    table.rows.push_back(StageRow({"受理(ハブなし)", "settled without a hub"}, step.settled.cost));
  }
  section.table = std::move(table);
  section.figures.push_back(MemoryFigure(step.samples));
  return section;
}

ReportSection Space(const NationFindings& findings) {
  ReportSection section;
  section.heading = {"メモリとディスク", "Memory and disk"};
  ReportTable table;
  table.columns = {{"件数", "records"},
                   {"エンジン RssAnon", "engine RssAnon"},
                   {"VmHWM", "VmHWM"},
                   {"送る側 RssAnon", "client RssAnon"},
                   {"ディスク最大", "disk peak"},
                   {"最後", "at the end"},
                   {"1件あたり", "per record"}};
  Series engine = {{"エンジン", "engine"}, {}, 0, false};
  Series client = {{"送る側", "client"}, {}, 1, false};
  for (const NationStep& step : findings.steps) {
    const double records = Number(step.records);
    table.rows.push_back({CountText(records), BytesText(Number(step.engine_peak)), BytesText(Number(step.engine_hwm)),
                          BytesText(Number(step.client_peak)), BytesText(Number(step.disk_peak)),
                          BytesText(Number(step.disk_settled)), BytesText(Number(step.disk_settled) / records)});
    engine.points.emplace_back(records, Number(step.engine_peak));
    client.points.emplace_back(records, Number(step.client_peak));
  }
  section.table = std::move(table);
  LineChartOptions options;
  options.x_text = CountText;
  options.y_text = BytesText;
  section.figures.push_back({{"件数とメモリの最大", "Records and peak memory"}, LineChart({engine, client}, options)});
  section.notes = {
      {"ディスクは索引・控え・差分履歴の計。暗号化されているので索引だけは外から測れない。",
       "Disk is index, capsules and change sets together: they are encrypted, so the index alone cannot be "
       "measured from outside."}};
  return section;
}

Json StepJson(const NationStep& smallest, const NationStep& step) {
  const StageCost daily = step.daily().whole();
  const CostRatio ratio = RatioOf(smallest, step);
  Json loads = Json::array();
  Json days = Json::array();
  for (const RunCost& run : step.loads) loads.push_back(RunJson(run));
  for (const RunCost& run : step.days) days.push_back(RunJson(run));
  return {{"records", step.records},
          {"daily_seconds", absl::ToDoubleSeconds(daily.time)},
          {"daily_nanoseconds_per_record", PerRecord(daily.time, daily.records)},
          {"daily_engine_cpu_nanoseconds_per_record", PerRecord(daily.engine_cpu, daily.records)},
          {"daily_client_cpu_nanoseconds_per_record", PerRecord(daily.client_cpu, daily.records)},
          {"ratio_time", ratio.time},
          {"ratio_engine_cpu", ratio.engine_cpu},
          {"engine_peak_bytes", step.engine_peak},
          {"engine_vmhwm_bytes", step.engine_hwm},
          {"client_peak_bytes", step.client_peak},
          {"client_vmhwm_bytes", step.client_hwm},
          {"disk_loaded_bytes", step.disk_loaded},
          {"disk_end_bytes", step.disk_settled},
          {"disk_peak_bytes", step.disk_peak},
          {"disk_bytes_per_record", Number(step.disk_settled) / Number(step.records)},
          {"loads", std::move(loads)},
          {"settled", SubmissionJson(step.settled)},
          {"unchanged", RunJson(step.unchanged)},
          {"days", std::move(days)}};
}

}  // namespace

CostRatio RatioOf(const NationStep& smallest, const NationStep& step) {
  const StageCost base = smallest.daily().whole();
  const StageCost cost = step.daily().whole();
  return {Over(PerRecord(cost.time, cost.records), PerRecord(base.time, base.records)),
          Over(PerRecord(cost.engine_cpu, cost.records), PerRecord(base.engine_cpu, base.records))};
}

Report NationReport(const NationFindings& findings) {
  Report report;
  report.title = {"Sabun 全国規模", "Sabun: the whole country"};
  report.subtitle = {"実際のエンジン(sabund)に、件数を増やしながら取り込んで測った結果。",
                     "Measured with the real engine, sabund, with more and more records."};
  report.sections = {Answer(findings), Daily(findings), Space(findings)};
  for (const NationStep& step : findings.steps) report.sections.push_back(Stages(step));
  return report;
}

Json NationJson(const NationFindings& findings) {
  Json steps = Json::array();
  for (const NationStep& step : findings.steps) steps.push_back(StepJson(findings.steps.front(), step));
  return {
      {"command", "nation"},
      {"options",
       {{"change_rate", findings.options.change_rate},
        {"seed", findings.options.seed},
        {"load_days", findings.options.load_days},
        {"days", findings.options.days},
        {"settle", findings.options.settle}}},
      {"machine",
       {{"processor", ProcessorName()}, {"memory_bytes", MachineMemory()}, {"free_disk_bytes", findings.free_disk}}},
      {"steps", std::move(steps)}};
}

}  // namespace sabun::bench
