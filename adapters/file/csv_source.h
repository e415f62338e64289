// A CSV file as a source of rows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/row_source.h"
#include "adapters/file/column_plan.h"
#include "adapters/file/csv_options.h"
#include "adapters/file/mapped_file.h"
#include "adapters/file/row_finder.h"
#include "adapters/file/row_scanner.h"
#include "adapters/file/text_decoder.h"

namespace sabun::file {

// Reads the file twice through a memory mapping: once for keys and fingerprints, then the rows that were asked for.
// Memory: a quarter of a byte a row. Not thread-safe. Errors of a whole file have the codes FILE-...; see file_check.h
// and column_plan.h.
class CsvSource : public client::RowSource {
 public:
  // Opens and checks the file against the dataset's `shape`. FAILED_PRECONDITION when it cannot be a snapshot.
  static absl::StatusOr<std::unique_ptr<CsvSource>> Open(const CsvOptions& options, RecordShape shape);

  std::string Layout() const override { return plan_.layout; }
  // ABORTED when the dataset's fields are not those the file was checked against.
  absl::Status Start(const v1::Begun& begun) override;
  // FAILED_PRECONDITION at the end: FILE-QUOTE-OPEN, FILE-CUT (the last line is incomplete), FILE-ROW-COUNT.
  absl::Status ReadEntries(v1::Fingerprints* message) override;
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override;
  absl::Status CheckUnchanged() override { return file_->CheckUnchanged(); }
  double Progress() const override;

  // The line, from 1, on which row `ordinal` begins; the row was read in this pass.
  uint64_t LineOf(uint64_t ordinal);
  // What is odd but no error.
  const std::vector<client::ToldError>& warnings() const { return warnings_; }

 private:
  CsvSource(const CsvOptions& options, RecordShape shape, std::unique_ptr<MappedFile> file, TextDecoder decoder,
            absl::string_view lines);
  absl::Status ReadHeader();
  absl::Status CheckEnd(const Row& last) const;
  void AddEntry(const Row& row, v1::Fingerprints* message);
  bool ReadKey(const Row& row, std::string* input);
  void AddRow(const Row& row, uint64_t ordinal, v1::Records* message);
  enum class Operation { kUpsert, kDelete, kInvalid };
  Operation OperationOf(const Row& row);

  CsvOptions options_;
  RecordShape shape_;
  std::unique_ptr<MappedFile> file_;
  TextDecoder decoder_;
  absl::string_view lines_;
  Dialect dialect_;
  ColumnPlan plan_;
  std::vector<client::ToldError> warnings_;

  size_t first_row_offset_ = 0;
  uint64_t first_row_line_ = 1;
  RowScanner scanner_;
  RowFinder finder_;
  Row row_;        // of the first pass
  Row found_row_;  // of the second
  uint64_t next_ordinal_ = 0;
  std::unique_ptr<client::KeyedHash> key_hash_;
  std::unique_ptr<client::KeyedHash> fingerprint_hash_;
  std::vector<std::string> key_values_;
  std::string key_input_;
  std::string packed_;
};

}  // namespace sabun::file
