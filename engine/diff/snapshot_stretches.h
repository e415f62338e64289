// The stretches of one snapshot: what the adapter may claim, what it claimed and formed, and what of that the index
// bears out.
//
// A claim says that rows are in the extract as they were when their stretch was formed. It counts only when the index
// still holds exactly these rows: the words of all its entries that have the stretch's number must sum up to what the
// rows had. So a stretch that was left behind by whatever moved the index since is found out, and the table of
// stretches may be lost, old or absent without harm.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/fingerprint/keyed_hash.h"
#include "engine/record/row_entry.h"
#include "engine/record/row_range.h"
#include "engine/store/stretches.h"

namespace sabun {

struct StretchOptions {
  uint64_t memory_bytes = 192 << 20;
  bool forget = false;  // nothing may be claimed
  // Changes cut stretches into shorter ones; when they have fewer rows on average, all are formed anew.
  uint64_t fewest_rows = 10;
};

// In this order: Claim and Form; EndIntake; parts and Join; NumberOf and Spoil; what is sealed. Not thread safe but for
// const calls and Spoil.
class SnapshotStretches : public StretchKeeper {
 public:
  static constexpr size_t kOfferedBytes = 24;  // of each

  // Of the index as it is; `mark` is that of the secret. Null: the index is too large for the memory, and stretches are
  // not used. Errors: those of the store.
  static absl::StatusOr<std::unique_ptr<SnapshotStretches>> Begin(Store* store, uint32_t dataset,
                                                                  const IndexExtent& extent, std::string mark,
                                                                  const StretchOptions& options);

  // How many may be claimed, and as bytes those from `first` (of 0) to before `end`.
  uint32_t offered() const { return offered_; }
  std::string Offer(uint32_t first, uint32_t end) const;

  // Takes note of the claims of a message and gives the rows they stand for. Errors: INVALID_ARGUMENT, ABORTED (a
  // stretch is claimed twice).
  absl::StatusOr<std::vector<RowRange>> Claim(const StretchBlock& block);
  // Takes note of what the message forms of its rows. Errors: INVALID_ARGUMENT.
  absl::Status Form(const StretchBlock& block, uint64_t first_ordinal, absl::Span<const RowRange> claimed,
                    absl::string_view entries);
  // Of all claims, as in End.claims_digest.
  std::string ClaimsDigest() const { return claims_ == 0 ? std::string() : digest_.Value(); }
  void EndIntake(uint64_t rows);

  // Whether entries have numbers already. Without them one part has to see the whole index.
  bool has_numbers() const { return offered_ > 0; }

  // One thread's part of the comparison, told of every entry of its range of the index, in key order.
  class Part {
   public:
    // `begin`: of the range; nothing: the first key. Errors: those of the store.
    static absl::StatusOr<Part> Begin(const SnapshotStretches& all, const IndexScan& scan,
                                      const std::optional<Key128>& begin);
    // To be called once for each entry, before one of the others: whether it belongs to a claimed stretch.
    bool IsClaimed();
    // The entry: it is claimed; has one row; or has none, or several.
    void Claimed();
    void Paired(const RowEntry& row);
    void Alone();
    // A row that is not in the index.
    void Added(const RowEntry& row);
    void Finish();

   private:
    friend class SnapshotStretches;
    Part(const SnapshotStretches& all, const IndexScan& scan);
    void Put(uint32_t number);

    const SnapshotStretches* all_;
    const IndexScan* scan_;
    std::unique_ptr<NumberScan> numbers_;  // null: no entry has one
    uint32_t number_ = 0;                  // of the present entry
    NumberRows rows_;                      // without numbers_
    NumberChanges changes_;                // with it, as long as there is room
    bool has_room_ = true;
    std::vector<uint64_t> sums_, formed_sums_, added_sums_;
  };
  // Errors: ABORTED when a claim is not borne out by the index, or too many entries have another number than before:
  // nothing may be derived from the comparison.
  absl::Status Join(std::vector<Part> parts);

  // The number of the stretch that the row was formed into; 0: none.
  uint32_t NumberOf(uint64_t ordinal) const;
  // The row is not taken, so what was formed of it says nothing. Thread safe.
  void Spoil(uint64_t ordinal);

  absl::Status Keep(Batch* batch) override;
  void BeginWrite() override;
  uint32_t NumberOf(const IndexScan& index) override { return numbers_->Of(index); }
  uint32_t most() const override { return most_number_; }
  absl::Status Write(uint64_t generation, NumberRows&& numbers, const PutRow& put) override;

 private:
  enum class Fate : uint8_t { kOther, kClaimed, kTaken };  // of a number; taken: by a stretch that was formed now
  static constexpr uint32_t kNone = ~uint32_t{0};
  static constexpr int kIndexShift = 6;

  SnapshotStretches(Store* store, uint32_t dataset, IndexExtent extent, std::string mark, size_t most)
      : store_(store), dataset_(dataset), extent_(extent), mark_(std::move(mark)), most_(most) {}
  uint32_t FormedOf(uint64_t ordinal) const;  // kNone
  // Brings the table up to what this snapshot found; the numbers that it changed.
  std::vector<uint32_t> Update(bool all_in_pages);

  Store* const store_;
  const uint32_t dataset_;
  const IndexExtent extent_;
  const std::string mark_;
  const size_t most_;  // stretches, and changes of numbers
  StretchTable table_;
  uint32_t offered_ = 0;
  uint32_t most_number_ = 0;
  std::vector<Fate> fates_;  // by number
  // What was formed, in the order of its rows; of each its first row, its rows and its number (before EndIntake that of
  // the one whose place it probably takes), which are looked up for every row.
  std::deque<Stretch> formed_;
  std::vector<uint32_t> formed_first_, formed_number_;
  std::vector<uint8_t> formed_rows_;
  std::vector<uint64_t> found_, added_;  // the words of the rows of each: in pages, and new
  std::vector<bool> spoilt_;
  std::vector<uint32_t> formed_from_;  // by ordinal >> kIndexShift: the first that ends behind it
  StreamDigest digest_;
  uint64_t claims_ = 0;
  uint32_t last_claimed_ = 0, formed_since_ = 0;
  std::vector<uint32_t> lost_;           // numbers whose stretch is no more
  NumberRows rows_{0};                   // without numbers before
  NumberChanges changes_;                // with them
  std::unique_ptr<NumberScan> numbers_;  // for a new generation
  Mutex spoil_mutex_;
};

}  // namespace sabun
