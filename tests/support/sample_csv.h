// Extracts for tests: a few columns are given, the others get values that every rule of the PMH profile accepts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sabun {

// By the profile's field names.
using SampleValues = std::map<std::string, std::string>;

// What the fields have that are not given. historyKey is not among them.
const SampleValues& SampleDefaults();

// One CSV line with its line end; values are quoted where needed.
std::string CsvLineOf(const std::vector<std::string>& values);

// The line of one row: for every column what is `given`, else the default, else nothing.
std::string SampleLine(const std::vector<std::string>& columns, const SampleValues& given);

// INVALID_ARGUMENT when a character is not in CP932.
absl::StatusOr<std::string> Utf8ToCp932(absl::string_view text);

}  // namespace sabun
