#include "bench/generator.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "bench/draws.h"
#include "bench/row_cursor.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

enum Purpose : uint64_t { kErrorPurpose = 21, kRejectPurpose = 22 };

constexpr size_t kFlushBytes = 256 << 10;

constexpr absl::string_view kInvalid = "invalid";
constexpr absl::string_view kUpdate = "update";

absl::string_view OpOfEvent(Event event) {
  static constexpr absl::string_view kOps[] = {"", "add", "update", "reissue", "delete", "cosmetic"};
  return kOps[static_cast<size_t>(event)];
}

// Collects small pieces, so that a sink sees large ones.
class BufferedOutput {
 public:
  explicit BufferedOutput(ByteSink* sink) : sink_(sink) { buffer_.reserve(kFlushBytes + 2 * RowFormat::kMaxRowBytes); }

  absl::Status Append(absl::string_view bytes) {
    buffer_.append(bytes.data(), bytes.size());
    return buffer_.size() < kFlushBytes ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    RETURN_IF_ERROR(sink_->Append(buffer_));
    buffer_.clear();
    return absl::OkStatus();
  }

 private:
  ByteSink* sink_;
  std::string buffer_;
};

void Count(const GeneratedRow& row, DayCounts* counts) {
  if (row.op == kInvalid) {
    ++counts->invalid;
  } else if (row.op == "add") {
    ++counts->added;
  } else if (row.op == kUpdate) {
    ++counts->updated;
  } else if (row.op == "reissue") {
    ++counts->reissued;
  } else if (row.op == "delete") {
    ++counts->deleted;
  } else if (row.op == "cosmetic") {
    ++counts->cosmetic;
  }
}

// Keys consist of letters and digits, so that nothing needs escaping.
std::string TruthLine(const GeneratedRow& row, const std::pair<std::string, std::string>& key) {
  const std::string field =
      row.op == kInvalid ? absl::StrCat(",\"field\":\"", FlawField(row.flaw), "\"") : std::string();
  return absl::StrCat("{\"op\":\"", row.op, "\",\"key\":[\"", key.first, "\",\"", key.second, "\"]", field, "}\n");
}

}  // namespace

absl::Status ValidateOptions(const GeneratorOptions& options) {
  const struct {
    const char* name;
    double share;
  } shares[] = {{"change-rate", options.change_rate},
                {"error-rate", options.error_rate},
                {"hub-reject-rate", options.hub_reject_rate}};
  for (const auto& [name, share] : shares) {
    if (!(share >= 0 && share <= 1)) return absl::InvalidArgumentError(absl::StrCat(name, " is not from 0 to 1"));
  }
  if (options.records > 10'000'000'000) return absl::InvalidArgumentError("records is above 10000000000");
  if (options.day > DayModel::kMaxDay) {
    return absl::InvalidArgumentError(absl::StrCat("day is above ", DayModel::kMaxDay));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DayRows>> DayRows::Create(const GeneratorOptions& options) {
  RETURN_IF_ERROR(ValidateOptions(options));
  ASSIGN_OR_RETURN(RowFormat format, RowFormat::Create(options.seed, options.style));
  return absl::WrapUnique(new DayRows(options, std::move(format)));
}

DayRows::DayRows(const GeneratorOptions& options, RowFormat format)
    : options_(options),
      model_(options.seed, options.day, options.change_rate),
      format_(std::move(format)),
      error_threshold_(ShareThreshold(options.error_rate)),
      reject_threshold_(ShareThreshold(options.hub_reject_rate)),
      buffer_(RowFormat::kMaxRowBytes) {}

std::string DayRows::Header() const {
  return absl::StrCat(options_.partial ? "operation," : "", RowFormat::Header(), "\n");
}

RowMarks DayRows::Plant(const Record& record) const {
  RowMarks marks;
  if (!record.present) return marks;
  const uint64_t id = record.slot * (DayModel::kMaxDay + 1) + record.born;
  if (reject_threshold_ > 0 && ChangesContent(record.event)) {
    marks.unknown_income_segment = Mix(options_.seed ^ (kRejectPurpose << 56), id + options_.day) < reject_threshold_;
  }
  if (error_threshold_ > 0) {
    const uint64_t hash = Mix(Mix(options_.seed ^ (kErrorPurpose << 56), id), options_.day);
    if (hash < error_threshold_) {
      marks.flaw = static_cast<Flaw>(1 + Mix(hash) % (static_cast<uint64_t>(Flaw::kCount) - 1));
    }
  }
  return marks;
}

absl::string_view DayRows::TrueOp(const Record& record, RowMarks planted) const {
  const absl::string_view op = OpOfEvent(record.event);
  if (!options_.corrected) return planted.flaw == Flaw::kNone ? op : kInvalid;
  if (planted.flaw != Flaw::kNone) return op;
  return planted.unknown_income_segment ? kUpdate : absl::string_view();
}

absl::string_view DayRows::Format(const Record& record, RowMarks marks) {
  RowCursor prefix(buffer_.data());
  if (options_.partial) prefix.Put(record.present ? "upsert," : "delete,");
  char* end = format_.Write(record, marks, prefix.at());
  *end++ = '\n';
  return absl::string_view(buffer_.data(), static_cast<size_t>(end - buffer_.data()));
}

bool DayRows::NextRecord() {
  while (next_record_ == records_.size()) {
    if (next_slot_ == options_.records) return false;
    model_.SlotRecords(next_slot_++, &records_);
    next_record_ = 0;
  }
  ++next_record_;
  return true;
}

bool DayRows::Next(GeneratedRow* row) {
  while (NextRecord()) {
    const Record& record = records_[next_record_ - 1];
    const RowMarks planted = Plant(record);
    row->record = &record;
    row->op = TrueOp(record, planted);
    row->flaw = options_.corrected ? Flaw::kNone : planted.flaw;
    row->bytes = absl::string_view();
    const bool changed = options_.corrected ? !row->op.empty() : record.event != Event::kNone;
    if (options_.partial ? changed : record.present) {
      row->bytes = Format(record, options_.corrected ? RowMarks() : planted);
    } else if (options_.partial) {
      row->op = absl::string_view();
    }
    if (!row->bytes.empty() || !row->op.empty()) return true;
  }
  return false;
}

absl::StatusOr<DayCounts> WriteDay(const GeneratorOptions& options, ByteSink* rows, ByteSink* truth) {
  ASSIGN_OR_RETURN(const std::unique_ptr<DayRows> day, DayRows::Create(options));
  DayCounts counts;
  BufferedOutput row_output(rows);
  const std::string header = day->Header();
  counts.bytes = header.size();
  RETURN_IF_ERROR(row_output.Append(header));
  BufferedOutput truth_output(truth);
  GeneratedRow row;
  while (day->Next(&row)) {
    const bool cut = options.half && row.record->slot >= options.records / 2 && !row.bytes.empty();
    if (cut) row.bytes = row.bytes.substr(0, row.bytes.size() / 2);
    counts.rows += row.bytes.empty() ? 0 : 1;
    counts.bytes += row.bytes.size();
    RETURN_IF_ERROR(row_output.Append(row.bytes));
    if (cut) break;
    if (row.op.empty()) continue;
    Count(row, &counts);
    if (truth != nullptr) RETURN_IF_ERROR(truth_output.Append(TruthLine(row, day->Key(*row.record))));
  }
  RETURN_IF_ERROR(row_output.Flush());
  if (truth != nullptr) RETURN_IF_ERROR(truth_output.Flush());
  return counts;
}

}  // namespace sabun::bench
