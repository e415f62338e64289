// What a rehearsal takes in, day by day.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/client/row_source.h"
#include "adapters/file/column_plan.h"
#include "adapters/file/csv_options.h"

namespace sabun::bench {

// The rows of one day. What is behind them lives as long.
struct DayInput {
  std::unique_ptr<client::RowSource> behind;  // null unless `rows` passes another source on
  std::unique_ptr<client::RowSource> rows;
};

// Where the rows come from: a generator, or a file.
struct InputOptions {
  uint64_t records = 0;        // without a file
  double change_rate = 0.005;  // share of records with a change, a day
  uint64_t seed = 1;
  int threads = 0;       // of the generator; 0: as many as there are processors
  file::CsvOptions csv;  // csv.path is empty without a file
  std::string profile;   // file name of a profile; empty: the built-in one
};

// A synthetic municipality, or a real file whose later days are the same file with a share of its rows changed.
class RehearsalInput {
 public:
  // Reads the profile. INVALID_ARGUMENT for options out of range, a profile that cannot be read or that has no field to
  // change; NOT_FOUND for a file that is not there.
  static absl::StatusOr<RehearsalInput> Create(const InputOptions& options);

  // The rows of a day from 0 on, the first `records` (slots of the generator, rows of the file) of them. Errors: those
  // of the file.
  absl::StatusOr<DayInput> OpenDay(uint32_t day, uint64_t records, const file::RecordShape& shape) const;

  const std::string& profile_toml() const { return profile_toml_; }
  bool from_file() const { return !options_.csv.path.empty(); }
  const InputOptions& options() const { return options_; }
  // How many there are: of a file its lines, which may be a little more than its rows.
  uint64_t AboutRecords() const { return from_file() ? file_lines_ : options_.records; }

 private:
  RehearsalInput() = default;

  InputOptions options_;
  std::string profile_toml_;
  uint32_t field_to_change_ = 0;
  uint64_t file_lines_ = 0;
};

}  // namespace sabun::bench
