// The options that say how a CSV file is to be read; push and verify share them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "adapters/file/csv_options.h"

namespace sabun::cli {

struct CsvFlags {
  std::string path;
  std::string encoding = "utf-8";
  std::string delimiter = ",";
  bool no_header = false;
  bool allow_empty = false;
  bool ignore_unknown_columns = false;
  bool one_pass = false;
  std::string map_path;
  std::string errors_path;
  std::optional<uint64_t> expect_rows;
};

// Adds all but the path.
void AddCsvFlags(CLI::App& command, CsvFlags& flags);

// A usage error when an option's value is not one.
absl::StatusOr<file::CsvOptions> ToCsvOptions(const CsvFlags& flags, bool partial);

}  // namespace sabun::cli
