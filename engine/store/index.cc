#include "engine/store/index.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/store/layout.h"

namespace sabun {
namespace {

constexpr size_t kEntryBytes = 32;
constexpr size_t kPageEntries = 512;

std::unique_ptr<Scan> ScanPart(Store* store, uint32_t dataset, uint64_t generation, char part) {
  const std::string prefix = layout::IndexPart(dataset, generation, part);
  return store->NewScan(Family::kIndex, prefix, layout::After(prefix));
}

Key128 KeyAtEnd(absl::string_view store_key) { return Key128::From(store_key.data() + store_key.size() - 16); }

}  // namespace

IndexScan::IndexScan(Store* store, uint32_t dataset, const IndexExtent& extent)
    : extent_(extent),
      pages_(ScanPart(store, dataset, extent.generation, 'p')),
      overlay_(ScanPart(store, dataset, extent.generation, 'o')) {
  LoadPage();
  Next();
}

void IndexScan::LoadPage() {
  page_position_ = page_size_ = 0;
  if (!pages_->Valid()) return;
  page_ = pages_->value();
  page_size_ = page_.size() / kEntryBytes;
  if (page_.empty() || page_.size() % kEntryBytes != 0) disordered_ = true;
}

void IndexScan::Next() {
  valid_ = false;
  while (!disordered_) {
    if (page_position_ == page_size_ && pages_->Valid()) {
      pages_->Next();
      LoadPage();
      continue;
    }
    const bool has_page = page_position_ < page_size_;
    const bool has_overlay = overlay_->Valid();
    if (!has_page && !has_overlay) return;
    const char* raw = page_.data() + page_position_ * kEntryBytes;
    std::strong_ordering order = has_page ? std::strong_ordering::less : std::strong_ordering::greater;
    if (has_page && has_overlay) order = Key128::From(raw) <=> KeyAtEnd(overlay_->key());
    if (order <= 0) {
      entry_ = {Key128::From(raw), Fingerprint128::From(raw + 16)};
      if (!first_ && entry_.key <= last_page_key_) disordered_ = true;
      first_ = false;
      last_page_key_ = entry_.key;
      TakePage();
      if (order < 0) {
        valid_ = !disordered_;
        return;
      }
    }
    // The overlay's entry is next, and hides the page's of the same key.
    entry_.key = KeyAtEnd(overlay_->key());
    const absl::string_view value = overlay_->value();
    const bool hidden = value.empty();
    if (!hidden && value.size() != 16) disordered_ = true;
    if (!hidden && value.size() == 16) entry_.fingerprint = Fingerprint128::From(value.data());
    overlay_->Next();
    ++overlay_read_;
    if (hidden) continue;
    valid_ = !disordered_;
    return;
  }
}

absl::Status IndexScan::Proof() const {
  RETURN_IF_ERROR(pages_->status());
  RETURN_IF_ERROR(overlay_->status());
  if (disordered_) return absl::DataLossError("index: a page is damaged or out of order");
  if (valid_) return absl::DataLossError("index: the scan was not run to its end");
  if (pages_read_ != extent_.page_entries || overlay_read_ != extent_.overlay_entries) {
    return absl::DataLossError("index: fewer or more entries than the catalog counts");
  }
  return absl::OkStatus();
}

IndexLookup::IndexLookup(Store* store, uint32_t dataset, const IndexExtent& extent)
    : overlay_prefix_(layout::IndexPart(dataset, extent.generation, 'o')),
      page_prefix_(layout::IndexPart(dataset, extent.generation, 'p')),
      pages_(ScanPart(store, dataset, extent.generation, 'p')),
      overlay_(ScanPart(store, dataset, extent.generation, 'o')) {}

absl::StatusOr<bool> IndexLookup::IsOverlaid(const Key128& key) {
  overlay_->Seek(overlay_prefix_ + std::string(key.view()));
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
  pages_->SeekBack(page_prefix_ + std::string(key.view()));
  RETURN_IF_ERROR(pages_->status());
  if (!pages_->Valid()) return std::optional<Fingerprint128>();
  const absl::string_view page = pages_->value();
  if (page.size() % kEntryBytes != 0) return absl::DataLossError("index: a page is damaged");
  size_t low = 0, high = page.size() / kEntryBytes;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const Key128 there = Key128::From(page.data() + middle * kEntryBytes);
    if (there == key) return std::optional(Fingerprint128::From(page.data() + middle * kEntryBytes + 16));
    if (there < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::optional<Fingerprint128>();
}

IndexPageWriter::IndexPageWriter(std::unique_ptr<BulkWriter> out, uint32_t dataset, uint64_t generation)
    : out_(std::move(out)), prefix_(layout::IndexPart(dataset, generation, 'p')) {}

absl::Status IndexPageWriter::Add(const IndexEntry& entry) {
  page_.append(entry.key.view().data(), 16);
  page_.append(entry.fingerprint.view().data(), 16);
  ++entries_;
  if (page_.size() == kPageEntries * kEntryBytes) return FlushPage();
  return absl::OkStatus();
}

absl::Status IndexPageWriter::FlushPage() {
  if (page_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(out_->Add(prefix_ + page_.substr(0, 16), page_));
  page_.clear();
  return absl::OkStatus();
}

absl::Status IndexPageWriter::Finish() {
  RETURN_IF_ERROR(FlushPage());
  return out_->Finish();
}

void PutOverlay(uint32_t dataset, uint64_t generation, const Key128& key,
                const std::optional<Fingerprint128>& fingerprint, Batch* batch) {
  std::string store_key = layout::IndexPart(dataset, generation, 'o');
  store_key.append(key.view().data(), 16);
  batch->Put(Family::kIndex, std::move(store_key), fingerprint ? std::string(fingerprint->view()) : std::string());
}

}  // namespace sabun
