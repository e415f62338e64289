#include "bench/rehearsal/full_load_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/rehearsal/process_facts.h"
#include "bench/rehearsal/quantities.h"
#include "bench/rehearsal/run_report.h"
#include "bench/rehearsal/svg_chart.h"

namespace sabun::bench {
namespace {

const RunCost& SlowestDay(const SizeFindings& findings) {
  return *std::max_element(findings.days.begin(), findings.days.end(),
                           [](const RunCost& a, const RunCost& b) { return a.whole().time < b.whole().time; });
}

double HubSeconds(const FullLoadFindings& findings) {
  return SecondsAt(Number(findings.full.first_load.counts.added()), findings.hub_rate);
}

ReportSection Answer(const FullLoadFindings& findings) {
  const SizeFindings& full = findings.full;
  const double load = absl::ToDoubleSeconds(full.first_load.whole().time);
  const double daily = findings.daily_run.At(Number(full.records));
  const bool memory_fits = full.engine_peak + full.client_peak <= findings.available_memory;
  const bool disk_fits = std::max(findings.disk_after_year, Number(full.disk_peak)) <= Number(findings.free_disk);
  const bool window_fits = daily <= findings.options.window_hours * 3600;
  const auto fits = [](bool yes) { return yes ? Words{"収まる", "fits"} : Words{"収まらない", "DOES NOT FIT"}; };
  ReportSection section;
  section.heading = {"答え", "The answer"};
  section.lines = {
      {{"初回の取込(ハブなし)", "first load, without the hub"}, SecondsText(load), Basis::kMeasured},
      {{"初回のハブ登録", "first registration at the hub"}, SecondsText(HubSeconds(findings)), Basis::kExtrapolated},
      {{"ハブが一致するまで", "until the hub is in step"},
       SecondsText(load + HubSeconds(findings)),
       Basis::kExtrapolated},
      {{"毎日の処理(ハブを含む)", "each day, the hub included"}, SecondsText(daily), Basis::kExtrapolated},
      {{"メモリの最大(エンジン+送る側)", "peak memory, engine + client"},
       BytesText(Number(full.engine_peak + full.client_peak)),
       Basis::kMeasured},
      {{"ディスク: 初回の最大", "disk: peak of the first load"}, BytesText(Number(full.disk_peak)), Basis::kMeasured},
      {{"ディスク: 1年後", "disk: after a year of days"}, BytesText(findings.disk_after_year), Basis::kExtrapolated},
      {{"夜間の時間に", "the night's window"}, fits(window_fits), Basis::kExtrapolated},
      {{"メモリに", "memory"}, fits(memory_fits), Basis::kMeasured},
      {{"ディスクに", "disk"}, fits(disk_fits), Basis::kExtrapolated}};
  return section;
}

ReportSection Asked(const FullLoadFindings& findings) {
  const FullLoadOptions& options = findings.options;
  const InputOptions& input = options.input;
  ReportSection section;
  section.heading = {"前提", "What was asked, and where"};
  const bool file = !input.csv.path.empty();
  section.lines.push_back(
      {{"件数", "records"}, CountText(Number(findings.full.records)), file ? Basis::kMeasured : Basis::kGiven});
  section.lines.push_back({{"原本", "source"},
                           file ? SameText(input.csv.path)
                                : Words{absl::StrCat("合成データ (seed ", input.seed, ")"),
                                        absl::StrCat("synthetic (seed ", input.seed, ")")},
                           Basis::kGiven});
  section.lines.push_back({{"1日の変更率", "changed a day"}, PercentText(input.change_rate * 100), Basis::kGiven});
  section.lines.push_back(
      {{"ハブの速さ", "the hub's rate"},
       options.hub.records_per_second > 0 ? RateText(options.hub.records_per_second) : Words{"制限なし", "no limit"},
       Basis::kGiven});
  section.lines.push_back({{"ハブの応答時間", "the hub's latency"},
                           SecondsText(absl::ToDoubleSeconds(options.hub.latency)),
                           Basis::kGiven});
  section.lines.push_back(
      {{"夜間の時間", "the night's window"}, SecondsText(options.window_hours * 3600), Basis::kGiven});
  section.lines.push_back({{"空きディスク", "free disk"}, BytesText(Number(findings.free_disk)), Basis::kMeasured});
  section.lines.push_back(
      {{"使えるメモリ", "available memory"}, BytesText(Number(findings.available_memory)), Basis::kMeasured});
  section.lines.push_back({{"プロセッサ", "processor"}, SameText(ProcessorName()), Basis::kMeasured});
  return section;
}

ReportSection Stages(const FullLoadFindings& findings) {
  ReportSection section;
  section.heading = {"段階ごとの時間", "Each stage"};
  ReportTable table;
  table.columns = StageColumns({"段階", "stage"});
  std::vector<Bar> bars;
  int color = 0;
  std::vector<const RunCost*> runs = {&findings.full.first_load};
  if (!findings.full.days.empty()) runs.push_back(&SlowestDay(findings.full));
  runs.push_back(&findings.full.unchanged);
  for (const RunCost* run : runs) {
    const Words name = RunName(run->id);
    for (const auto& [stage_name, stage] : StagesOf(*run)) {
      const Words label = {name.ja + ": " + stage_name.ja, name.en + ": " + stage_name.en};
      table.rows.push_back(StageRow(label, stage));
      const bool counts = stage.records > 0;
      if (counts) bars.push_back({label, 0, stage.rate(), SameText(RateText(stage.rate()).en), color});
    }
    table.rows.push_back(StageRow({name.ja + ": 計", name.en + ": whole"}, run->whole()));
    ++color;
  }
  section.table = std::move(table);
  section.figures.push_back({{"段階ごとの速さ", "Throughput of each stage, records a second"}, BarChart(bars)});
  section.notes = {{"CPU はその段階の間に使った時間(2つ以上のスレッドの合計)。送る側には合成データの生成を含む。",
                    "CPU is the time used within the stage, of all threads together; the client's includes making the "
                    "synthetic rows."},
                   {absl::StrCat("初回の読取のうち原本を待った時間: ",
                                 SecondsText(absl::ToDoubleSeconds(findings.full.first_load.waited)).ja),
                    absl::StrCat("of the first load's reading, waiting for the source: ",
                                 SecondsText(absl::ToDoubleSeconds(findings.full.first_load.waited)).en)}};
  return section;
}

ReportSection Submission(const FullLoadFindings& findings) {
  const SizeFindings& full = findings.full;
  ReportSection section;
  section.heading = {"ハブへの登録", "Submission to the hub"};
  ReportTable table;
  table.columns = StageColumns({"登録", "submission"});
  const std::pair<Words, const SubmissionCost&> samples[] = {
      {{"応答時間だけ(標本)", "with the hub's latency alone (sample)"}, full.unhindered},
      {{"ハブの速さで(標本)", "at the hub's rate (sample)"}, full.paced},
      {{"制限なしで", "as fast as it goes"}, full.more},
      {{"残り(ハブなしで受理)", "the rest, settled without a hub"}, full.at_once}};
  for (const auto& [name, submission] : samples) {
    if (submission.cost.records > 0) table.rows.push_back(StageRow(name, submission.cost));
  }
  for (size_t i = 0; i < full.day_submissions.size(); ++i) {
    table.rows.push_back(StageRow(RunName(full.days[i].id), full.day_submissions[i].cost));
  }
  section.table = std::move(table);
  if (full.held_at_end.has_value()) {
    section.lines.push_back({{"最後にハブが持つ件数", "held by the hub at the end"},
                             CountText(Number(*full.held_at_end)),
                             Basis::kMeasured});
  }
  section.notes.push_back(
      {"ハブは pmh-sim。標本の実測から全件の時間を推計した。速さはプロファイルの max_records・max_concurrency・"
       "requests_per_second でも決まる。",
       "The hub is pmh-sim. A sample is measured and the time of all records extrapolated from it. The profile's "
       "max_records, max_concurrency and requests_per_second limit the rate too."});
  constexpr double kNearly = 0.9;
  if (findings.hub_rate < kNearly * findings.options.hub.records_per_second) {
    section.notes.push_back(
        {"標本はハブの速さに届かなかった。限界はハブではなく、この機械かプロファイルの設定にある。",
         "The sample did not come to the hub's rate: the limit is this machine or the profile, not the hub."});
  }
  if (full.at_once.cost.records > 0) {
    section.notes.push_back({"残りは「受理」としてエンジンに直接記録した(翌日からの処理を本番と同じ状態で測るため)。",
                             "The rest was recorded as accepted without a hub, so that the following days are measured "
                             "in the state they will have."});
  }
  return section;
}

ReportSection TimeLine(const FullLoadFindings& findings) {
  std::vector<Bar> bars;
  const auto add = [&](const Words& name, absl::Duration begun, absl::Duration time, int color) {
    if (time <= absl::ZeroDuration()) return;
    bars.push_back({name, absl::ToDoubleSeconds(begun), absl::ToDoubleSeconds(time),
                    SameText(SecondsText(absl::ToDoubleSeconds(time)).en), color});
  };
  const SizeFindings& full = findings.full;
  add(RunName("first_load"), full.first_load.begun, full.first_load.whole().time, 0);
  add({"登録(応答時間だけ)", "hub, latency alone"}, full.unhindered.begun, full.unhindered.cost.time, 1);
  add({"登録(ハブの速さ)", "hub, at its rate"}, full.paced.begun, full.paced.cost.time, 1);
  add({"登録(制限なし)", "hub, fastest"}, full.more.begun, full.more.cost.time, 1);
  add({"受理(ハブなし)", "settled"}, full.at_once.begun, full.at_once.cost.time, 2);
  add(RunName("unchanged"), full.unchanged.begun, full.unchanged.whole().time, 3);
  const bool to_hub = full.held_at_end.has_value();
  for (size_t i = 0; i < full.days.size(); ++i) {
    const Words name = RunName(full.days[i].id);
    add(name, full.days[i].begun, full.days[i].whole().time, 0);
    add(to_hub ? Words{name.ja + " 登録", name.en + ", hub"} : Words{name.ja + " 受理", name.en + ", settled"},
        full.day_submissions[i].begun, full.day_submissions[i].cost.time, 1);
  }
  ReportSection section;
  section.heading = {"経過とメモリ", "Time line and memory"};
  section.lines = {
      {{"エンジン RssAnon 最大", "engine, RssAnon peak"}, BytesText(Number(full.engine_peak)), Basis::kMeasured},
      {{"エンジン VmHWM", "engine, VmHWM"}, BytesText(Number(full.engine_hwm)), Basis::kMeasured},
      {{"送る側 RssAnon 最大", "client, RssAnon peak"}, BytesText(Number(full.client_peak)), Basis::kMeasured},
      {{"送る側 VmHWM", "client, VmHWM"}, BytesText(Number(full.client_hwm)), Basis::kMeasured}};
  section.figures.push_back({{"リハーサルの経過", "Course of the rehearsal"}, BarChart(bars)});
  section.figures.push_back(MemoryFigure(full.samples));
  return section;
}

ReportSection Disk(const FullLoadFindings& findings) {
  const SizeFindings& full = findings.full;
  const double records = Number(std::max<uint64_t>(1, full.records));
  const double settled = Number(full.disk_in_step);
  ReportSection section;
  section.heading = {"ディスク", "Disk"};
  section.lines = {
      {{"初回の後(登録前)", "after the first load, nothing accepted"}, BytesText(Number(full.disk_loaded))},
      {{"ハブと一致した後", "hub in step, at rest"}, BytesText(settled)},
      {{"最後の日の後", "after the last day, at rest"}, BytesText(Number(full.disk_at_end))},
      {{"1件あたり(索引・控え・差分の計)", "per record (index, capsule, change together)"},
       BytesText(settled / records)},
      {{"1日の増加", "growth a day"}, BytesText(findings.growth_per_day)},
      {{"1年後", "after a year"}, BytesText(findings.disk_after_year), Basis::kExtrapolated}};
  const double days = static_cast<double>(full.days.size());
  const Series measured = {
      {"実測", "measured"}, {{0, settled}, {days, settled + days * findings.growth_per_day}}, 0, false};
  const Series year = {{"推計", "extrapolated"}, {{0, settled}, {kDaysOfAYear, findings.disk_after_year}}, 1, true};
  LineChartOptions options;
  options.x_text = [](double day) {
    const std::string number = CountText(day).en;
    return Words{number + "日後", "day " + number};
  };
  options.most_x = kDaysOfAYear;
  options.y_text = BytesText;
  section.figures.push_back({{"ディスクの1年", "Disk over a year"}, LineChart({measured, year}, options)});
  section.notes = {
      {"安定した大きさ(エンジンを再起動し、整理が終わった後)"
       "を、一致した直後と最後の日の後に測り、その差を日数で割った。"
       "古い差分履歴を消さないものとして365日分を足した。",
       "The size at rest (engine restarted, its clearing up done) was measured when the hub was in step and after the "
       "last day; a year is 365 times the difference a day, with no change set ever removed."},
      {"保存データは暗号化されているので、索引だけの大きさは外から測れない。",
       "The data is encrypted on disk, so the index alone cannot be measured from outside."}};
  return section;
}

ReportSection Scale(const FullLoadFindings& findings) {
  const Limits& limits = findings.limits;
  const auto per_record = [](double value) { return BytesText(value); };
  ReportSection section;
  section.heading = {"この機械の限界", "Where this machine would no longer do"};
  section.lines = {
      {{"ディスクの限界", "disk is full with"}, LimitText(limits.disk), Basis::kExtrapolated},
      {{"メモリの限界", "memory is full with"}, LimitText(limits.memory), Basis::kExtrapolated},
      {{"夜間の時間の限界", "the window is over with"}, LimitText(limits.window), Basis::kExtrapolated},
      {{"メモリの増え方(1件あたり)", "memory grows by, per record"}, per_record(findings.memory.per_record)},
      {{"毎日の処理の増え方(100万件あたり)", "each day grows by, per million records"},
       SecondsText(findings.daily_run.per_record * 1e6)}};
  const double records = Number(std::max<uint64_t>(1, findings.full.records));
  const std::optional<uint64_t> nearest = Smaller(limits.disk, limits.window);
  const double end = std::max(2 * records, nearest.has_value() ? std::min(Number(*nearest), 200 * records) : 0.0);
  const auto line = [&](const Words& name, const LinearCost& cost, int color) {
    return Series{name, {{0, cost.fixed}, {records, cost.At(records)}, {end, cost.At(end)}}, color, true};
  };
  LineChartOptions time;
  time.x_text = [](double count) { return CountText(count); };
  time.y_text = [](double seconds) { return SameText(SecondsText(seconds).en); };
  section.figures.push_back(
      {{"件数と時間", "Records and time"},
       LineChart({line({"毎日の処理(ハブを含む)", "each day, hub included"}, findings.daily_run, 0),
                  line({"初回の取込", "first load"}, findings.first_load, 1)},
                 time)});
  LineChartOptions space = time;
  space.y_text = BytesText;
  space.limits = {{{"空きディスク", "free disk"}, Number(findings.free_disk)}};
  section.figures.push_back(
      {{"件数とディスク・メモリ", "Records, disk and memory"},
       LineChart({line({"ディスク(1年後)", "disk after a year"}, findings.disk_year, 2),
                  line({"ディスク(初回の最大)", "disk, peak of the first load"}, findings.disk_peak, 1),
                  line({"メモリ", "memory"}, findings.memory, 3)},
                 space)});
  section.notes = {
      {absl::StrCat("全件と4分の1(", CountText(Number(findings.quarter.records)).ja,
                    "件)の2回の実測を結ぶ直線を延ばした。下がった値は一定とみなす。測定の揺れが大きいと限界も揺れる。"),
       absl::StrCat("A straight line through two measurements, all records and a quarter (",
                    CountText(Number(findings.quarter.records)).en,
                    "), is drawn on; a value that fell counts as constant. Noise moves the limits.")},
      {"エンジンのメモリは設定で上限が決まっているので、件数が少ないリハーサル(数十万件まで)では増え方が大きめに出る。",
       "The engine's memory is bounded by its configuration, so a rehearsal with few records (up to some hundred "
       "thousand) shows more growth than there will be."},
      {"ディスクの限界は、初回の最大と1年後のうち先に達するもの。メモリは開始時に使えた量と比べた。",
       "Disk: the earlier of the first load's peak and the year's end. Memory is compared with what was available at "
       "the start."}};
  return section;
}

}  // namespace

Report FullLoadReport(const FullLoadFindings& findings) {
  Report report;
  report.title = {"Sabun 移行リハーサル", "Sabun: rehearsal of a full load"};
  report.subtitle = {"実際のプログラム(sabund, pmh-sim)をこの機械で動かして測った結果。",
                     "Measured on this machine with the real programs, sabund and pmh-sim."};
  report.sections = {Answer(findings),   Asked(findings), Stages(findings), Submission(findings),
                     TimeLine(findings), Disk(findings),  Scale(findings)};
  return report;
}

}  // namespace sabun::bench
