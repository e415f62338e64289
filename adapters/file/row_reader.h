// From a row's raw fields to what the engine is told: its key, its operation, its packed fields.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/file/csv_layout.h"
#include "adapters/file/row_problem.h"
#include "adapters/file/row_scanner.h"
#include "adapters/file/text_decoder.h"

namespace sabun::file {

// Reads rows of one layout, which outlives it. Not thread-safe: each thread has its own.
class RowReader {
 public:
  enum class Operation { kUpsert, kDelete, kInvalid };

  // What is wrong with a row, and which field of the dataset or kWholeRow or kOperationColumn.
  struct Failure {
    const RowProblem* problem;
    int field;
  };
  static constexpr int kWholeRow = -1;
  static constexpr int kOperationColumn = -2;

  static absl::StatusOr<RowReader> Create(const CsvLayout& layout);

  // The columns that Key and OperationOf need, ascending: those that a row of theirs has. See RowWalker.
  const std::vector<size_t>& key_columns() const { return key_columns_; }
  // From now on rows have all columns.
  void TakeAllColumns();

  // True when the row can be taken apart and has as many columns as all others.
  bool IsWhole(const Row& row) const;

  // Puts the key input (intake.proto) of a whole row into `*input`. False when it is unreadable.
  bool Key(const Row& row, std::string* input);

  // What a whole row does to its record; kUpsert without an operation column.
  Operation OperationOf(const Row& row);

  // Packs a row of all columns; `*packed` is valid until the next call. False, with `*failure`, when it cannot be.
  bool Pack(const Row& row, absl::string_view* packed, Failure* failure);

  // The name that a RowError gives to Failure::field.
  absl::string_view FieldName(int field) const;

 private:
  RowReader(const CsvLayout& layout, TextDecoder decoder);
  bool KeyOfAnyText(const Row& row, std::string* input);
  bool IsPlain(absl::string_view raw) const;
  char* AppendField(absl::string_view field, const char* readable_end, char* out);
  bool PackPlainly(const Row& row, absl::string_view* packed);

  const CsvLayout* layout_;
  TextDecoder decoder_;
  std::vector<size_t> key_columns_;
  std::vector<int> key_places_;  // by key field: its place in Row::fields, or kNoColumn
  int operation_place_ = ColumnPlan::kNoColumn;
  size_t constant_bytes_ = 0;
  std::vector<std::string> key_values_;
  std::string packed_;
};

}  // namespace sabun::file
