// A CSV file as a source of rows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/client/localized_status.h"
#include "adapters/client/row_source.h"
#include "adapters/file/csv_layout.h"
#include "adapters/file/csv_options.h"
#include "adapters/file/first_pass.h"
#include "adapters/file/mapped_file.h"
#include "adapters/file/piece_source.h"
#include "adapters/file/row_finder.h"
#include "adapters/file/row_lines.h"
#include "adapters/file/row_reader.h"
#include "adapters/file/stream_pieces.h"
#include "adapters/file/text_decoder.h"

namespace sabun::file {

// Reads the file twice through a memory mapping: once for keys and fingerprints, on several threads, then the rows that
// were asked for. Memory: half a byte a row, and some mebibytes. For one thread. Errors of a whole file have the codes
// FILE-...; see file_check.h, column_plan.h, first_pass.h and stream_pieces.h.
//
// With CsvOptions.one_pass the rows go with their entries, and ReadRows is not called. A stream can be read only so; it
// is in memory by pieces, and never again.
class CsvSource : public client::RowSource {
 public:
  // Opens and checks the file against the dataset's `shape`. FAILED_PRECONDITION when it cannot be a snapshot.
  static absl::StatusOr<std::unique_ptr<CsvSource>> Open(const CsvOptions& options, RecordShape shape);
  // The same for a stream, `descriptor`, which stays the caller's.
  static absl::StatusOr<std::unique_ptr<CsvSource>> OpenStream(int descriptor, CsvOptions options, RecordShape shape);

  std::string Layout() const override { return layout_.plan.layout; }
  // ABORTED when the dataset's fields are not those the file was checked against. FAILED_PRECONDITION
  // (STREAM-BROKE) when a stream was started before.
  absl::Status Start(const v1::Begun& begun) override;
  // FAILED_PRECONDITION at the end: FILE-CUT (the last line is incomplete), FILE-ROW-COUNT.
  // Not of a stream: when the engine refuses a claim, everything has to be given once more.
  bool UsesStretches() const override { return stream_ == nullptr; }
  void SetStretches(std::shared_ptr<const client::KnownStretches> stretches) override {
    stretches_ = std::move(stretches);
  }
  absl::Status ReadEntries(v1::Fingerprints* message) override;
  absl::StatusOr<size_t> ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) override;
  absl::Status CheckUnchanged() override;
  void Rest() override;
  // 0 for a stream.
  double Progress() const override;

  // The line, from 1, on which row `ordinal` begins; the row was read in this pass. 0 when it is not known.
  uint64_t LineOf(uint64_t ordinal);
  // What is odd but no error; of a stream some of it is only known after the pass.
  const std::vector<client::ToldError>& warnings() const { return warnings_; }

 private:
  CsvSource(const CsvOptions& options, RecordShape shape, absl::string_view lines);
  absl::Status ReadHeader();
  absl::Status CheckEnd();
  void WarnOfFinalLine();

  CsvOptions options_;
  std::unique_ptr<MappedFile> file_;      // null for a stream
  std::unique_ptr<StreamPieces> stream_;  // null for a file
  absl::string_view lines_;               // of the file
  CsvLayout layout_;
  std::vector<client::ToldError> warnings_;

  size_t first_row_offset_ = 0;
  uint64_t first_row_line_ = 1;
  RowFinder finder_;
  RowLines row_lines_;                   // of a stream
  std::optional<RowReader> found_rows_;  // packs the rows of the second pass
  Row found_row_;
  std::shared_ptr<const client::KnownStretches> stretches_;
  std::unique_ptr<PieceSource> pieces_;
  std::unique_ptr<FirstPass> first_pass_;
};

}  // namespace sabun::file
