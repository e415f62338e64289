// Synthetic extracts of a municipality, of any size, day by day, in constant memory.
//
// Everything is a pure function of the options: the same options give the same bytes, and day D needs no file of day
// D-1. Two files of one series differ in nothing but what the day model says (see day_model.h), so a true list of
// changes can be written beside the extract.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/byte_sink.h"
#include "bench/day_model.h"
#include "bench/row_format.h"

namespace sabun::bench {

struct GeneratorOptions {
  uint64_t records = 0;        // on day 0; up to 10^10
  uint64_t seed = 1;           // which municipality
  uint32_t day = 0;            // up to DayModel::kMaxDay
  double change_rate = 0.005;  // share of records with a change, a day
  RowStyle style;
  double error_rate = 0;  // share of rows with a Flaw, other rows on each day
  double hub_reject_rate =
      0;                   // share of the day's added and updated records with an income segment the hub does not know
  bool corrected = false;  // the same day again, without what error_rate and hub_reject_rate plant
  bool partial = false;    // only the day's changes, with a leading column `operation` (upsert or delete)
  bool half = false;       // ends in the middle of the row in the middle, as a file that was cut
};

// INVALID_ARGUMENT with the name of the option that is out of its range.
absl::Status ValidateOptions(const GeneratorOptions& options);

// One row of the extract, or a record that was withdrawn on the day.
struct GeneratedRow {
  const Record* record;     // valid until the next call of Next
  absl::string_view bytes;  // with the line feed; empty when the row is not in the extract. Valid until the next call
  absl::string_view op;  // what the true list says: add, update, reissue, delete, cosmetic, invalid; empty for nothing
  Flaw flaw;
};

// Goes through the rows of a day in file order. Not thread-safe; independent of other readers.
class DayRows {
 public:
  // INVALID_ARGUMENT: see ValidateOptions. INTERNAL: ICU lacks a converter.
  static absl::StatusOr<std::unique_ptr<DayRows>> Create(const GeneratorOptions& options);

  // The header line with its line feed.
  std::string Header() const;

  // False after the last row. Rows with neither bytes nor op do not appear.
  bool Next(GeneratedRow* row);

  // See RowFormat::Key.
  std::pair<std::string, std::string> Key(const Record& record) const { return format_.Key(record); }

 private:
  DayRows(const GeneratorOptions& options, RowFormat format);
  bool NextRecord();
  absl::string_view TrueOp(const Record& record, RowMarks planted) const;
  RowMarks Plant(const Record& record) const;
  absl::string_view Format(const Record& record, RowMarks marks);

  GeneratorOptions options_;
  DayModel model_;
  RowFormat format_;
  uint64_t error_threshold_;
  uint64_t reject_threshold_;
  uint64_t next_slot_ = 0;
  std::vector<Record> records_;  // of the slot before next_slot_
  size_t next_record_ = 0;
  std::vector<char> buffer_;
};

// What was written.
struct DayCounts {
  uint64_t rows = 0;   // without the header; a cut row counts
  uint64_t bytes = 0;  // with the header
  uint64_t added = 0, updated = 0, reissued = 0, deleted = 0, cosmetic = 0, invalid = 0;
};

// Writes the extract of a day and, unless `truth` is null, the true list of changes from the day before: one JSON
// object a line, {"op":…,"key":[orgSpecificCertificateTypeId,historyKey]}. On day 0 everything is an addition. The list
// takes the day before as free of planted mistakes; for `corrected` it leads from the uncorrected file of the same day
// to this one. An invalid row is listed as "invalid", with "field", instead of what happened to its record. Errors:
// those of DayRows::Create and of the sinks.
absl::StatusOr<DayCounts> WriteDay(const GeneratorOptions& options, ByteSink* rows, ByteSink* truth);

}  // namespace sabun::bench
