#include "bench/rehearsal/rehearsal_input.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/file/csv_source.h"
#include "adapters/file/mapped_file.h"
#include "bench/rehearsal/builtin_profile.h"
#include "bench/rehearsal/changed_source.h"
#include "bench/rehearsal/generated_source.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

absl::StatusOr<std::string> ReadProfile(const std::string& path) {
  if (path.empty()) return std::string(BuiltinProfile());
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return absl::NotFoundError(absl::StrCat("cannot read the profile ", path));
  return text;
}

GeneratorOptions GeneratorDay(const InputOptions& options, uint32_t day, uint64_t records) {
  GeneratorOptions generator;
  generator.records = records;
  generator.seed = options.seed;
  generator.day = day;
  generator.change_rate = options.change_rate;
  return generator;
}

}  // namespace

absl::StatusOr<RehearsalInput> RehearsalInput::Create(const InputOptions& options) {
  RehearsalInput input;
  input.options_ = options;
  RETURN_IF_ERROR(ValidateOptions(GeneratorDay(options, 0, options.records)));
  ASSIGN_OR_RETURN(input.profile_toml_, ReadProfile(options.profile));
  if (!input.from_file()) return input;
  ASSIGN_OR_RETURN(input.field_to_change_, FieldToChange(input.profile_toml_));
  ASSIGN_OR_RETURN(const std::unique_ptr<file::MappedFile> csv, file::MappedFile::Open(options.csv.path));
  input.file_lines_ = static_cast<uint64_t>(std::count(csv->data().begin(), csv->data().end(), '\n'));
  return input;
}

absl::StatusOr<DayInput> RehearsalInput::OpenDay(uint32_t day, uint64_t records, const file::RecordShape& shape) const {
  DayInput input;
  if (!from_file()) {
    GeneratedSource::Options generated;
    generated.day = GeneratorDay(options_, day, records);
    generated.threads = options_.threads;
    ASSIGN_OR_RETURN(input.rows, GeneratedSource::Create(generated));
    return input;
  }
  ASSIGN_OR_RETURN(input.behind, file::CsvSource::Open(options_.csv, shape));
  ChangedSource::Options changed;
  changed.day = day;
  changed.share = options_.change_rate;
  changed.seed = options_.seed;
  changed.field = field_to_change_;
  if (records > 0) changed.max_rows = changed.expected_rows = records;
  input.rows = std::make_unique<ChangedSource>(*input.behind, changed);
  return input;
}

}  // namespace sabun::bench
