#include "adapters/file/csv_source.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"
#include "adapters/file/column_map.h"
#include "adapters/file/file_check.h"
#include "adapters/file/file_error.h"
#include "adapters/file/row_problem.h"
#include "adapters/file/text_decoder.h"

namespace sabun::file {
namespace {

constexpr size_t kRecordsMessageBytes = 1 << 20;
constexpr size_t kMaxRecordsMessageBytes = 3'500'000;

Dialect DialectOf(const CsvOptions& options) {
  Dialect dialect;
  dialect.delimiter = options.delimiter;
  const auto byte = static_cast<unsigned char>(options.delimiter);
  dialect.delimiter_may_be_trail_byte = options.encoding == Encoding::kCp932 && byte >= 0x40;
  return dialect;
}

}  // namespace

CsvSource::CsvSource(const CsvOptions& options, RecordShape shape, absl::string_view lines)
    : options_(options), lines_(lines), finder_(lines, DialectOf(options)) {
  layout_.shape = std::move(shape);
  layout_.encoding = options.encoding;
  layout_.dialect = DialectOf(options);
}

absl::StatusOr<std::unique_ptr<CsvSource>> CsvSource::Open(const CsvOptions& options, RecordShape shape) {
  if (options.path == "-") return OpenStream(STDIN_FILENO, options, std::move(shape));
  ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file, MappedFile::Open(options.path));
  ASSIGN_OR_RETURN(const absl::string_view lines, CheckFile(file->data(), options));
  std::unique_ptr<CsvSource> source(new CsvSource(options, std::move(shape), lines));
  source->file_ = std::move(file);
  RETURN_IF_ERROR(source->ReadHeader());
  if (lines.back() != '\n') source->WarnOfFinalLine();
  source->file_->StartMappingAhead();
  return source;
}

absl::StatusOr<std::unique_ptr<CsvSource>> CsvSource::OpenStream(int descriptor, CsvOptions options,
                                                                 RecordShape shape) {
  options.path = "(stdin)";
  options.one_pass = true;
  ASSIGN_OR_RETURN(std::unique_ptr<StreamPieces> stream,
                   StreamPieces::Open(descriptor, options.path, options.cancelled));
  const absl::string_view head = stream->head();
  // A line that the head cuts off would look like one in another encoding.
  const size_t line_feed = stream->head_is_all() ? absl::string_view::npos : head.rfind('\n');
  const bool whole = line_feed == absl::string_view::npos;
  ASSIGN_OR_RETURN(absl::string_view lines, CheckFile(whole ? head : head.substr(0, line_feed + 1), options));
  if (!whole) lines = head.substr(lines.data() - head.data());
  const size_t mark_bytes = lines.data() - head.data();
  std::unique_ptr<CsvSource> source(new CsvSource(options, std::move(shape), lines));
  RETURN_IF_ERROR(source->ReadHeader());
  stream->Skip(mark_bytes + source->first_row_offset_);
  source->lines_ = {};
  source->stream_ = std::move(stream);
  return source;
}

void CsvSource::WarnOfFinalLine() {
  warnings_.push_back(
      {"FILE-NO-FINAL-LINE-END",
       absl::StrCat(options_.path, ": 最後の行に改行がありません。途中で切れていないか確かめてください。"),
       absl::StrCat(options_.path, ": the last line has no line end. Check that the file is whole.")});
}

absl::Status CsvSource::ReadHeader() {
  ASSIGN_OR_RETURN(TextDecoder decoder, TextDecoder::Create(options_.encoding));
  ColumnMap map;
  if (!options_.map_path.empty()) {
    ASSIGN_OR_RETURN(map, ReadColumnMap(options_.map_path));
  }
  std::vector<std::string> header;
  RowScanner scanner(lines_, layout_.dialect);
  Row row;
  bool any = scanner.Next(&row);
  if (any && row.defect != RowDefect::kNone) {
    return FileError(absl::StrCat(options_.path, ":", row.line),
                     {"FILE-HEADER", "最初の行を項目に分けられません。引用符を確かめてください。",
                      "the first line cannot be split into fields. Check its quotes."});
  }
  const size_t column_count = any ? row.field_count : layout_.shape.fields.size();
  if (any && options_.has_header) {
    for (const absl::string_view field : row.fields) {
      absl::string_view text;
      if (!decoder.DecodeField(field, &text)) {
        return FileError(absl::StrCat(options_.path, ":", row.line),
                         {"FILE-ENCODING",
                          absl::StrCat("見出しが文字コード ", EncodingName(options_.encoding),
                                       " で読めません。--encoding を確かめてください。"),
                          absl::StrCat("the header is not ", EncodingName(options_.encoding), ". Check --encoding.")});
      }
      header.emplace_back(client::TrimKeyValue(text));
    }
    first_row_offset_ = scanner.offset();
    first_row_line_ = scanner.line();
    any = scanner.Next(&row);
  }
  ASSIGN_OR_RETURN(layout_.plan, PlanColumns({header, column_count}, map, layout_.shape, options_));
  if (any || options_.allow_empty) return absl::OkStatus();
  return FileError(
      options_.path,
      {"FILE-NO-ROWS", "データの行がありません。本当に0件なら --allow-empty を付けてください。何も送信していません。",
       "there are no rows. Use --allow-empty when there really are none. Nothing has been sent."});
}

absl::Status CsvSource::Start(const v1::Begun& begun) {
  bool same = static_cast<size_t>(begun.fields_size()) == layout_.shape.fields.size() &&
              std::equal(begun.key_fields().begin(), begun.key_fields().end(), layout_.shape.key_fields.begin(),
                         layout_.shape.key_fields.end());
  for (int i = 0; same && i < begun.fields_size(); ++i) same = begun.fields(i).name() == layout_.shape.fields[i].name();
  if (!same) {
    return client::LocalizedError(
        absl::StatusCode::kAborted,
        {"PROFILE-CHANGED", "プロファイルが取込の直前に変わりました。もう一度実行してください。",
         "the profile changed just now. Run again."});
  }
  ASSIGN_OR_RETURN(RowReader found_rows, RowReader::Create(layout_));
  found_rows_.emplace(std::move(found_rows));
  found_rows_->TakeAllColumns();
  if (stream_ != nullptr && first_pass_ != nullptr) {
    return FileError(
        options_.path,
        {"STREAM-BROKE",
         "エンジンとの接続が切れました。標準入力は読み直せません。何も取り込んでいません。最初からもう一度実行してくだ"
         "さい。",
         "the connection to the engine broke, and standard input cannot be read again. Nothing was stored. Run again "
         "from the start."});
  }
  finder_.Clear();
  first_pass_.reset();
  if (stream_ == nullptr) {
    file_->StopMappingAhead();
    const bool any_known = stretches_ != nullptr && stretches_->size() > 0;
    pieces_ = std::make_unique<TextPieces>(lines_.substr(first_row_offset_), any_known ? kLongPieceBytes : kPieceBytes);
  }
  PieceSource& pieces = stream_ != nullptr ? static_cast<PieceSource&>(*stream_) : *pieces_;
  FirstPass::Notes notes;
  if (stream_ != nullptr) {
    notes.lines = &row_lines_;
  } else {
    notes.finder = &finder_;
  }
  const auto make_reader = [&] { return PieceReader::Create(layout_, begun, options_.one_pass, stretches_); };
  const FirstPass::Origin origin{options_.path, first_row_offset_, first_row_line_};
  ASSIGN_OR_RETURN(first_pass_, FirstPass::Start(make_reader, pieces, origin, notes));
  return absl::OkStatus();
}

absl::Status CsvSource::ReadEntries(v1::Fingerprints* message) {
  RETURN_IF_ERROR(first_pass_->Next(message));
  return client::IsEmpty(*message) ? CheckEnd() : absl::OkStatus();
}

absl::Status CsvSource::CheckEnd() {
  const uint64_t rows = first_pass_->row_count();
  const bool cut = rows > 0 && !first_pass_->ends_with_line_feed();
  if (cut && first_pass_->last_field_count() != layout_.plan.column_count) {
    return FileError(absl::StrCat(options_.path, ":", first_pass_->last_line()),
                     {"FILE-CUT", "最後の行が途中で切れています。ファイルが壊れているので、何も取り込んでいません。",
                      "the last line is incomplete: the file was cut. Nothing was stored."});
  }
  if (rows > 0 && stream_ != nullptr && !first_pass_->ends_with_line_feed()) WarnOfFinalLine();
  if (options_.expect_rows.has_value() && *options_.expect_rows != rows) {
    return FileError(options_.path, {"FILE-ROW-COUNT",
                                     absl::StrCat("件数が合いません。", *options_.expect_rows, "件のはずが", rows,
                                                  "件です。何も取り込んでいません。"),
                                     absl::StrCat("expected ", *options_.expect_rows, " rows, found ", rows,
                                                  ". Nothing was stored.")});
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> CsvSource::ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) {
  size_t taken = 0;
  std::string* const rows = message->mutable_rows();
  for (const uint64_t ordinal : ordinals) {
    if (rows->size() > kRecordsMessageBytes || message->errors_size() >= kMaxErrorsInMessage) break;
    if (stream_ != nullptr || ordinal >= first_pass_->row_count())
      return absl::InternalError("the engine asked for a row that was not sent");
    finder_.Find(ordinal, &found_row_);
    absl::string_view packed;
    RowReader::Failure failure{};
    if (!found_rows_->Pack(found_row_, &packed, &failure)) {
      FillRowError(*failure.problem, ordinal, found_rows_->FieldName(failure.field), message->add_errors());
    } else {
      // A long row waits for the next message rather than to make this one too long.
      if (taken > 0 && rows->size() + packed.size() > kMaxRecordsMessageBytes) break;
      client::AppendVarint(ordinal, rows);
      rows->append(packed.data(), packed.size());
    }
    ++taken;
  }
  return taken;
}

absl::Status CsvSource::CheckUnchanged() { return file_ == nullptr ? absl::OkStatus() : file_->CheckUnchanged(); }

void CsvSource::Rest() {
  if (file_ != nullptr) file_->StartDroppingPages();
}

double CsvSource::Progress() const {
  if (stream_ != nullptr) return 0;
  return static_cast<double>(first_pass_->offset()) / static_cast<double>(lines_.size());
}

uint64_t CsvSource::LineOf(uint64_t ordinal) {
  if (ordinal >= first_pass_->row_count()) return 0;
  if (stream_ != nullptr) return row_lines_.LineOf(ordinal);
  finder_.Find(ordinal, &found_row_);
  return found_row_.line;
}

}  // namespace sabun::file
