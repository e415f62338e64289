// Which column of a file is which field of the dataset: decided once, before a row is read.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "adapters/file/column_map.h"
#include "adapters/file/csv_options.h"
#include "sabun/v1/dataset.pb.h"

namespace sabun::file {

// What the engine says of a dataset.
struct RecordShape {
  std::vector<v1::Field> fields;
  std::vector<uint32_t> key_fields;
};

struct ColumnPlan {
  static constexpr int kNoColumn = -1;

  size_t column_count = 0;             // of every row
  std::vector<int> column_of_field;    // by the dataset's field, or kNoColumn
  std::vector<std::string> constants;  // by the dataset's field; used where there is no column
  int operation_column = kNoColumn;
  std::string layout;  // Begin.layout: equal for equal meaning of a row's bytes
};

// What a plan is made of. `header` (UTF-8) is empty when the file has none; then `column_count` is that of the first
// row.
struct ColumnSource {
  absl::Span<const std::string> header;
  size_t column_count = 0;
};

// Matches columns by `map` first, then by a field's name or Japanese label. Without header and map, the columns are the
// dataset's fields in order. FAILED_PRECONDITION (FILE-COLUMN-...), with the nearest names, for an unknown column, a
// field given twice, a missing key column; for a complete snapshot also for a missing required column.
absl::StatusOr<ColumnPlan> PlanColumns(const ColumnSource& source, const ColumnMap& map, const RecordShape& shape,
                                       const CsvOptions& options);

}  // namespace sabun::file
