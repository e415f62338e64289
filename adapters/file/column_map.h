// The column map: a TOML file that says which column of a source is which field of the profile.
//
//   [columns]                 # a column's header, or its number from 1, to the field's name
//   "住民番号" = "myNumber"
//   3 = "historyKey"
//   "備考" = ""               # on purpose not taken
//   [constants]               # fields that no column has
//   isNotDisclosed = "false"
//
// The name "operation" stands for the operation column of a partial snapshot.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace sabun::file {

struct ColumnMap {
  std::map<std::string, std::string> columns;    // header or number -> field name, or empty
  std::map<std::string, std::string> constants;  // field name -> value
};

// Reads the map at `path`. FAILED_PRECONDITION with line and reason when it is not one.
absl::StatusOr<ColumnMap> ReadColumnMap(const std::string& path);

}  // namespace sabun::file
