#include "engine/store/index.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kEntryBytes = 32;
constexpr size_t kPageEntries = 512;

std::unique_ptr<Scan> ScanOf(Store* store, const std::string& prefix, ScanUse use) {
  return store->NewScan(Family::kIndex, prefix, layout::After(prefix), use);
}

Key128 KeyAtEnd(absl::string_view store_key) { return Key128::From(store_key.data() + store_key.size() - 16); }

std::string OverlayKey(uint32_t dataset, uint64_t generation, const Key128& key) {
  return layout::IndexPart(dataset, generation, 'o').append(key.view().data(), key.view().size());
}

// The number of entries of `page` that are below `key`.
size_t EntriesBelow(absl::string_view page, const Key128& key) {
  size_t low = 0, high = page.size() / kEntryBytes;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (Key128::From(page.data() + middle * kEntryBytes) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

IndexPages::IndexPages(Store* store, uint32_t dataset, uint64_t generation, ScanUse use)
    : prefix_(layout::IndexPart(dataset, generation, 'l')), scan_(ScanOf(store, prefix_, use)) {
  if (scan_->Valid() || !scan_->status().ok()) return;
  prefix_ = layout::IndexPart(dataset, generation, 'p');
  scan_ = ScanOf(store, prefix_, use);
  by_first_key_ = true;
}

void IndexPages::Seek(const Key128& key) {
  const std::string store_key = prefix_ + std::string(key.view());
  if (!by_first_key_) return scan_->Seek(store_key);
  scan_->SeekBack(store_key);
  if (!scan_->Valid() && scan_->status().ok()) scan_->Seek(prefix_);
}

IndexScan::IndexScan(Store* store, uint32_t dataset, const IndexExtent& extent, const KeyRange& range)
    : extent_(extent), range_(range), pages_(store, dataset, extent.generation, ScanUse::kRange) {
  const std::string overlay_prefix = layout::IndexPart(dataset, extent.generation, 'o');
  const auto bound = [&](const std::optional<Key128>& key, const std::string& otherwise) {
    return key ? overlay_prefix + std::string(key->view()) : otherwise;
  };
  overlay_ = store->NewScan(Family::kIndex, bound(range.begin, overlay_prefix),
                            bound(range.end, layout::After(overlay_prefix)));
  if (range.begin) pages_.Seek(*range.begin);
  LoadPage();
  LoadOverlayKey();
  if (range.begin) {
    while (page_at_ != page_end_ && page_at_->key < *range.begin) ++page_at_;
  }
  Advance();
}

void IndexScan::LoadPage() {
  page_begin_ = page_at_ = page_end_ = nullptr;
  if (!pages_.scan().Valid()) return;
  const absl::string_view page = pages_.scan().value();
  if (page.empty() || page.size() % kEntryBytes != 0) {
    disordered_ = true;
    return;
  }
  page_begin_ = page_at_ = reinterpret_cast<const IndexEntry*>(page.data());
  page_end_ = page_begin_ + page.size() / kEntryBytes;
  if (range_.end && page_end_[-1].key >= *range_.end) {
    page_end_ = page_begin_ + EntriesBelow(page, *range_.end);
    last_page_ = true;
  }
}

void IndexScan::LoadOverlayKey() {
  overlay_key_ = overlay_->Valid() ? std::optional(KeyAtEnd(overlay_->key())) : std::nullopt;
}

void IndexScan::Advance() {
  valid_ = false;
  while (!disordered_ && !valid_) {
    if (page_at_ == page_end_ && pages_.scan().Valid() && !last_page_) {
      if (page_at_ != page_begin_) last_key_ = page_at_[-1].key;  // the page's memory goes now
      pages_.scan().Next();
      LoadPage();
      continue;
    }
    const bool has_page = page_at_ != page_end_;
    if (!has_page && !overlay_key_) return;
    const bool is_overlaid = has_page && overlay_key_ && *overlay_key_ == page_at_->key;
    const bool from_page = has_page && (!overlay_key_ || page_at_->key < *overlay_key_);
    in_pages_ = from_page || is_overlaid;
    if (from_page || is_overlaid) {
      const std::optional<Key128> before = page_at_ != page_begin_ ? page_at_[-1].key : last_key_;
      disordered_ = before && *before >= page_at_->key;
      entry_ = page_at_++;
      ++pages_read_;
      valid_ = from_page && !disordered_;
    }
    if (!from_page) TakeOverlay();
  }
}

// The overlay's entry is next; it stands in for the page's of the same key, or hides it.
void IndexScan::TakeOverlay() {
  const absl::string_view value = overlay_->value();
  if (value.size() == 16) {
    overlay_entry_ = {*overlay_key_, Fingerprint128::From(value.data())};
    entry_ = &overlay_entry_;
    valid_ = !disordered_;
  } else if (!value.empty()) {
    disordered_ = true;
  }
  overlay_->Next();
  LoadOverlayKey();
  ++overlay_read_;
}

absl::Status IndexScan::Sound() const {
  RETURN_IF_ERROR(pages_.scan().status());
  RETURN_IF_ERROR(overlay_->status());
  if (disordered_) return absl::DataLossError("index: a page is damaged or out of order");
  if (valid_) return absl::DataLossError("index: the scan was not run to its end");
  return absl::OkStatus();
}

absl::Status IndexScan::Proof(const std::vector<const IndexScan*>& parts) {
  uint64_t pages_read = 0, overlay_read = 0;
  std::optional<Key128> follows;  // on the part before
  for (const IndexScan* part : parts) {
    RETURN_IF_ERROR(part->Sound());
    const bool first = part == parts.front();
    if (first ? part->range_.begin.has_value() : !follows || part->range_.begin != follows) {
      return absl::DataLossError("index: a range was left out");
    }
    follows = part->range_.end;
    pages_read += part->pages_read_;
    overlay_read += part->overlay_read_;
  }
  const IndexExtent& extent = parts.front()->extent_;
  if (follows || pages_read != extent.page_entries || overlay_read != extent.overlay_entries) {
    return absl::DataLossError("index: fewer or more entries than the catalog counts");
  }
  return absl::OkStatus();
}

IndexLookup::IndexLookup(Store* store, uint32_t dataset, const IndexExtent& extent)
    : overlay_prefix_(layout::IndexPart(dataset, extent.generation, 'o')),
      pages_(store, dataset, extent.generation, ScanUse::kLookups),
      overlay_(extent.overlay_entries == 0 ? nullptr : ScanOf(store, overlay_prefix_, ScanUse::kLookups)) {}

// A few steps are cheaper than a search, and ascending keys are often near.
void IndexLookup::SeekOverlay(const Key128& key) {
  constexpr int kSteps = 8;
  if (overlay_keys_ascend_ && key >= last_key_) {
    for (int step = 0; overlay_->Valid() && step < kSteps && KeyAtEnd(overlay_->key()) < key; ++step) overlay_->Next();
    if (!overlay_->Valid() || KeyAtEnd(overlay_->key()) >= key) return;
  }
  overlay_->Seek(overlay_prefix_ + std::string(key.view()));
}

absl::StatusOr<bool> IndexLookup::IsOverlaid(const Key128& key) {
  if (overlay_ == nullptr) return false;
  SeekOverlay(key);
  overlay_keys_ascend_ = true;
  last_key_ = key;
  RETURN_IF_ERROR(overlay_->status());
  return overlay_->Valid() && KeyAtEnd(overlay_->key()) == key;
}

absl::StatusOr<std::optional<Fingerprint128>> IndexLookup::Find(const Key128& key) {
  ASSIGN_OR_RETURN(const bool overlaid, IsOverlaid(key));
  if (overlaid) {
    if (overlay_->value().empty()) return std::optional<Fingerprint128>();
    if (overlay_->value().size() != 16) return absl::DataLossError("index: an overlay entry is damaged");
    return std::optional(Fingerprint128::From(overlay_->value().data()));
  }
  pages_.Seek(key);
  RETURN_IF_ERROR(pages_.scan().status());
  if (!pages_.scan().Valid()) return std::optional<Fingerprint128>();
  const absl::string_view page = pages_.scan().value();
  if (page.size() % kEntryBytes != 0) return absl::DataLossError("index: a page is damaged");
  const char* const found = page.data() + EntriesBelow(page, key) * kEntryBytes;
  if (found == page.data() + page.size() || Key128::From(found) != key) return std::optional<Fingerprint128>();
  return std::optional(Fingerprint128::From(found + 16));
}

absl::StatusOr<uint64_t> CountOverlaid(Store* store, uint32_t dataset, const IndexExtent& extent,
                                       const std::vector<Key128>& keys) {
  if (extent.overlay_entries == 0) return 0;
  std::vector<std::string> store_keys;
  store_keys.reserve(keys.size());
  for (const Key128& key : keys) store_keys.push_back(OverlayKey(dataset, extent.generation, key));
  ASSIGN_OR_RETURN(const auto found, store->MultiGet(Family::kIndex, store_keys));
  return std::count_if(found.begin(), found.end(), [](const auto& entry) { return entry.has_value(); });
}

IndexPageWriter::IndexPageWriter(std::unique_ptr<BulkWriter> out, uint32_t dataset, uint64_t generation)
    : out_(std::move(out)), prefix_(layout::IndexPart(dataset, generation, 'l')) {}

absl::Status IndexPageWriter::Add(const IndexEntry& entry) {
  page_.append(entry.key.view().data(), 16);
  page_.append(entry.fingerprint.view().data(), 16);
  ++entries_;
  if (page_.size() == kPageEntries * kEntryBytes) return FlushPage();
  return absl::OkStatus();
}

absl::Status IndexPageWriter::FlushPage() {
  if (page_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(out_->Add(prefix_ + page_.substr(page_.size() - kEntryBytes, 16), page_));
  page_.clear();
  return absl::OkStatus();
}

absl::Status IndexPageWriter::AddRow(const std::string& key, absl::string_view value) {
  RETURN_IF_ERROR(FlushPage());
  return out_->Add(key, value);
}

absl::Status IndexPageWriter::Finish() {
  RETURN_IF_ERROR(FlushPage());
  return out_->Finish();
}

void PutOverlay(uint32_t dataset, uint64_t generation, const Key128& key,
                const std::optional<Fingerprint128>& fingerprint, Batch* batch) {
  batch->Put(Family::kIndex, OverlayKey(dataset, generation, key),
             fingerprint ? std::string(fingerprint->view()) : std::string());
}

}  // namespace sabun
