#include "adapters/file/row_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "adapters/client/key_scheme.h"
#include "adapters/client/packing.h"
#include "adapters/client/status_macros.h"

namespace sabun::file {
namespace {

constexpr size_t kMaxPackedRowBytes = 3'500'000;
constexpr size_t kMaxRawRowBytes = 4 << 20;
constexpr size_t kMaxKeyFieldBytes = 64 << 10;
constexpr size_t kMaxVarintBytes = 5;  // of a length below kMaxRawRowBytes
constexpr size_t kShortFieldBytes = 32;

bool IsOneOf(absl::string_view value, std::initializer_list<absl::string_view> choices) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

// The top bit of each byte that is not printable ASCII, or is a quote; lower ones may say so wrongly.
uint64_t OddBytes(const char* bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  const uint64_t quotes = word ^ kOnes * '"';
  const uint64_t low = (word - kOnes * 0x20) | (quotes - kOnes);
  return (low | word | (word + kOnes)) & kOnes * 0x80;
}

// True only for a value that needs neither decoding nor trimming: printable ASCII without quotes and outer spaces.
bool IsPlainKey(absl::string_view value) {
  constexpr size_t kWordBytes = 8;
  if (value.empty() || value.size() > kMaxKeyFieldBytes || value.front() == ' ' || value.back() == ' ') return false;
  if (value.size() < kWordBytes) {
    char padded[kWordBytes];
    std::memset(padded, 'x', sizeof(padded));
    std::memcpy(padded, value.data(), value.size());
    return OddBytes(padded) == 0;
  }
  uint64_t odd = OddBytes(value.data() + value.size() - kWordBytes);
  for (size_t i = 0; i + kWordBytes <= value.size(); i += kWordBytes) odd |= OddBytes(value.data() + i);
  return odd == 0;
}

char* AppendLength(size_t value, char* out) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

// Leaves out the second quote of each pair. Without branches, since JSON in a CSV is full of them.
size_t CopyUnescaped(absl::string_view text, char* out) {
  size_t size = 0;
  bool first = false;
  for (const char c : text) {
    const bool quote = c == '"';
    out[size] = c;
    size += (quote & first) ? 0 : 1;
    first = quote & !first;
  }
  return size;
}

}  // namespace

RowReader::RowReader(const CsvLayout& layout, TextDecoder decoder)
    : layout_(&layout), decoder_(std::move(decoder)), key_values_(layout.shape.key_fields.size()) {
  const ColumnPlan& plan = layout.plan;
  for (const uint32_t field : layout.shape.key_fields) key_places_.push_back(plan.column_of_field[field]);
  operation_place_ = plan.operation_column;
  std::vector<int> columns = key_places_;
  columns.push_back(operation_place_);
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  const auto place = [&](int column) {
    if (column == ColumnPlan::kNoColumn) return column;
    const auto found = std::find(key_columns_.begin(), key_columns_.end(), static_cast<size_t>(column));
    return static_cast<int>(found - key_columns_.begin());
  };
  for (const int column : columns) {
    if (column != ColumnPlan::kNoColumn) key_columns_.push_back(static_cast<size_t>(column));
  }
  for (int& key_place : key_places_) key_place = place(key_place);
  operation_place_ = place(operation_place_);
  for (const std::string& constant : plan.constants) constant_bytes_ += constant.size();
}

absl::StatusOr<RowReader> RowReader::Create(const CsvLayout& layout) {
  ASSIGN_OR_RETURN(TextDecoder decoder, TextDecoder::Create(layout.encoding));
  return RowReader(layout, std::move(decoder));
}

void RowReader::TakeAllColumns() {
  const ColumnPlan& plan = layout_->plan;
  for (size_t i = 0; i < key_places_.size(); ++i) key_places_[i] = plan.column_of_field[layout_->shape.key_fields[i]];
  operation_place_ = plan.operation_column;
}

bool RowReader::IsWhole(const Row& row) const {
  return row.defect == RowDefect::kNone && row.field_count == layout_->plan.column_count;
}

bool RowReader::Key(const Row& row, std::string* input) {
  input->clear();
  for (size_t i = 0; i < key_places_.size(); ++i) {
    const int place = key_places_[i];
    if (place == ColumnPlan::kNoColumn || !IsPlainKey(row.fields[place])) return KeyOfAnyText(row, input);
    if (i > 0) input->push_back('\x1F');
    input->append(row.fields[place].data(), row.fields[place].size());
  }
  return true;
}

bool RowReader::KeyOfAnyText(const Row& row, std::string* input) {
  absl::InlinedVector<absl::string_view, 4> values(key_places_.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (key_places_[i] == ColumnPlan::kNoColumn) {
      values[i] = layout_->plan.constants[layout_->shape.key_fields[i]];
      continue;
    }
    const absl::string_view raw = row.fields[key_places_[i]];
    absl::string_view text;
    if (raw.size() > kMaxKeyFieldBytes || !decoder_.DecodeField(raw, &text)) return false;
    // The decoder's buffer is the next field's too.
    const bool in_file = text.data() >= raw.data() && text.data() <= raw.data() + raw.size();
    if (!in_file) key_values_[i].assign(text.data(), text.size());
    values[i] = in_file ? text : absl::string_view(key_values_[i]);
  }
  return client::BuildKeyInput(values, input);
}

RowReader::Operation RowReader::OperationOf(const Row& row) {
  if (operation_place_ == ColumnPlan::kNoColumn) return Operation::kUpsert;
  absl::string_view text;
  if (!decoder_.DecodeField(row.fields[operation_place_], &text)) return Operation::kInvalid;
  const std::string value = absl::AsciiStrToLower(client::TrimKeyValue(text));
  if (IsOneOf(value, {"delete", "削除"})) return Operation::kDelete;
  if (IsOneOf(value, {"upsert", "add", "update", "追加", "変更", "更新"})) return Operation::kUpsert;
  return Operation::kInvalid;
}

bool RowReader::Pack(const Row& row, absl::string_view* packed, Failure* failure) {
  const auto fail = [failure](const RowProblem& problem, int field) {
    *failure = {&problem, field};
    return false;
  };
  if (!IsWhole(row)) return fail(kRowMalformed, kWholeRow);
  if (row.raw.size() > kMaxRawRowBytes) return fail(kRowLength, kWholeRow);
  if (OperationOf(row) == Operation::kInvalid) return fail(kOperationValue, kOperationColumn);
  if (IsPlain(row.raw)) return PackPlainly(row, packed) || fail(kRowLength, kWholeRow);
  packed_.clear();
  for (size_t field = 0; field < layout_->shape.fields.size(); ++field) {
    absl::string_view text = layout_->plan.constants[field];
    const int column = layout_->plan.column_of_field[field];
    if (column != ColumnPlan::kNoColumn && !decoder_.DecodeField(row.fields[column], &text)) {
      return fail(kFieldEncoding, static_cast<int>(field));
    }
    client::AppendPackedField(text, &packed_);
  }
  *packed = packed_;
  return packed_.size() <= kMaxPackedRowBytes || fail(kRowLength, kWholeRow);
}

// Delimiters and quotes are ASCII, so a row of UTF-8 has only fields of UTF-8, and one look at the whole is enough.
bool RowReader::IsPlain(absl::string_view raw) const {
  if (layout_->encoding != Encoding::kUtf8) return IsPlainAscii(raw);
  return simdjson::validate_utf8(raw.data(), raw.size()) && std::memchr(raw.data(), 0, raw.size()) == nullptr;
}

bool RowReader::PackPlainly(const Row& row, absl::string_view* packed) {
  const ColumnPlan& plan = layout_->plan;
  const size_t most =
      row.raw.size() + constant_bytes_ + plan.column_of_field.size() * kMaxVarintBytes + kShortFieldBytes;
  if (packed_.size() < most) packed_.resize(most);
  const char* const readable_end = row.raw.data() + row.raw.size();
  char* out = packed_.data();
  for (size_t field = 0; field < plan.column_of_field.size(); ++field) {
    const int column = plan.column_of_field[field];
    if (column != ColumnPlan::kNoColumn) {
      out = AppendField(row.fields[column], readable_end, out);
    } else {
      const std::string& constant = plan.constants[field];
      out = AppendLength(constant.size(), out);
      out = std::copy(constant.begin(), constant.end(), out);
    }
  }
  *packed = absl::string_view(packed_.data(), out - packed_.data());
  return packed->size() <= kMaxPackedRowBytes;
}

inline char* RowReader::AppendField(absl::string_view field, const char* readable_end, char* out) {
  if (field.empty()) {
    *out = 0;
    return out + 1;
  }
  if (field.front() == '"') {
    field = field.substr(1, field.size() - 2);
    if (std::memchr(field.data(), '"', field.size()) != nullptr) {
      // The length is known afterwards, and may take fewer bytes than were kept free.
      char* const text = out + kMaxVarintBytes;
      const size_t size = CopyUnescaped(field, text);
      out = AppendLength(size, out);
      std::memmove(out, text, size);
      return out + size;
    }
  }
  out = AppendLength(field.size(), out);
  // A copy of fixed size is a matter of two instructions; what is too much is overwritten by the next field.
  if (field.size() <= kShortFieldBytes && readable_end - field.data() >= static_cast<ptrdiff_t>(kShortFieldBytes)) {
    std::memcpy(out, field.data(), kShortFieldBytes);
  } else {
    std::memcpy(out, field.data(), field.size());
  }
  return out + field.size();
}

absl::string_view RowReader::FieldName(int field) const {
  if (field == kOperationColumn) return "operation";
  return field == kWholeRow ? absl::string_view() : layout_->shape.fields[field].name();
}

}  // namespace sabun::file
