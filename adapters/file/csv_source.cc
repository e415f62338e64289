#include "adapters/file/csv_source.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/column_map.h"
#include "adapters/file/file_check.h"
#include "adapters/file/file_error.h"
#include "adapters/file/row_problem.h"

namespace sabun::file {
namespace {

constexpr size_t kHashBytes = 16;
// One message holds at most 4 MiB; an error with its texts is about 300 bytes.
constexpr int kMaxErrorsInMessage = 2'000;
constexpr size_t kRecordsMessageBytes = 1 << 20;
constexpr size_t kMaxPackedRowBytes = 3'500'000;
constexpr size_t kMaxRawRowBytes = 4 << 20;
constexpr size_t kMaxKeyFieldBytes = 64 << 10;

Dialect DialectOf(const CsvOptions& options) {
  Dialect dialect;
  dialect.delimiter = options.delimiter;
  const auto byte = static_cast<unsigned char>(options.delimiter);
  dialect.delimiter_may_be_trail_byte = options.encoding == Encoding::kCp932 && byte >= 0x40;
  return dialect;
}

bool IsOneOf(absl::string_view value, std::initializer_list<absl::string_view> choices) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

}  // namespace

CsvSource::CsvSource(const CsvOptions& options, RecordShape shape, std::unique_ptr<MappedFile> file,
                     TextDecoder decoder, absl::string_view lines)
    : options_(options),
      shape_(std::move(shape)),
      file_(std::move(file)),
      decoder_(std::move(decoder)),
      lines_(lines),
      dialect_(DialectOf(options)),
      scanner_(lines, dialect_),
      finder_(lines, dialect_),
      key_values_(shape_.key_fields.size()) {}

absl::StatusOr<std::unique_ptr<CsvSource>> CsvSource::Open(const CsvOptions& options, RecordShape shape) {
  ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file, MappedFile::Open(options.path));
  ASSIGN_OR_RETURN(const absl::string_view lines, CheckFile(file->data(), options));
  ASSIGN_OR_RETURN(TextDecoder decoder, TextDecoder::Create(options.encoding));
  auto source =
      std::unique_ptr<CsvSource>(new CsvSource(options, std::move(shape), std::move(file), std::move(decoder), lines));
  RETURN_IF_ERROR(source->ReadHeader());
  if (lines.back() != '\n') {
    source->warnings_.push_back(
        {"FILE-NO-FINAL-LINE-END",
         absl::StrCat(options.path, ": 最後の行に改行がありません。途中で切れていないか確かめてください。"),
         absl::StrCat(options.path, ": the last line has no line end. Check that the file is whole.")});
  }
  return source;
}

absl::Status CsvSource::ReadHeader() {
  ColumnMap map;
  if (!options_.map_path.empty()) {
    ASSIGN_OR_RETURN(map, ReadColumnMap(options_.map_path));
  }
  std::vector<std::string> header;
  bool any = scanner_.Next(&row_);
  if (any && row_.defect != RowDefect::kNone) {
    return FileError(absl::StrCat(options_.path, ":", row_.line),
                     {"FILE-HEADER", "最初の行を項目に分けられません。引用符を確かめてください。",
                      "the first line cannot be split into fields. Check its quotes."});
  }
  const size_t column_count = any ? row_.field_count : shape_.fields.size();
  if (any && options_.has_header) {
    for (const absl::string_view field : row_.fields) {
      absl::string_view text;
      if (!decoder_.DecodeField(field, &text)) {
        return FileError(absl::StrCat(options_.path, ":", row_.line),
                         {"FILE-ENCODING",
                          absl::StrCat("見出しが文字コード ", EncodingName(options_.encoding),
                                       " で読めません。--encoding を確かめてください。"),
                          absl::StrCat("the header is not ", EncodingName(options_.encoding), ". Check --encoding.")});
      }
      header.emplace_back(client::TrimKeyValue(text));
    }
    first_row_offset_ = scanner_.offset();
    first_row_line_ = row_.line + std::count(lines_.begin() + row_.offset, lines_.begin() + first_row_offset_, '\n');
    any = scanner_.Next(&row_);
  }
  ASSIGN_OR_RETURN(plan_, PlanColumns({header, column_count}, map, shape_, options_));
  if (any || options_.allow_empty) return absl::OkStatus();
  return FileError(
      options_.path,
      {"FILE-NO-ROWS", "データの行がありません。本当に0件なら --allow-empty を付けてください。何も送信していません。",
       "there are no rows. Use --allow-empty when there really are none. Nothing has been sent."});
}

absl::Status CsvSource::Start(const v1::Begun& begun) {
  bool same = static_cast<size_t>(begun.fields_size()) == shape_.fields.size() &&
              std::equal(begun.key_fields().begin(), begun.key_fields().end(), shape_.key_fields.begin(),
                         shape_.key_fields.end());
  for (int i = 0; same && i < begun.fields_size(); ++i) same = begun.fields(i).name() == shape_.fields[i].name();
  if (!same) {
    return client::LocalizedError(
        absl::StatusCode::kAborted,
        {"PROFILE-CHANGED", "プロファイルが取込の直前に変わりました。もう一度実行してください。",
         "the profile changed just now. Run again."});
  }
  ASSIGN_OR_RETURN(auto key_hash, client::KeyedHash::Create(begun.key_scheme(), begun.key_secret()));
  ASSIGN_OR_RETURN(auto fingerprint_hash,
                   client::KeyedHash::Create(begun.fingerprint_scheme(), begun.fingerprint_secret()));
  key_hash_ = std::make_unique<client::KeyedHash>(std::move(key_hash));
  fingerprint_hash_ = std::make_unique<client::KeyedHash>(std::move(fingerprint_hash));
  scanner_.Seek(first_row_offset_, first_row_line_);
  finder_.Clear();
  next_ordinal_ = 0;
  return absl::OkStatus();
}

absl::Status CsvSource::ReadEntries(v1::Fingerprints* message) {
  message->set_first_ordinal(next_ordinal_);
  message->mutable_entries()->reserve(kMaxEntries * 2 * kHashBytes);
  const uint64_t end = next_ordinal_ + kMaxEntries;
  while (next_ordinal_ < end && message->unreadable_size() < kMaxErrorsInMessage) {
    if (!scanner_.Next(&row_)) return message->entries().empty() ? CheckEnd(row_) : absl::OkStatus();
    if (row_.defect == RowDefect::kOpenQuote) return CheckEnd(row_);
    finder_.Note(row_);
    AddEntry(row_, message);
    ++next_ordinal_;
  }
  return absl::OkStatus();
}

// `last` is the last row, or the header when there is none.
absl::Status CsvSource::CheckEnd(const Row& last) const {
  if (last.defect == RowDefect::kOpenQuote) {
    return FileError(absl::StrCat(options_.path, ":", last.line),
                     {"FILE-QUOTE-OPEN", "この行で始まる引用符が最後まで閉じていません。何も取り込んでいません。",
                      "a quote of this row is never closed. Nothing was stored."});
  }
  if (next_ordinal_ > 0 && lines_.back() != '\n' && last.field_count != plan_.column_count) {
    return FileError(absl::StrCat(options_.path, ":", last.line),
                     {"FILE-CUT", "最後の行が途中で切れています。ファイルが壊れているので、何も取り込んでいません。",
                      "the last line is incomplete: the file was cut. Nothing was stored."});
  }
  if (options_.expect_rows.has_value() && *options_.expect_rows != next_ordinal_) {
    return FileError(options_.path, {"FILE-ROW-COUNT",
                                     absl::StrCat("件数が合いません。", *options_.expect_rows, "件のはずが",
                                                  next_ordinal_, "件です。何も取り込んでいません。"),
                                     absl::StrCat("expected ", *options_.expect_rows, " rows, found ", next_ordinal_,
                                                  ". Nothing was stored.")});
  }
  return absl::OkStatus();
}

void CsvSource::AddEntry(const Row& row, v1::Fingerprints* message) {
  static constexpr client::Hash128 kNoKey{};
  client::Hash128 key = kNoKey;
  if (row.defect != RowDefect::kNone || row.field_count != plan_.column_count) {
    FillRowError(kRowMalformed, next_ordinal_, "", message->add_unreadable());
  } else if (!ReadKey(row, &key_input_)) {
    FillRowError(kKeyUnreadable, next_ordinal_, "", message->add_unreadable());
  } else {
    key = (*key_hash_)(key_input_);
    const bool has_operation = plan_.operation_column != ColumnPlan::kNoColumn;
    if (has_operation && OperationOf(row) == Operation::kDelete) message->add_deletes(next_ordinal_);
  }
  const client::Hash128 fingerprint = (*fingerprint_hash_)(row.raw);
  message->mutable_entries()->append(key.data(), key.size());
  message->mutable_entries()->append(fingerprint.data(), fingerprint.size());
}

bool CsvSource::ReadKey(const Row& row, std::string* input) {
  absl::InlinedVector<absl::string_view, 4> values(shape_.key_fields.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t field = shape_.key_fields[i];
    const int column = plan_.column_of_field[field];
    if (column == ColumnPlan::kNoColumn) {
      values[i] = plan_.constants[field];
      continue;
    }
    const absl::string_view raw = row.fields[column];
    absl::string_view text;
    if (raw.size() > kMaxKeyFieldBytes || !decoder_.DecodeField(raw, &text)) return false;
    // The decoder's buffer is the next field's too.
    const bool in_file = text.data() >= raw.data() && text.data() <= raw.data() + raw.size();
    if (!in_file) key_values_[i].assign(text.data(), text.size());
    values[i] = in_file ? text : absl::string_view(key_values_[i]);
  }
  return client::BuildKeyInput(values, input);
}

CsvSource::Operation CsvSource::OperationOf(const Row& row) {
  absl::string_view text;
  if (!decoder_.DecodeField(row.fields[plan_.operation_column], &text)) return Operation::kInvalid;
  const std::string value = absl::AsciiStrToLower(client::TrimKeyValue(text));
  if (IsOneOf(value, {"delete", "削除"})) return Operation::kDelete;
  if (IsOneOf(value, {"upsert", "add", "update", "追加", "変更", "更新"})) return Operation::kUpsert;
  return Operation::kInvalid;
}

absl::StatusOr<size_t> CsvSource::ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) {
  size_t taken = 0;
  for (const uint64_t ordinal : ordinals) {
    if (message->rows().size() > kRecordsMessageBytes || message->errors_size() >= kMaxErrorsInMessage) break;
    if (ordinal >= next_ordinal_) return absl::InternalError("the engine asked for a row that was not sent");
    finder_.Find(ordinal, &found_row_);
    AddRow(found_row_, ordinal, message);
    // A long row waits for the next message rather than to make this one too long.
    if (taken > 0 && message->rows().size() + packed_.size() > kMaxPackedRowBytes) break;
    message->mutable_rows()->append(packed_);
    ++taken;
  }
  return taken;
}

// Leaves the row in `packed_`, or an error in `*message` and `packed_` empty.
void CsvSource::AddRow(const Row& row, uint64_t ordinal, v1::Records* message) {
  packed_.clear();
  const auto fail = [&](const RowProblem& problem, absl::string_view field) {
    packed_.clear();
    FillRowError(problem, ordinal, field, message->add_errors());
  };
  if (row.defect != RowDefect::kNone || row.field_count != plan_.column_count) return fail(kRowMalformed, "");
  if (row.raw.size() > kMaxRawRowBytes) return fail(kRowLength, "");
  const bool has_operation = plan_.operation_column != ColumnPlan::kNoColumn;
  if (has_operation && OperationOf(row) == Operation::kInvalid) return fail(kOperationValue, "operation");
  client::AppendVarint(ordinal, &packed_);
  for (size_t field = 0; field < shape_.fields.size(); ++field) {
    absl::string_view text = plan_.constants[field];
    const int column = plan_.column_of_field[field];
    if (column != ColumnPlan::kNoColumn && !decoder_.DecodeField(row.fields[column], &text)) {
      return fail(kFieldEncoding, shape_.fields[field].name());
    }
    client::AppendPackedField(text, &packed_);
  }
  if (packed_.size() > kMaxPackedRowBytes) return fail(kRowLength, "");
}

double CsvSource::Progress() const {
  return static_cast<double>(scanner_.offset()) / static_cast<double>(lines_.size());
}

uint64_t CsvSource::LineOf(uint64_t ordinal) {
  if (ordinal >= next_ordinal_) return 0;
  finder_.Find(ordinal, &found_row_);
  return found_row_.line;
}

}  // namespace sabun::file
