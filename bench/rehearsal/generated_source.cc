#include "bench/rehearsal/generated_source.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "adapters/client/packing.h"
#include "engine/base/status_macros.h"

namespace sabun::bench {
namespace {

// Small enough that its rows fit into one message on most days.
constexpr uint64_t kChunkSlots = 16'384;
constexpr size_t kEntryBytes = 32;
constexpr size_t kRecordsMessageBytes = 1 << 20;
constexpr size_t kMaxKeyBytes = 128;
constexpr char kKeySeparator = '\x1F';

template <typename T>
char* PutBytes(const T& value, char* to) {
  std::memcpy(to, &value, sizeof(value));
  return to + sizeof(value);
}

}  // namespace

absl::StatusOr<std::unique_ptr<GeneratedSource>> GeneratedSource::Create(const Options& options) {
  RETURN_IF_ERROR(ValidateOptions(options.day));
  ASSIGN_OR_RETURN(RowFormat format, RowFormat::Create(options.day.seed, options.day.style));
  ASSIGN_OR_RETURN(file::TextDecoder decoder, file::TextDecoder::Create(file::Encoding::kUtf8));
  return absl::WrapUnique(new GeneratedSource(options, std::move(format), std::move(decoder)));
}

GeneratedSource::GeneratedSource(const Options& options, RowFormat format, file::TextDecoder decoder)
    : options_(options),
      model_(options.day.seed, options.day.day, options.day.change_rate),
      format_(std::move(format)),
      chunks_((options.day.records + kChunkSlots - 1) / kChunkSlots),
      decoder_(std::move(decoder)),
      buffer_(RowFormat::kMaxRowBytes) {}

// Days of one municipality have one layout, so that equal rows have equal fingerprints.
std::string GeneratedSource::Layout() const {
  return absl::StrCat("sabun-bench seed=", options_.day.seed,
                      options_.input == FingerprintInput::kRow ? " row" : " state");
}

absl::Status GeneratedSource::Start(const v1::Begun& begun) {
  RETURN_IF_ERROR(client::KeyedHash::Create(begun.key_scheme(), begun.key_secret()).status());
  RETURN_IF_ERROR(client::KeyedHash::Create(begun.fingerprint_scheme(), begun.fingerprint_secret()).status());
  const std::vector<absl::string_view> columns = absl::StrSplit(RowFormat::Header(), ',');
  column_of_field_.clear();
  for (const v1::Field& field : begun.fields()) {
    const auto found = std::find(columns.begin(), columns.end(), field.name());
    if (found == columns.end()) {
      return absl::InvalidArgumentError(absl::StrCat("the generator knows no field ", field.name(), " of the profile"));
    }
    column_of_field_.push_back(static_cast<size_t>(found - columns.begin()));
  }
  pending_.reset();
  begun_ = begun;
  first_ordinals_.clear();
  next_ordinal_ = 0;
  used_bytes_ = 0;
  current_ = {};
  walk_ = {};
  walk_ordinal_ = 0;
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  pending_ = std::make_unique<OrderedChunks<Entries>>(chunks_, options_.threads > 0 ? options_.threads : processors,
                                                      [this](uint64_t chunk) { return MakeEntries(chunk); });
  return absl::OkStatus();
}

GeneratedSource::Walk GeneratedSource::WalkOver(uint64_t chunk) const {
  Walk walk;
  walk.slot = chunk * kChunkSlots;
  walk.end = std::min(walk.slot + kChunkSlots, options_.day.records);
  return walk;
}

bool GeneratedSource::Step(Walk* walk) const {
  for (;;) {
    while (walk->next < walk->records.size()) {
      if (walk->records[walk->next++].present) return true;
    }
    if (walk->slot == walk->end) return false;
    model_.SlotRecords(walk->slot++, &walk->records);
    walk->next = 0;
  }
}

absl::string_view GeneratedSource::FingerprintBytes(const Record& record, char* buffer) const {
  char* end = buffer;
  if (options_.input == FingerprintInput::kRow) {
    end = format_.Write(record, RowMarks(), buffer);
  } else {
    end = PutBytes(record.slot, end);
    end = PutBytes(record.person, end);
    end = PutBytes(record.born, end);
    end = PutBytes(record.history, end);
    end = PutBytes(record.histories, end);
    end = PutBytes(record.versions, end);
  }
  return absl::string_view(buffer, static_cast<size_t>(end - buffer));
}

GeneratedSource::Entries GeneratedSource::MakeEntries(uint64_t chunk) const {
  // Start has tried both.
  const client::KeyedHash key_hash = client::KeyedHash::Create(begun_.key_scheme(), begun_.key_secret()).value();
  const client::KeyedHash fingerprint_hash =
      client::KeyedHash::Create(begun_.fingerprint_scheme(), begun_.fingerprint_secret()).value();
  Walk walk = WalkOver(chunk);
  Entries entries;
  entries.bytes.reserve(kChunkSlots * kEntryBytes * 5 / 4);
  char key_input[kMaxKeyBytes];
  char buffer[RowFormat::kMaxRowBytes];
  while (Step(&walk)) {
    const char* key_end = format_.WriteKey(walk.record(), kKeySeparator, key_input);
    const client::Hash128 key = key_hash(absl::string_view(key_input, static_cast<size_t>(key_end - key_input)));
    const client::Hash128 fingerprint = fingerprint_hash(FingerprintBytes(walk.record(), buffer));
    entries.bytes.append(key.data(), key.size());
    entries.bytes.append(fingerprint.data(), fingerprint.size());
  }
  return entries;
}

absl::Status GeneratedSource::ReadEntries(v1::Fingerprints* message) {
  while (used_bytes_ == current_.bytes.size()) {
    std::optional<Entries> next = pending_->Next();
    if (!next.has_value()) return absl::OkStatus();
    current_ = *std::move(next);
    used_bytes_ = 0;
    first_ordinals_.push_back(next_ordinal_);
  }
  message->set_first_ordinal(next_ordinal_);
  const size_t bytes = std::min(current_.bytes.size() - used_bytes_, kMaxEntries * kEntryBytes);
  const bool whole = bytes == current_.bytes.size();
  if (whole) {
    message->set_entries(std::exchange(current_.bytes, {}));
    used_bytes_ = 0;
  } else {
    message->set_entries(current_.bytes.substr(used_bytes_, bytes));
    used_bytes_ += bytes;
  }
  next_ordinal_ += bytes / kEntryBytes;
  return absl::OkStatus();
}

double GeneratedSource::Progress() const {
  return chunks_ == 0 ? 1 : static_cast<double>(first_ordinals_.size()) / static_cast<double>(chunks_);
}

// Ordinals ascend, so the walk goes on within a chunk and leaves out the chunks in between.
const Record& GeneratedSource::RecordAt(uint64_t ordinal) {
  const auto after = std::upper_bound(first_ordinals_.begin(), first_ordinals_.end(), ordinal);
  const auto chunk = static_cast<size_t>(after - first_ordinals_.begin() - 1);
  if (walk_.end == 0 || chunk != walked_chunk_ || ordinal < walk_ordinal_) {
    walked_chunk_ = chunk;
    walk_ = WalkOver(chunk);
    walk_ordinal_ = first_ordinals_[chunk];
  }
  while (walk_ordinal_ <= ordinal) {
    Step(&walk_);
    ++walk_ordinal_;
  }
  return walk_.record();
}

absl::Status GeneratedSource::PackRow(uint64_t ordinal, std::string* packed) {
  if (ordinal >= next_ordinal_) return absl::InternalError("the engine asked for a row that was not sent");
  char* end = format_.Write(RecordAt(ordinal), RowMarks(), buffer_.data());
  file::RowScanner scanner(absl::string_view(buffer_.data(), static_cast<size_t>(end - buffer_.data())), {});
  scanner.Next(&row_);
  packed->clear();
  client::AppendVarint(ordinal, packed);
  for (const size_t column : column_of_field_) {
    absl::string_view text;
    if (!decoder_.DecodeField(row_.fields[column], &text)) return absl::InternalError("a generated row is not UTF-8");
    client::AppendPackedField(text, packed);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> GeneratedSource::ReadRows(absl::Span<const uint64_t> ordinals, v1::Records* message) {
  size_t taken = 0;
  while (taken < ordinals.size() && message->rows().size() < kRecordsMessageBytes) {
    RETURN_IF_ERROR(PackRow(ordinals[taken], &packed_));
    message->mutable_rows()->append(packed_);
    ++taken;
  }
  return taken;
}

}  // namespace sabun::bench
