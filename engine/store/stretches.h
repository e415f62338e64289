// Where the stretches of a source's file lie beside the index generation that has their rows. They are a help, never
// the truth: nothing follows from a stretch before the index itself was summed up. Layout: engine/FORMATS.md,
// "Stretches".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/record/stretch.h"
#include "engine/store/index.h"
#include "engine/store/stretch_keeper.h"

namespace sabun {

// Makes the rows that say of each page entry of a generation, in key order, the number of its stretch; 0: none.
class NumberRows {
 public:
  // No number is greater than `most`.
  explicit NumberRows(uint32_t most);
  // The next entry.
  void Add(const Key128& key, uint32_t number) {
    if (pending_.size() >= kEntriesInRow) EndRow(key);
    pending_.push_back(number);
    ++size_;
  }
  // The next entry, which the overlay hides.
  void AddHidden() {
    pending_.push_back(0);
    ++size_;
  }
  // After the last entry: rows by their first key; before the first one's nothing lies.
  std::vector<std::pair<Key128, std::string>> Finish();
  uint64_t size() const { return size_; }

 private:
  static constexpr size_t kEntriesInRow = 4'096;
  void EndRow(const Key128& next);

  int bits_;
  Key128 first_;  // of those that are pending
  std::vector<uint32_t> pending_;
  std::vector<std::pair<Key128, std::string>> rows_;
  uint64_t size_ = 0;
};

// Numbers that some entries have now; keys ascend.
using NumberChanges = std::vector<std::pair<Key128, uint32_t>>;

// The stretches of a generation, as they are stored: numbers from 1 on.
class StretchTable {
 public:
  static constexpr size_t kStretchBytes = 32;

  // Nothing when there is none of that generation, or one of another secret (`mark`, 16 bytes), or it does not fit the
  // generation. Errors: those of the store.
  static absl::StatusOr<std::optional<StretchTable>> Read(Store* store, uint32_t dataset, const IndexExtent& extent,
                                                          absl::string_view mark);

  uint32_t size() const { return static_cast<uint32_t>(bytes_.size() / kStretchBytes); }
  Stretch Get(uint32_t number) const;
  void Reserve(uint32_t size) { bytes_.reserve(size * kStretchBytes); }
  // Sets one, which may be the one behind the last.
  void Set(uint32_t number, const Stretch& stretch);
  // Those entries whose number is not as the generation's rows have it.
  const NumberChanges& changes() const { return changes_; }
  void Change(const NumberChanges& changes);

 private:
  friend class StretchWriter;

  std::string bytes_;
  NumberChanges changes_;
  uint64_t next_step_ = 0;   // of the rows that say what changed since the table was written
  uint64_t step_bytes_ = 0;  // of those
};

// The numbers of the entries that a scan of the index passes. What cannot be read is 0. Not thread safe.
class NumberScan {
 public:
  // `changes` outlive it.
  NumberScan(Store* store, uint32_t dataset, const IndexExtent& extent, const NumberChanges& changes);
  // Of rows that NumberRows made.
  explicit NumberScan(std::vector<std::pair<Key128, std::string>> made);
  // Goes to the first page entry at or behind `key`. Errors: those of the store.
  absl::Status Seek(const Key128& key);
  // The number of the scan's present entry, which a page has too. `index` began where this did, and is asked about in
  // order.
  uint32_t Of(const IndexScan& index);
  // Probably the number of the entry that comes `ahead` behind the last one that was asked about.
  uint32_t Guess(size_t ahead) const { return next_ + ahead < numbers_.size() ? numbers_[next_ + ahead] : 0; }

 private:
  bool HasRow() const { return rows_ != nullptr ? rows_->Valid() : next_made_ < made_.size(); }
  void NextRow();
  void LoadRow();

  Store* store_ = nullptr;
  uint32_t dataset_ = 0;
  IndexExtent extent_;
  std::string prefix_;
  std::unique_ptr<Scan> rows_;  // null: those of made_
  std::vector<std::pair<Key128, std::string>> made_;
  size_t next_made_ = 0;
  std::vector<uint32_t> numbers_;  // of the present row
  size_t next_ = 0;                // of those
  uint64_t passed_ = 0;            // entries of pages
  uint32_t number_ = 0;            // of the last one
  NumberChanges::const_iterator next_change_, last_change_;
};

class StretchWriter {
 public:
  StretchWriter(uint32_t dataset, uint64_t generation, absl::string_view mark)
      : dataset_(dataset), generation_(generation), mark_(mark) {}

  // Everything anew, beside a generation that is being written.
  absl::Status Write(const StretchTable& table, NumberRows numbers, const StretchKeeper::PutRow& put) const;
  // In the place of what is there.
  void Replace(const StretchTable& table, NumberRows numbers, Batch* batch) const;
  // Only what changed since `table` was read: these stretches of it, and the numbers of these entries.
  void Step(const StretchTable& table, const std::vector<uint32_t>& stretches, const NumberChanges& numbers,
            Batch* batch) const;
  // Whether so much changed that Replace is due.
  static bool IsLong(const StretchTable& table) { return table.step_bytes_ > table.bytes_.size(); }

 private:
  const uint32_t dataset_;
  const uint64_t generation_;
  const std::string mark_;
};

}  // namespace sabun
