// Rows of a synthetic extract brought to their canonical form, as each row of a first load is: taken apart, run through
// the rules of the PMH profile, encoded. `legacy` rows hold padding, half-width kana and dates in eras. Beside it the
// speed of light (a copy of the same rows), the rules without the quick tests, each step alone, and each kind of field
// alone. Before anything is measured, both ways through the rules must give the same for every row.
// SABUN_BENCH_RECORDS sets the number of rows.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <numeric>
#include <sstream>

#include "bench/generator.h"
#include "bench/rounds.h"
#include "engine/canonical/canonicalizer.h"
#include "engine/record/packed_fields.h"

namespace sabun {
namespace {

using bench::Require;

enum Step { kTake = 1, kRules = 2, kEncode = 4, kAll = 7 };

Profile LoadProfile() {
  std::ostringstream text;
  text << std::ifstream(SABUN_PROFILES "pmh-certificate-history.toml").rdbuf();
  absl::StatusOr<Profile> profile = ParseProfile(text.str());
  Require(profile.ok(), "profile");
  return *std::move(profile);
}

std::vector<std::string> SplitRow(absl::string_view row) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i + 1 < row.size(); ++i) {
    if (row[i] == '"') {
      if (quoted && row[i + 1] == '"') {
        fields.back().push_back(row[++i]);
      } else {
        quoted = !quoted;
      }
    } else if (row[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back().push_back(row[i]);
    }
  }
  return fields;
}

// Rows as Records.rows holds them, with some fields of the profile, and the rules of these fields.
class Rows {
 public:
  Rows(size_t records, bool legacy, const std::vector<uint32_t>& fields) : profile_(Part(fields)) {
    bench::GeneratorOptions options;
    options.records = records;
    options.style.wareki = options.style.padding = legacy;
    auto rows = bench::DayRows::Create(options);
    Require(rows.ok(), "generator");
    bench::GeneratedRow row;
    while ((*rows)->Next(&row)) {
      const std::vector<std::string> values = SplitRow(row.bytes);
      std::vector<std::string> part;
      for (const uint32_t field : fields) part.push_back(values[field]);
      AppendPackedFields(part, &packed_);
      ends_.push_back(packed_.size());
    }
    Require(ends_.size() == records, "rows");
    ids_.resize(fields.size());
    std::iota(ids_.begin(), ids_.end(), 0);
    CheckBothWays();
  }

  // One round; the size of what was made.
  size_t Run(int steps, bool quick) {
    values_.set_quick(quick);
    size_t bytes = 0;
    for (size_t i = 0; i < ends_.size(); ++i) {
      if ((steps & kTake) != 0 || i == 0) Take(i);
      if ((steps & kRules) != 0 || i == 0) benchmark::DoNotOptimize(canonicalizer_.Run(raw_, &values_, &findings_));
      if ((steps & kEncode) == 0) continue;
      out_.clear();
      EncodeCanonical(values_.get(), ids_, &out_);
      bytes += out_.size();
    }
    return bytes;
  }
  void Copy() {
    out_.resize(1 << 16);
    size_t begin = 0;
    for (const size_t end : ends_) {
      std::memcpy(out_.data(), packed_.data() + begin, end - begin);
      benchmark::DoNotOptimize(out_.data());
      begin = end;
    }
  }

  void Report(benchmark::State& state) const {
    state.SetItemsProcessed(state.iterations() * ends_.size());
    state.SetBytesProcessed(state.iterations() * packed_.size());
    state.counters["per_row"] = benchmark::Counter(static_cast<double>(state.iterations() * ends_.size()),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  }

 private:
  static Profile Part(const std::vector<uint32_t>& fields) {
    Profile whole = LoadProfile();
    if (fields.size() == whole.fields.size()) return whole;
    Profile part;
    for (const uint32_t field : fields) part.fields.push_back(whole.fields[field]);
    return part;
  }
  void Take(size_t row) {
    const size_t begin = row == 0 ? 0 : ends_[row - 1];
    absl::string_view rest(packed_.data() + begin, ends_[row] - begin);
    Require(TakePackedFields(&rest, profile_.fields.size(), &raw_), "packed fields");
  }
  void CheckBothWays() {
    CanonicalValues slow;
    slow.set_quick(false);
    std::vector<Finding> found;
    for (size_t i = 0; i < ends_.size(); ++i) {
      Take(i);
      Require(canonicalizer_.Run(raw_, &values_, &findings_), "a valid row");
      Require(canonicalizer_.Run(raw_, &slow, &found) && values_.get() == slow.get(), "the same values both ways");
      Require(findings_.size() == found.size(), "the same findings both ways");
    }
  }

  Profile profile_;
  Canonicalizer canonicalizer_{profile_};
  std::string packed_;
  std::vector<size_t> ends_;  // of rows in packed_
  std::vector<uint32_t> ids_;
  std::vector<absl::string_view> raw_;
  CanonicalValues values_;
  std::vector<Finding> findings_;
  std::string out_;
};

size_t Records() {
  const char* records = std::getenv("SABUN_BENCH_RECORDS");
  return records == nullptr ? 20'000 : std::strtoull(records, nullptr, 10);
}

std::vector<uint32_t> AllFields() {
  std::vector<uint32_t> fields(LoadProfile().fields.size());
  std::iota(fields.begin(), fields.end(), 0);
  return fields;
}

void Copy(benchmark::State& state) {
  Rows rows(Records(), state.range(0) != 0, AllFields());
  for (auto _ : state) rows.Copy();
  rows.Report(state);
}

void RunSteps(benchmark::State& state, int steps, bool quick) {
  Rows rows(Records(), state.range(0) != 0, AllFields());
  const size_t bytes = (steps & kEncode) != 0 ? rows.Run(steps, false) : 0;
  for (auto _ : state) Require(rows.Run(steps, quick) == bytes, "size of the canonical forms");
  rows.Report(state);
}

// The rules of the fields of one kind: a name in the table below.
void RunKind(benchmark::State& state, bool (*belongs)(const ProfileField&)) {
  const Profile profile = LoadProfile();
  std::vector<uint32_t> fields;
  for (uint32_t i = 0; i < profile.fields.size(); ++i) {
    if (belongs(profile.fields[i])) fields.push_back(i);
  }
  Rows rows(Records(), state.range(0) != 0, fields);
  for (auto _ : state) rows.Run(kTake | kRules, true);
  rows.Report(state);
  state.counters["fields"] = static_cast<double>(fields.size());
}

bool IsNumber(const ProfileField& f) { return f.type == FieldType::kString && f.characters != CharacterClass::kText; }
bool IsText(const ProfileField& f) { return f.type == FieldType::kString && f.characters == CharacterClass::kText; }
bool IsDate(const ProfileField& f) { return f.type == FieldType::kDate; }
bool IsCode(const ProfileField& f) { return f.type == FieldType::kCode || f.type == FieldType::kBoolean; }
bool IsJson(const ProfileField& f) { return f.type == FieldType::kJsonObject || f.type == FieldType::kJsonArray; }

void Legacy(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("legacy")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
}

BENCHMARK(Copy)->Apply(Legacy);
BENCHMARK_CAPTURE(RunSteps, whole, kAll, true)->Apply(Legacy);
BENCHMARK_CAPTURE(RunSteps, whole_all_rules, kAll, false)->Apply(Legacy);
BENCHMARK_CAPTURE(RunSteps, take_apart, kTake, true)->Apply(Legacy);
BENCHMARK_CAPTURE(RunSteps, take_apart_and_rules, kTake | kRules, true)->Apply(Legacy);
BENCHMARK_CAPTURE(RunKind, numbers, IsNumber)->Apply(Legacy);
BENCHMARK_CAPTURE(RunKind, texts, IsText)->Apply(Legacy);
BENCHMARK_CAPTURE(RunKind, dates, IsDate)->Apply(Legacy);
BENCHMARK_CAPTURE(RunKind, codes, IsCode)->Apply(Legacy);
BENCHMARK_CAPTURE(RunKind, json, IsJson)->Apply(Legacy);

}  // namespace
}  // namespace sabun

BENCHMARK_MAIN();
