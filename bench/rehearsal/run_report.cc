#include "bench/rehearsal/run_report.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/rehearsal/quantities.h"
#include "bench/rehearsal/svg_chart.h"

namespace sabun::bench {
namespace {

Json StageJson(const StageCost& stage) {
  return {{"seconds", absl::ToDoubleSeconds(stage.time)},
          {"records", stage.records},
          {"records_per_second", stage.rate()},
          {"client_cpu_seconds", absl::ToDoubleSeconds(stage.client_cpu)},
          {"engine_cpu_seconds", absl::ToDoubleSeconds(stage.engine_cpu)}};
}

}  // namespace

Json RunJson(const RunCost& run) {
  const v1::SnapshotCounts& counts = run.counts;
  return {{"run", run.id},
          {"begun_seconds", absl::ToDoubleSeconds(run.begun)},
          {"received", counts.received()},
          {"unchanged", counts.unchanged()},
          {"added", counts.added()},
          {"updated", counts.updated()},
          {"deleted", counts.deleted()},
          {"cosmetic", counts.cosmetic()},
          {"invalid", counts.invalid()},
          {"duplicate", counts.duplicate()},
          {"records_sent", run.records_sent},
          {"bytes_sent", run.bytes_sent},
          {"fingerprints", StageJson(run.fingerprints)},
          {"compare", StageJson(run.compare)},
          {"records", StageJson(run.records)},
          {"seal", StageJson(run.seal)},
          {"whole", StageJson(run.whole())},
          {"waited_for_source_seconds", absl::ToDoubleSeconds(run.waited)},
          {"engine_peak_bytes", run.highest.engine_bytes},
          {"client_peak_bytes", run.highest.client_bytes},
          {"disk_peak_bytes", run.highest.disk_bytes},
          {"disk_bytes", run.disk_bytes}};
}

Json SubmissionJson(const SubmissionCost& submission) {
  Json json = StageJson(submission.cost);
  json["accepted"] = submission.accepted;
  json["rejected"] = submission.rejected;
  json["left"] = submission.left;
  json["begun_seconds"] = absl::ToDoubleSeconds(submission.begun);
  return json;
}

std::vector<Words> StageColumns(const Words& first) {
  return {first,
          {"時間", "time"},
          {"件数", "records"},
          {"速さ", "rate"},
          {"CPU 送る側", "CPU client"},
          {"CPU エンジン", "CPU engine"}};
}

std::vector<Words> StageRow(const Words& label, const StageCost& stage) {
  return {label,
          SecondsText(absl::ToDoubleSeconds(stage.time)),
          CountText(static_cast<double>(stage.records)),
          stage.records > 0 ? RateText(stage.rate()) : SameText("-"),
          SecondsText(absl::ToDoubleSeconds(stage.client_cpu)),
          SecondsText(absl::ToDoubleSeconds(stage.engine_cpu))};
}

std::vector<std::pair<Words, StageCost>> StagesOf(const RunCost& run) {
  const std::pair<Words, const StageCost&> stages[] = {
      {{"読取・指紋・送信", "read + fingerprint + send"}, run.fingerprints},
      {{"比較", "compare"}, run.compare},
      {{"内容の送信・正規化", "records"}, run.records},
      {{"確定", "seal"}, run.seal}};
  std::vector<std::pair<Words, StageCost>> some;
  for (const auto& [name, stage] : stages) {
    const bool worked = stage.records > 0 || stage.time > absl::Milliseconds(1);
    if (worked) some.emplace_back(name, stage);
  }
  return some;
}

Words RunName(const std::string& id) {
  if (id == "first_load") return {"初回", "first load"};
  if (id == "unchanged") return {"変更なし", "unchanged"};
  if (absl::StartsWith(id, "day_")) return {absl::StrCat(id.substr(4), "日目"), absl::StrCat("day ", id.substr(4))};
  if (absl::StartsWith(id, "load_")) return {absl::StrCat("分割", id.substr(5)), absl::StrCat("load ", id.substr(5))};
  return SameText(id);
}

ReportFigure MemoryFigure(const std::vector<ResourceSample>& samples) {
  Series engine = {{"エンジン", "engine (RssAnon)"}, {}, 0, false};
  Series client = {{"送る側", "client (RssAnon)"}, {}, 1, false};
  for (const ResourceSample& sample : samples) {
    engine.points.emplace_back(sample.seconds, static_cast<double>(sample.engine_bytes));
    client.points.emplace_back(sample.seconds, static_cast<double>(sample.client_bytes));
  }
  LineChartOptions options;
  options.x_text = [](double seconds) { return SameText(SecondsText(seconds).en); };
  options.y_text = BytesText;
  return {{"メモリの推移", "Memory over time"}, LineChart({engine, client}, options)};
}

}  // namespace sabun::bench
