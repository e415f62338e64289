// How text is laid out for people and for spreadsheets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sabun::cli {

// 1234567 as "1,234,567".
std::string GroupDigits(uint64_t number);

// A share in percent with one decimal: "5.0".
std::string Percent(double percent);

// How many columns of a terminal valid UTF-8 takes; Japanese characters take two.
size_t DisplayWidth(absl::string_view text);

// `text` with spaces after (or before) it, up to `width` columns.
std::string PadRight(absl::string_view text, size_t width);
std::string PadLeft(absl::string_view text, size_t width);

// Lines of a table with aligned columns, two spaces apart; no spaces at the end of a line.
std::vector<std::string> AlignColumns(const std::vector<std::vector<std::string>>& rows);

// A line of a CSV file without its line end; fields are quoted where they must be.
std::string CsvLine(const std::vector<std::string>& fields);

// Seconds since 1970 as local time, "2026-11-22 12:34"; "-" for 0.
std::string LocalTime(int64_t seconds);

// The same in RFC 3339, UTC; empty for 0.
std::string UtcTime(int64_t seconds);

}  // namespace sabun::cli
