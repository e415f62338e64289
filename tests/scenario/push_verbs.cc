// push: extracts through the CSV adapter and the sync session, or by hand.
#include <fstream>

#include "absl/strings/str_split.h"
#include "adapters/client/localized_status.h"
#include "adapters/file/csv_source.h"
#include "engine/base/status_macros.h"
#include "tests/scenario/hand_push.h"
#include "tests/scenario/world.h"
#include "tests/support/sample_csv.h"

namespace sabun::scenario {
namespace {

constexpr char kOperation[] = "operation";
// Shorter values occur by chance.
constexpr size_t kTellingBytes = 8;

// One row of a block as CSV lines.
absl::Status AppendRow(World& world, const std::vector<std::string>& columns, const ScriptLine& row, std::string* csv) {
  const std::string verb = row.Word(0);
  if (verb == "raw") {
    *csv += row.Word(1) + "\n";
    return absl::OkStatus();
  }
  if (verb != "row" && verb != "delete" && verb != "rows") return WrongLanguage("a row is row, rows, delete or raw");
  SampleValues values = {{"historyKey", row.Word(1)}, {kOperation, verb == "delete" ? "delete" : "upsert"}};
  for (const auto& [name, value] : row.named) {
    if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
      return WrongLanguage(absl::StrCat("there is no field ", name));
    }
    values[name] = value;
    if (name != "orgSpecificCertificateTypeId" && value.size() >= kTellingBytes) world.personal_values.insert(value);
  }
  if (verb != "rows") {
    *csv += SampleLine(columns, values);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::uint64_t count, ToNumber(row.Word(2)));
  for (std::uint64_t i = 1; i <= count; ++i) {
    values["historyKey"] = absl::StrCat(row.Word(1), i);
    *csv += SampleLine(columns, values);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> CsvText(World& world, const v1::Dataset& dataset, const ScriptLine& line) {
  std::vector<std::string> columns;
  for (const v1::Field& field : dataset.fields()) columns.push_back(field.name());
  if (world.extract->kind == SnapshotKind::kPartial) columns.push_back(kOperation);
  std::string csv = CsvLineOf(columns);
  for (const ScriptLine& row : world.extract->rows) RETURN_IF_ERROR(AppendRow(world, columns, row, &csv));
  if (line.Named("encoding") == "cp932") return Utf8ToCp932(csv);
  return csv;
}

absl::StatusOr<std::unique_ptr<file::CsvSource>> OpenExtract(World& world, const TempDirectory& directory,
                                                             const ScriptLine& line) {
  ASSIGN_OR_RETURN(const v1::Dataset dataset, world.Dataset());
  ASSIGN_OR_RETURN(const std::string csv, CsvText(world, dataset, line));
  file::CsvOptions options;
  options.path = absl::StrCat(directory.path(), "/extract.csv");
  std::ofstream(options.path, std::ios::binary) << csv;
  if (line.Named("encoding") == "cp932") options.encoding = file::Encoding::kCp932;
  options.one_pass = world.one_pass;
  options.partial = world.extract->kind == SnapshotKind::kPartial;
  options.allow_empty = line.Has("allow-empty");
  if (!line.Named("expect_rows").empty()) {
    ASSIGN_OR_RETURN(options.expect_rows, ToNumber(line.Named("expect_rows")));
  }
  return file::CsvSource::Open(options, {{dataset.fields().begin(), dataset.fields().end()},
                                         {dataset.key_fields().begin(), dataset.key_fields().end()}});
}

v1::FingerprintScheme SchemeOf(const ScriptLine& line) {
  if (line.Named("scheme") == "hmac") return v1::FINGERPRINT_SCHEME_HMAC_SHA256_128;
  return line.Named("scheme") == "xxh3" ? v1::FINGERPRINT_SCHEME_XXH3_128 : v1::FINGERPRINT_SCHEME_UNSPECIFIED;
}

v1::SnapshotKind KindOf(const World& world) {
  return world.extract->kind == SnapshotKind::kPartial ? v1::SNAPSHOT_KIND_PARTIAL : v1::SNAPSHOT_KIND_COMPLETE;
}

absl::StatusOr<Station> StationOf(const std::string& name) {
  if (name == "begin") return Station::kBegin;
  if (name == "fingerprints") return Station::kFingerprints;
  if (name == "end") return Station::kEnd;
  if (name == "records") return Station::kRecords;
  return WrongLanguage(absl::StrCat("there is no station ", name));
}

absl::Status PushByHand(World& world, std::unique_ptr<file::CsvSource> source, const ScriptLine& line) {
  const bool stays = !line.Named("pause").empty();
  const std::string last = stays ? line.Named("pause") : line.Named("stop", "end");
  ASSIGN_OR_RETURN(const Station station, StationOf(last));
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  v1::Begin begin;
  begin.set_dataset(world.dataset);
  begin.set_kind(KindOf(world));
  begin.set_one_pass(world.one_pass);
  begin.set_scheme(SchemeOf(line));
  begin.set_snapshot_id(line.Named("id", client::NewSnapshotId()));
  HandPush::End end;
  end.wrong_digest = line.Has("wrong-digest");
  if (!line.Named("count_more").empty()) end.count_more = std::atoll(line.Named("count_more").c_str());
  world.hand_push = std::make_unique<HandPush>(*stubs->intake, std::move(source));
  RETURN_IF_ERROR(world.hand_push->GoTo(station, begin, end));
  if (!stays) world.hand_push->Break();
  return absl::OkStatus();
}

// What a scenario changes in the file between the two passes is not among its verbs: the file lives for one push.
absl::Status Push(World& world, const ScriptLine& line) {
  world.push.reset();
  if (line.Has("again")) {
    if (!world.extract) return WrongLanguage("there was no push before");
  } else {
    if (!line.Has("complete") && !line.Has("partial"))
      return WrongLanguage("push complete, push partial or push again");
    world.extract = Extract{line.Has("partial") ? SnapshotKind::kPartial : SnapshotKind::kComplete, line.block};
  }
  const TempDirectory directory;
  ASSIGN_OR_RETURN(std::unique_ptr<file::CsvSource> source, OpenExtract(world, directory, line));
  const bool by_hand = line.Has("wrong-digest") || !line.Named("count_more").empty() || !line.Named("stop").empty() ||
                       !line.Named("pause").empty();
  if (by_hand) return PushByHand(world, std::move(source), line);
  client::SyncOptions options;
  options.dataset = world.dataset;
  options.kind = KindOf(world);
  options.scheme = SchemeOf(line);
  options.snapshot_id = line.Named("id", client::NewSnapshotId());
  options.one_pass = world.one_pass;
  options.compare_only = line.Has("compare-only");
  options.list_differences = options.compare_only ? 100 : 0;
  options.first_backoff = absl::Milliseconds(5);
  options.max_backoff = absl::Milliseconds(50);
  ASSIGN_OR_RETURN(EngineStubs* const stubs, world.Stubs());
  ASSIGN_OR_RETURN(world.push, client::RunSync(*stubs->intake, *source, options));
  for (const v1::RowError& error : world.push->errors) world.Tell(absl::StrCat(error.message_ja(), error.message_en()));
  return absl::OkStatus();
}

absl::Status BreakPush(World& world, const ScriptLine&) {
  if (world.hand_push == nullptr) return WrongLanguage("no push is waiting");
  world.hand_push->Break();
  return absl::OkStatus();
}

}  // namespace

const Verbs& PushVerbs() {
  static const auto* const verbs = new Verbs{{"push", &Push}, {"break", &BreakPush}};
  return *verbs;
}

}  // namespace sabun::scenario
