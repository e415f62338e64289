// The index of a dataset: every record key that the last applied snapshot wants, with the fingerprint of its source
// row.
//
// A generation is written once, as pages of up to 512 sorted entries under one store key each, and is never changed.
// What changes later goes into an overlay with one store key an entry; an overlay entry without a fingerprint hides the
// page's. Reading merges the two. Layout: engine/FORMATS.md, "Index".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/record/ids.h"
#include "engine/store/store.h"

namespace sabun {

// As it lies in a page.
struct IndexEntry {
  Key128 key;
  Fingerprint128 fingerprint;
};
static_assert(sizeof(IndexEntry) == 32 && alignof(IndexEntry) == 1);

// Which generation is read, and how much of it there must be: kept in the catalog, proves a scan complete.
struct IndexExtent {
  uint64_t generation = 0;
  uint64_t page_entries = 0;
  uint64_t overlay_entries = 0;
};

// Which part of the keys: from `begin` on, before `end`; nothing means no bound.
struct KeyRange {
  std::optional<Key128> begin, end;
};

// The pages of a generation. A page bears the key of its last entry, so that the page of a key is found by one step
// forwards; it bears that of its first in generations of older versions, which are read as well. Not thread safe.
class IndexPages {
 public:
  IndexPages(Store* store, uint32_t dataset, uint64_t generation, ScanUse use);
  // Goes to the page that has the key if any does.
  void Seek(const Key128& key);
  Scan& scan() { return *scan_; }
  const Scan& scan() const { return *scan_; }

 private:
  std::string prefix_;
  std::unique_ptr<Scan> scan_;
  bool by_first_key_ = false;
};

// The entries of a range in key order, as they were when the scan was made. Not thread safe.
class IndexScan {
 public:
  IndexScan(Store* store, uint32_t dataset, const IndexExtent& extent, const KeyRange& range = {});

  bool Valid() const { return valid_; }
  // Valid until Next.
  const IndexEntry& entry() const { return *entry_; }
  void Next() {
    // Most entries follow on another of their page and have no part in the overlay.
    if (page_at_ != page_begin_ && page_at_ != page_end_ && page_at_[-1].key < page_at_->key &&
        (!overlay_key_ || page_at_->key < *overlay_key_)) {
      entry_ = page_at_++;
      ++pages_read_;
      in_pages_ = true;
    } else {
      Advance();
    }
  }
  // How many entries of pages were passed, the present one and hidden ones included; whether it is in a page, too.
  uint64_t pages_read() const { return pages_read_; }
  bool in_pages() const { return in_pages_; }

  // After the scan of the whole index ran to its end: OK only when every page and overlay entry that the catalog counts
  // was read, in order, without an error. Deletes may be derived from nothing less. Errors: DATA_LOSS.
  absl::Status Proof() const { return Proof({this}); }
  // The same for scans of ranges that follow on each other without a gap and together are the whole index.
  static absl::Status Proof(const std::vector<const IndexScan*>& parts);
  // OK when the scan ran to its end, in order and without an error: it may have left out what is missing.
  absl::Status Sound() const;

 private:
  void Advance();
  void LoadPage();
  void LoadOverlayKey();
  void TakeOverlay();

  IndexExtent extent_;
  KeyRange range_;
  IndexPages pages_;
  std::unique_ptr<Scan> overlay_;
  const IndexEntry *page_begin_ = nullptr, *page_at_ = nullptr, *page_end_ = nullptr;
  std::optional<Key128> last_key_;     // of the page before
  std::optional<Key128> overlay_key_;  // of the overlay's next entry
  uint64_t pages_read_ = 0, overlay_read_ = 0;
  bool valid_ = false, disordered_ = false, last_page_ = false, in_pages_ = false;
  const IndexEntry* entry_ = nullptr;
  IndexEntry overlay_entry_;
};

// Finds single entries; ascending keys are the fast way. Not thread safe.
class IndexLookup {
 public:
  IndexLookup(Store* store, uint32_t dataset, const IndexExtent& extent);
  absl::StatusOr<std::optional<Fingerprint128>> Find(const Key128& key);
  // Whether the overlay has an entry for the key, also one that hides it.
  absl::StatusOr<bool> IsOverlaid(const Key128& key);

 private:
  void SeekOverlay(const Key128& key);

  std::string overlay_prefix_;
  IndexPages pages_;
  std::unique_ptr<Scan> overlay_;  // null: it is empty
  bool overlay_keys_ascend_ = false;
  Key128 last_key_;
};

// How many of these keys, which are distinct, have an entry in the overlay, also one that hides a page's.
absl::StatusOr<uint64_t> CountOverlaid(Store* store, uint32_t dataset, const IndexExtent& extent,
                                       const std::vector<Key128>& keys);

// Writes the pages of a new generation. Not thread safe.
class IndexPageWriter {
 public:
  IndexPageWriter(std::unique_ptr<BulkWriter> out, uint32_t dataset, uint64_t generation);
  // Keys must ascend.
  absl::Status Add(const IndexEntry& entry);
  // After the last entry: rows of another part of the generation, whose keys are greater and ascend.
  absl::Status AddRow(const std::string& key, absl::string_view value);
  absl::Status Finish();
  uint64_t entries() const { return entries_; }

 private:
  absl::Status FlushPage();

  std::unique_ptr<BulkWriter> out_;
  std::string prefix_, page_;
  uint64_t entries_ = 0;
};

// The store key and value of an overlay entry; no fingerprint hides the key.
void PutOverlay(uint32_t dataset, uint64_t generation, const Key128& key,
                const std::optional<Fingerprint128>& fingerprint, Batch* batch);

}  // namespace sabun
