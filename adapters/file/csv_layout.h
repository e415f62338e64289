// All that a row's bytes mean: decided before a row is read.
#pragma once

#include "adapters/file/column_plan.h"
#include "adapters/file/csv_options.h"
#include "adapters/file/row_scanner.h"

namespace sabun::file {

struct CsvLayout {
  RecordShape shape;
  ColumnPlan plan;
  Encoding encoding = Encoding::kUtf8;
  Dialect dialect;
};

}  // namespace sabun::file
