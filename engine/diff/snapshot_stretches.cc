#include "engine/diff/snapshot_stretches.h"

#include <algorithm>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"

namespace sabun {
namespace {

constexpr size_t kEntryBytes = 32;
// What stretches take in all for an entry of the index, or for each that is formed in a first load: as much memory as
// rows may take is enough for some 16,000,000 records.
constexpr uint64_t kBytesOfEntry = 12, kBytesOfStretch = 256;
constexpr size_t kSoon = 16;  // entries: about as long as memory takes

Stretch LoadStretch(const char* bytes) {
  Stretch stretch;
  stretch.hash = Fingerprint128::From(bytes);
  stretch.anchor = LoadBig32(bytes + 16);
  const uint32_t lengths = LoadBig32(bytes + 20);
  stretch.bytes = lengths >> 8;
  stretch.rows = lengths & 0xFF;
  return stretch;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotStretches>> SnapshotStretches::Begin(Store* store, uint32_t dataset,
                                                                            const IndexExtent& extent, std::string mark,
                                                                            const StretchOptions& options) {
  const uint64_t entries = extent.page_entries + extent.overlay_entries;
  if (entries * kBytesOfEntry > options.memory_bytes) return nullptr;
  std::unique_ptr<SnapshotStretches> all(
      new SnapshotStretches(store, dataset, extent, std::move(mark), options.memory_bytes / kBytesOfStretch));
  if (!options.forget && entries > 0) {
    ASSIGN_OR_RETURN(std::optional<StretchTable> known, StretchTable::Read(store, dataset, extent, all->mark_));
    if (known && known->size() * options.fewest_rows <= extent.page_entries) all->table_ = *std::move(known);
  }
  all->offered_ = all->table_.size();
  all->fates_.resize(all->offered_ + 1);
  return all;
}

std::string SnapshotStretches::Offer(uint32_t first, uint32_t end) const {
  std::string offer;
  offer.reserve((end - first) * kOfferedBytes);
  for (uint32_t number = first + 1; number <= end; ++number) {
    const Stretch stretch = table_.Get(number);
    offer.append(stretch.hash.view().data(), 16);
    AppendBig32(stretch.anchor, &offer);
    AppendBig32(stretch.bytes << 8 | stretch.rows, &offer);
  }
  return offer;
}

absl::StatusOr<std::vector<RowRange>> SnapshotStretches::Claim(const StretchBlock& block) {
  if (block.claimed_ordinals.size() != block.claimed.size()) {
    return absl::InvalidArgumentError("Fingerprints.claimed and claimed_ordinals go together");
  }
  std::vector<RowRange> rows;
  rows.reserve(block.claimed.size());
  std::string told;
  for (size_t i = 0; i < block.claimed.size(); ++i) {
    const uint32_t number = block.claimed[i];
    const uint32_t count = number == 0 || number > offered_ ? 0 : table_.Get(number).rows;
    if (count == 0) return absl::InvalidArgumentError("Fingerprints.claimed has a number that was not offered");
    if (fates_[number] == Fate::kClaimed) {
      return absl::AbortedError("the extract has a stretch twice; send the snapshot again");
    }
    fates_[number] = Fate::kClaimed;
    rows.push_back({block.claimed_ordinals[i], count});
    AppendBig64(block.claimed_ordinals[i], &told);
    AppendBig32(number, &told);
  }
  claims_ += rows.size();
  digest_.Update(told);
  return rows;
}

absl::Status SnapshotStretches::Form(const StretchBlock& block, uint64_t first_ordinal,
                                     absl::Span<const RowRange> claimed, absl::string_view entries) {
  if (block.formed_ordinals.size() * kOfferedBytes != block.formed.size()) {
    return absl::InvalidArgumentError("Fingerprints.formed and formed_ordinals go together");
  }
  const bool room = formed_.size() + block.formed_ordinals.size() <= most_;
  EntryOrdinals ordinals(first_ordinal, claimed);
  uint64_t ordinal = 0;
  const auto next = [&] {
    if (entries.empty()) return false;
    ordinal = ordinals.Next();
    return true;
  };
  bool more = next();
  const auto take = [&] {
    entries.remove_prefix(kEntryBytes);
    more = next();
  };
  size_t next_claim = 0;
  const auto pass_claims_before = [&](uint64_t end) {
    for (; next_claim < claimed.size() && claimed[next_claim].first < end; ++next_claim) {
      last_claimed_ = block.claimed[next_claim];
      formed_since_ = 0;
    }
  };
  for (size_t i = 0; i < block.formed_ordinals.size(); ++i) {
    const uint64_t first = block.formed_ordinals[i];
    Stretch stretch = LoadStretch(block.formed.data() + i * kOfferedBytes);
    pass_claims_before(first);
    ++formed_since_;
    while (more && ordinal < first) take();
    bool readable = true;
    for (uint64_t row = 0; row < stretch.rows; ++row) {
      if (!more || ordinal != first + row) {
        return absl::InvalidArgumentError("Fingerprints.formed has rows without an entry, or out of order");
      }
      stretch.sum += StretchWord(Fingerprint128::From(entries.data() + 16));
      readable &= !Key128::From(entries.data()).IsZero();
      take();
    }
    if (stretch.rows == 0 || !readable || !room) continue;
    formed_.push_back(stretch);
    formed_first_.push_back(static_cast<uint32_t>(first));
    formed_number_.push_back(last_claimed_ + formed_since_);
    formed_rows_.push_back(static_cast<uint8_t>(stretch.rows));
  }
  pass_claims_before(UINT64_MAX);
  return absl::OkStatus();
}

// A formed stretch takes the number of the one that it most probably takes the place of, so that few entries change
// theirs; or one that is free.
void SnapshotStretches::EndIntake(uint64_t rows) {
  for (uint32_t& number : formed_number_) {
    if (number > offered_ || fates_[number] != Fate::kOther) number = 0;
    if (number != 0) fates_[number] = Fate::kTaken;
  }
  uint32_t next_free = 1, last = offered_;
  const auto is_free = [&](uint32_t number) { return fates_[number] == Fate::kOther && table_.Get(number).rows == 0; };
  for (uint32_t& number : formed_number_) {
    if (number != 0) continue;
    while (next_free <= offered_ && !is_free(next_free)) ++next_free;
    number = next_free <= offered_ ? next_free : ++last;
    if (next_free <= offered_) fates_[next_free] = Fate::kTaken;
  }
  most_number_ = last;
  spoilt_.resize(formed_.size());
  formed_from_.clear();
  uint32_t formed = 0;
  for (uint64_t ordinal = 0; ordinal < rows; ordinal += uint64_t{1} << kIndexShift) {
    while (formed < formed_.size() && formed_first_[formed] + formed_rows_[formed] <= ordinal) ++formed;
    formed_from_.push_back(formed);
  }
}

uint32_t SnapshotStretches::FormedOf(uint64_t ordinal) const {
  for (uint32_t i = formed_from_[ordinal >> kIndexShift]; i < formed_first_.size() && formed_first_[i] <= ordinal;
       ++i) {
    if (ordinal < formed_first_[i] + formed_rows_[i]) return i;
  }
  return kNone;
}

SnapshotStretches::Part::Part(const SnapshotStretches& all, const IndexScan& scan)
    : all_(&all),
      scan_(&scan),
      rows_(all.most_number_),
      sums_(all.offered_ + 1),
      formed_sums_(all.extent_.page_entries == 0 ? 0 : all.formed_.size()),
      added_sums_(all.formed_.size()) {}

absl::StatusOr<SnapshotStretches::Part> SnapshotStretches::Part::Begin(const SnapshotStretches& all,
                                                                       const IndexScan& scan,
                                                                       const std::optional<Key128>& begin) {
  Part part(all, scan);
  if (!all.has_numbers()) return part;
  part.numbers_ = std::make_unique<NumberScan>(all.store_, all.dataset_, all.extent_, all.table_.changes());
  if (begin) RETURN_IF_ERROR(part.numbers_->Seek(*begin));
  return part;
}

bool SnapshotStretches::Part::IsClaimed() {
  number_ = 0;
  if (numbers_ != nullptr && scan_->in_pages()) {
    number_ = numbers_->Of(*scan_);
    // The sums are larger than a core's nearer caches.
    const uint32_t soon = numbers_->Guess(kSoon);
    if (soon < sums_.size()) __builtin_prefetch(&sums_[soon], 1);
  }
  if (number_ > all_->offered_) number_ = 0;
  return all_->fates_[number_] == Fate::kClaimed;
}

// Of what the overlay alone has, no number is kept.
void SnapshotStretches::Part::Put(uint32_t number) {
  if (!scan_->in_pages()) return;
  if (numbers_ == nullptr) {
    while (rows_.size() + 1 < scan_->pages_read()) rows_.AddHidden();
    rows_.Add(scan_->entry().key, number);
  } else if (number != number_) {
    has_room_ = changes_.size() < all_->most_;
    if (has_room_) changes_.emplace_back(scan_->entry().key, number);
  }
}

void SnapshotStretches::Part::Claimed() { sums_[number_] += StretchWord(scan_->entry().fingerprint); }

void SnapshotStretches::Part::Paired(const RowEntry& row) {
  const uint32_t formed = all_->FormedOf(row.ordinal);
  const uint64_t word = StretchWord(row.fingerprint);
  if (formed == kNone) {
    sums_[number_] += word;
    return Alone();
  }
  if (scan_->in_pages()) formed_sums_[formed] += word;
  Put(all_->formed_number_[formed]);
}

void SnapshotStretches::Part::Alone() { Put(all_->fates_[number_] == Fate::kTaken ? 0 : number_); }

void SnapshotStretches::Part::Added(const RowEntry& row) {
  const uint32_t formed = all_->FormedOf(row.ordinal);
  if (formed != kNone) added_sums_[formed] += StretchWord(row.fingerprint);
}

void SnapshotStretches::Part::Finish() {
  if (numbers_ != nullptr) return;
  while (rows_.size() < scan_->pages_read()) rows_.AddHidden();
}

absl::Status SnapshotStretches::Join(std::vector<Part> parts) {
  std::vector<uint64_t> sums = std::move(parts.front().sums_);
  found_ = std::move(parts.front().formed_sums_);
  found_.resize(formed_.size());
  added_ = std::move(parts.front().added_sums_);
  const auto add = [](const std::vector<uint64_t>& more, std::vector<uint64_t>* all) {
    for (size_t i = 0; i < more.size(); ++i) (*all)[i] += more[i];
  };
  for (const Part& part : parts) {
    if (!part.has_room_) return absl::AbortedError("the extract is in another order; send the snapshot again");
    add(part.sums_, &sums);
    add(part.formed_sums_, &found_);
    add(part.added_sums_, &added_);
    changes_.insert(changes_.end(), part.changes_.begin(), part.changes_.end());
  }
  rows_ = std::move(parts.front().rows_);
  for (uint32_t number = 1; number <= offered_; ++number) {
    const Stretch stretch = table_.Get(number);
    const bool known = stretch.rows > 0 && sums[number] == stretch.sum;
    if (fates_[number] == Fate::kClaimed && !known) {
      return absl::AbortedError("a stretch that was claimed is not in the index as it was; send the snapshot again");
    }
    if (fates_[number] == Fate::kOther && stretch.rows > 0 && !known) lost_.push_back(number);
  }
  return absl::OkStatus();
}

uint32_t SnapshotStretches::NumberOf(uint64_t ordinal) const {
  const uint32_t formed = FormedOf(ordinal);
  return formed == kNone ? 0 : formed_number_[formed];
}

void SnapshotStretches::Spoil(uint64_t ordinal) {
  const uint32_t formed = FormedOf(ordinal);
  if (formed == kNone) return;
  MutexLock lock(&spoil_mutex_);
  spoilt_[formed] = true;
}

std::vector<uint32_t> SnapshotStretches::Update(bool all_in_pages) {
  std::vector<uint32_t> changed = std::move(lost_);
  for (const uint32_t number : changed) table_.Set(number, {});
  table_.Reserve(most_number_);
  // Numbers behind the last one were given in order. What was formed goes as the table grows.
  for (size_t i = 0; !formed_.empty(); ++i, formed_.pop_front()) {
    const uint64_t found = found_[i] + (all_in_pages ? added_[i] : 0);
    const bool whole = !spoilt_[i] && found == formed_.front().sum;
    table_.Set(formed_number_[i], whole ? formed_.front() : Stretch{});
    changed.push_back(formed_number_[i]);
  }
  std::sort(changed.begin(), changed.end());
  return changed;
}

absl::Status SnapshotStretches::Keep(Batch* batch) {
  if (formed_.empty() || extent_.page_entries == 0) return absl::OkStatus();
  const StretchWriter writer(dataset_, extent_.generation, mark_);
  if (!has_numbers()) {
    Update(false);
    writer.Replace(table_, std::move(rows_), batch);
    return absl::OkStatus();
  }
  const std::vector<uint32_t> changed = Update(false);
  if (!StretchWriter::IsLong(table_)) {
    writer.Step(table_, changed, changes_, batch);
    return absl::OkStatus();
  }
  table_.Change(changes_);
  NumberScan numbers(store_, dataset_, extent_, table_.changes());
  NumberRows rows(most_number_);
  // What was added since has no page, so it does not matter that the overlay is newer than the comparison.
  IndexScan index(store_, dataset_, extent_);
  for (; index.Valid(); index.Next()) {
    if (!index.in_pages()) continue;
    while (rows.size() + 1 < index.pages_read()) rows.AddHidden();
    rows.Add(index.entry().key, numbers.Of(index));
  }
  RETURN_IF_ERROR(index.Sound());
  while (rows.size() < index.pages_read()) rows.AddHidden();
  writer.Replace(table_, std::move(rows), batch);
  return absl::OkStatus();
}

void SnapshotStretches::BeginWrite() {
  if (has_numbers()) {
    table_.Change(changes_);
    numbers_ = std::make_unique<NumberScan>(store_, dataset_, extent_, table_.changes());
  } else {
    numbers_ = std::make_unique<NumberScan>(rows_.Finish());
  }
}

absl::Status SnapshotStretches::Write(uint64_t generation, NumberRows&& numbers, const PutRow& put) {
  Update(true);
  return StretchWriter(dataset_, generation, mark_).Write(table_, std::move(numbers), put);
}

}  // namespace sabun
