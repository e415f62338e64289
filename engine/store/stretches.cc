#include "engine/store/stretches.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr char kVersion = 1;
constexpr size_t kMarkBytes = 16;
constexpr size_t kHeadBytes = 1 + kMarkBytes + 8 + 4;
constexpr size_t kTableRowBytes = 32 << 10;
constexpr size_t kNumbersHeadBytes = 4 + 1;

// The number of entries, the bits of each, then the numbers, the lowest bits first.
std::string Packed(const std::vector<uint32_t>& numbers, int bits) {
  std::string packed;
  packed.reserve(kNumbersHeadBytes + (numbers.size() * bits + 7) / 8);
  AppendBig32(static_cast<uint32_t>(numbers.size()), &packed);
  packed.push_back(static_cast<char>(bits));
  uint64_t pending = 0;
  int held = 0;
  for (const uint32_t number : numbers) {
    pending |= uint64_t{number} << held;
    for (held += bits; held >= 8; held -= 8, pending >>= 8) packed.push_back(static_cast<char>(pending));
  }
  if (held > 0) packed.push_back(static_cast<char>(pending));
  return packed;
}

// Nothing when it is no row of numbers.
void Unpack(absl::string_view packed, std::vector<uint32_t>* numbers) {
  numbers->clear();
  if (packed.size() < kNumbersHeadBytes) return;
  const size_t count = LoadBig32(packed.data());
  const int bits = static_cast<unsigned char>(packed[4]);
  packed.remove_prefix(kNumbersHeadBytes);
  if (bits > 32 || packed.size() != (count * bits + 7) / 8) return;
  numbers->resize(count);
  const uint64_t mask = (uint64_t{1} << bits) - 1;
  // Eight bytes at a time, behind which there is room.
  const std::string padded = absl::StrCat(packed, std::string(8, '\0'));
  for (size_t i = 0, bit = 0; i < count; ++i, bit += bits) {
    uint64_t word = 0;
    std::memcpy(&word, padded.data() + bit / 8, 8);
    if (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    (*numbers)[i] = static_cast<uint32_t>(word >> bit % 8 & mask);
  }
}

void StoreBig(uint64_t value, int bytes, char* out) {
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value);
}

void StoreStretch(const Stretch& stretch, char* out) {
  std::memcpy(out, stretch.hash.view().data(), 16);
  StoreBig(stretch.sum, 8, out + 16);
  StoreBig(stretch.anchor, 4, out + 24);
  StoreBig(stretch.bytes << 8 | stretch.rows, 4, out + 28);
}

Stretch LoadStretch(const char* bytes) {
  Stretch stretch;
  stretch.hash = Fingerprint128::From(bytes);
  stretch.sum = LoadBig64(bytes + 16);
  stretch.anchor = LoadBig32(bytes + 24);
  const uint32_t lengths = LoadBig32(bytes + 28);
  stretch.bytes = lengths >> 8;
  stretch.rows = lengths & 0xFF;
  return stretch;
}

// A step: how many stretches; the number of each, and itself; then keys and numbers of entries.
constexpr size_t kStepStretchBytes = 4 + StretchTable::kStretchBytes;
constexpr size_t kStepNumberBytes = 16 + 4;

}  // namespace

NumberRows::NumberRows(uint32_t most) : bits_(std::bit_width(most)) {}

void NumberRows::EndRow(const Key128& next) {
  rows_.emplace_back(first_, Packed(pending_, bits_));
  first_ = next;
  pending_.clear();
}

std::vector<std::pair<Key128, std::string>> NumberRows::Finish() {
  EndRow({});
  return std::move(rows_);
}

Stretch StretchTable::Get(uint32_t number) const { return LoadStretch(bytes_.data() + (number - 1) * kStretchBytes); }

void StretchTable::Set(uint32_t number, const Stretch& stretch) {
  const size_t at = (number - 1) * kStretchBytes;
  if (bytes_.size() < at + kStretchBytes) bytes_.resize(at + kStretchBytes);
  StoreStretch(stretch, bytes_.data() + at);
}

absl::StatusOr<std::optional<StretchTable>> StretchTable::Read(Store* store, uint32_t dataset,
                                                               const IndexExtent& extent, absl::string_view mark) {
  const std::string prefix = layout::IndexPart(dataset, extent.generation, 't');
  const auto rows = store->NewScan(Family::kIndex, prefix, layout::After(prefix));
  RETURN_IF_ERROR(rows->status());
  if (!rows->Valid() || rows->value().size() != kHeadBytes) return std::nullopt;
  const absl::string_view head = rows->value();
  const bool fits = head[0] == kVersion && head.substr(1, kMarkBytes) == mark &&
                    LoadBig64(head.data() + 1 + kMarkBytes) == extent.page_entries;
  if (!fits) return std::nullopt;
  const size_t stretches_bytes = kStretchBytes * LoadBig32(head.data() + 1 + kMarkBytes + 8);
  StretchTable table;
  table.bytes_.reserve(stretches_bytes + stretches_bytes / 16);  // a snapshot may form a few more
  for (rows->Next(); rows->Valid(); rows->Next()) table.bytes_.append(rows->value().data(), rows->value().size());
  RETURN_IF_ERROR(rows->status());
  if (table.bytes_.size() != stretches_bytes) return std::nullopt;

  const std::string steps_prefix = layout::IndexPart(dataset, extent.generation, 'u');
  const auto steps = store->NewScan(Family::kIndex, steps_prefix, layout::After(steps_prefix));
  std::map<Key128, uint32_t> changes;
  for (; steps->Valid(); steps->Next()) {
    absl::string_view step = steps->value();
    const size_t count = step.size() < 4 ? SIZE_MAX : LoadBig32(step.data());
    if (count > step.size() / kStepStretchBytes) return std::nullopt;
    table.step_bytes_ += step.size();
    ++table.next_step_;
    step.remove_prefix(4);
    for (size_t i = 0; i < count; ++i, step.remove_prefix(kStepStretchBytes)) {
      const uint32_t number = LoadBig32(step.data());
      if (number == 0 || number > table.size() + 1) return std::nullopt;
      table.Set(number, LoadStretch(step.data() + 4));
    }
    if (step.size() % kStepNumberBytes != 0) return std::nullopt;
    for (; !step.empty(); step.remove_prefix(kStepNumberBytes)) {
      changes[Key128::From(step.data())] = LoadBig32(step.data() + 16);
    }
  }
  RETURN_IF_ERROR(steps->status());
  table.changes_.assign(changes.begin(), changes.end());
  return table;
}

void StretchTable::Change(const NumberChanges& changes) {
  NumberChanges all;
  auto old = changes_.begin();
  for (const auto& change : changes) {
    for (; old != changes_.end() && old->first < change.first; ++old) all.push_back(*old);
    if (old != changes_.end() && old->first == change.first) ++old;
    all.push_back(change);
  }
  all.insert(all.end(), old, changes_.end());
  changes_ = std::move(all);
}

NumberScan::NumberScan(Store* store, uint32_t dataset, const IndexExtent& extent, const NumberChanges& changes)
    : store_(store),
      dataset_(dataset),
      extent_(extent),
      prefix_(layout::IndexPart(dataset, extent.generation, 'n')),
      rows_(store->NewScan(Family::kIndex, prefix_, layout::After(prefix_))),
      next_change_(changes.begin()),
      last_change_(changes.end()) {
  LoadRow();
}

NumberScan::NumberScan(std::vector<std::pair<Key128, std::string>> made) : made_(std::move(made)) { LoadRow(); }

void NumberScan::NextRow() { rows_ != nullptr ? rows_->Next() : static_cast<void>(++next_made_); }

void NumberScan::LoadRow() {
  next_ = 0;
  numbers_.clear();
  if (HasRow()) Unpack(rows_ != nullptr ? rows_->value() : absl::string_view(made_[next_made_].second), &numbers_);
}

absl::Status NumberScan::Seek(const Key128& key) {
  rows_->SeekBack(prefix_ + std::string(key.view()));
  LoadRow();
  if (!rows_->Valid()) return rows_->status();
  IndexScan before(store_, dataset_, extent_, {Key128::From(rows_->key().data() + prefix_.size()), key});
  while (before.Valid()) before.Next();
  RETURN_IF_ERROR(before.Sound());
  next_ = before.pages_read();
  next_change_ = std::lower_bound(next_change_, last_change_, std::pair(key, uint32_t{0}));
  return absl::OkStatus();
}

uint32_t NumberScan::Of(const IndexScan& index) {
  for (; passed_ < index.pages_read(); ++passed_, ++next_) {
    while (next_ >= numbers_.size() && HasRow()) {
      const size_t next = next_ - numbers_.size();
      NextRow();
      LoadRow();
      next_ = next;
    }
    number_ = next_ < numbers_.size() ? numbers_[next_] : 0;
  }
  const Key128& key = index.entry().key;
  while (next_change_ != last_change_ && next_change_->first < key) ++next_change_;
  return next_change_ != last_change_ && next_change_->first == key ? next_change_->second : number_;
}

absl::Status StretchWriter::Write(const StretchTable& table, NumberRows numbers,
                                  const StretchKeeper::PutRow& put) const {
  const std::string prefix = layout::IndexPart(dataset_, generation_, 'n');
  const uint64_t entries = numbers.size();
  for (const auto& [first, row] : numbers.Finish()) RETURN_IF_ERROR(put(prefix + std::string(first.view()), row));
  const std::string table_prefix = layout::IndexPart(dataset_, generation_, 't');
  std::string head(1, kVersion);
  head.append(mark_);
  AppendBig64(entries, &head);
  AppendBig32(table.size(), &head);
  RETURN_IF_ERROR(put(table_prefix, head));
  for (size_t at = 0; at < table.bytes_.size(); at += kTableRowBytes) {
    std::string key = table_prefix;
    AppendBig32(static_cast<uint32_t>(at), &key);
    RETURN_IF_ERROR(put(key, table.bytes_.substr(at, kTableRowBytes)));
  }
  return absl::OkStatus();
}

void StretchWriter::Replace(const StretchTable& table, NumberRows numbers, Batch* batch) const {
  for (const char part : {'n', 't', 'u'}) {
    const std::string prefix = layout::IndexPart(dataset_, generation_, part);
    batch->DeleteRange(Family::kIndex, prefix, layout::After(prefix));
  }
  Write(table, std::move(numbers), [batch](const std::string& key, const std::string& value) {
    batch->Put(Family::kIndex, key, value);
    return absl::OkStatus();
  }).IgnoreError();
}

void StretchWriter::Step(const StretchTable& table, const std::vector<uint32_t>& stretches,
                         const NumberChanges& numbers, Batch* batch) const {
  std::string step;
  step.reserve(4 + stretches.size() * kStepStretchBytes + numbers.size() * kStepNumberBytes);
  AppendBig32(static_cast<uint32_t>(stretches.size()), &step);
  for (const uint32_t number : stretches) {
    AppendBig32(number, &step);
    step.append(table.bytes_, (number - 1) * StretchTable::kStretchBytes, StretchTable::kStretchBytes);
  }
  for (const auto& [key, number] : numbers) {
    step.append(key.view().data(), key.view().size());
    AppendBig32(number, &step);
  }
  batch->Put(Family::kIndex, layout::Numbered(layout::IndexPart(dataset_, generation_, 'u'), table.next_step_),
             std::move(step));
}

}  // namespace sabun
