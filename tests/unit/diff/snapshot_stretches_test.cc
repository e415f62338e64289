#include "engine/diff/snapshot_stretches.h"

#include <gtest/gtest.h>

#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/diff/differ.h"
#include "engine/store/bucket_reader.h"

namespace sabun {
namespace {

Key128 RecordKey(uint64_t number) {
  Key128 key = Key128::Smallest((number + 1) * 0x9E37'79B9'7F4A'7C15);
  key.bytes[15] = 1;
  return key;
}
Fingerprint128 RowPrint(uint64_t number) { return Fingerprint128::From(RecordKey(number + 1'000'000).bytes.data()); }

// RowsByKey by key and content.
using RowsByKey = std::vector<std::pair<uint64_t, uint64_t>>;

// An index and its stretches through some snapshots, by the same calls as Snapshot makes.
class SnapshotStretchesTest : public testing::TestWithParam<size_t> {
 protected:
  void SetUp() override { Write({}); }
  // The index as a generation of its own.
  void Write(const std::map<uint64_t, uint64_t>& index) {
    std::map<Key128, Fingerprint128> sorted;
    for (const auto& [key, print] : index) sorted[RecordKey(key)] = RowPrint(print);
    IndexPageWriter pages(*store_->NewBulkWriter(Family::kIndex), 1, ++extent_.generation);
    std::optional<NumberRows> numbers;
    IndexScan old(store_.get(), 1, extent_before_);
    if (stretches_ != nullptr) {
      stretches_->BeginWrite();
      numbers.emplace(stretches_->most());
    }
    for (const auto& [key, print] : sorted) {
      while (old.Valid() && old.entry().key < key) old.Next();
      const bool kept = numbers && old.Valid() && old.entry().key == key;
      if (numbers) numbers->Add(key, kept ? stretches_->NumberOf(old) : added_.contains(key) ? added_.at(key) : 0);
      ASSERT_TRUE(pages.Add({key, print}).ok());
    }
    extent_ = {extent_.generation, pages.entries(), 0};
    if (numbers) {
      ASSERT_TRUE(stretches_
                      ->Write(extent_.generation, *std::move(numbers),
                              [&](const std::string& key, const std::string& row) { return pages.AddRow(key, row); })
                      .ok());
    }
    ASSERT_TRUE(pages.Finish().ok());
    extent_before_ = extent_;
    added_.clear();
  }
  void Keep() {
    Batch batch;
    ASSERT_TRUE(stretches_->Keep(&batch).ok());
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  void Overlay(uint64_t key, std::optional<uint64_t> print) {
    Batch batch;
    PutOverlay(1, extent_.generation, RecordKey(key), print ? std::optional(RowPrint(*print)) : std::nullopt, &batch);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    ++extent_.overlay_entries;
    extent_before_ = extent_;
  }

  void Begin(bool forget = false) {
    stretches_ = *SnapshotStretches::Begin(store_.get(), 1, extent_, std::string(16, 'm'), {4 << 20, forget, 2});
    rows_ = std::make_unique<RowRuns>(RunsOptions{testing::TempDir(), 1 << 20});
    ordinal_ = 0;
  }
  absl::Status Claim(uint32_t number) {
    const std::vector<uint64_t> ordinals = {ordinal_};
    const std::vector<uint32_t> numbers = {number};
    auto claimed = stretches_->Claim({ordinals, numbers, {}, {}});
    if (!claimed.ok()) return claimed.status();
    const absl::Status formed = stretches_->Form({ordinals, numbers, {}, {}}, ordinal_, *claimed, {});
    ordinal_ += claimed->front().rows;
    return formed;
  }
  void Send(const RowsByKey& rows, bool form = true) {
    std::string entries, formed;
    const std::vector<uint64_t> ordinals = {ordinal_};
    for (const auto& [key, print] : rows) {
      absl::StrAppend(&entries, RecordKey(key).view(), RowPrint(print).view());
      ASSERT_TRUE(rows_->Add({RecordKey(key), RowPrint(print), static_cast<uint32_t>(ordinal_++), 0}).ok());
    }
    const Fingerprint128 first = RowPrint(rows.front().second);
    absl::StrAppend(&formed, first.view(), first.view().substr(0, 4));
    AppendBig32(static_cast<uint32_t>(100 << 8 | rows.size()), &formed);
    StretchBlock block;
    if (form) block.formed_ordinals = ordinals;
    if (form) block.formed = formed;
    ASSERT_TRUE(stretches_->Form(block, ordinals[0], {}, entries).ok());
  }
  absl::Status Compare() {
    stretches_->EndIntake(ordinal_);
    if (!rows_->FinishAdding().ok()) return absl::InternalError("rows");
    difference_ = std::make_unique<Difference>(RunsOptions{testing::TempDir(), 1 << 20}, ordinal_);
    const absl::Status compared =
        DiffComplete(*rows_, {store_.get(), 1, extent_}, GetParam(), stretches_.get(), difference_.get());
    if (!compared.ok()) return compared;
    BucketReader<Candidate, CandidateByOrdinal> candidates(difference_->candidates);
    RETURN_IF_ERROR(candidates.Next());
    while (candidates.Valid()) {
      const Candidate candidate = candidates.Get();
      if (candidate.in_index == 0) added_[candidate.key] = stretches_->NumberOf(candidate.ordinal);
      RETURN_IF_ERROR(candidates.Next());
    }
    return compared;
  }
  // A first load of keys 0 to `count` - 1 with stretches of four rows.
  void Load(uint64_t count) {
    Begin();
    std::map<uint64_t, uint64_t> index;
    for (uint64_t key = 0; key < count; key += 4) {
      Send({{key, key}, {key + 1, key + 1}, {key + 2, key + 2}, {key + 3, key + 3}});
      for (uint64_t i = key; i < key + 4; ++i) index[i] = i;
    }
    ASSERT_TRUE(Compare().ok());
    Write(index);
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  IndexExtent extent_, extent_before_;
  std::unique_ptr<SnapshotStretches> stretches_;
  std::unique_ptr<RowRuns> rows_;
  uint64_t ordinal_ = 0;
  std::unique_ptr<Difference> difference_;
  std::map<Key128, uint32_t> added_;
};

TEST_P(SnapshotStretchesTest, ClaimedRowsAreUnchangedAndTheOthersGone) {
  Load(40);
  Begin();
  ASSERT_EQ(stretches_->offered(), 10u);
  for (const uint32_t number : {1, 2, 3, 5, 6, 7, 8, 10}) ASSERT_TRUE(Claim(number).ok());
  Send({{12, 12}, {13, 99}});
  ASSERT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->unchanged, 33u);
  EXPECT_EQ(difference_->candidates.count(), 1u);
  EXPECT_EQ(difference_->gone.count(), 6u);
}

TEST_P(SnapshotStretchesTest, ClaimThatTheIndexDoesNotBearOutIsRefused) {
  Load(40);
  Overlay(17, 99);
  Begin();
  for (uint32_t number = 1; number <= 10; ++number) ASSERT_TRUE(Claim(number).ok());
  EXPECT_EQ(Compare().code(), absl::StatusCode::kAborted);
  Begin();
  for (const uint32_t number : {1, 2, 3, 4, 6, 7, 8, 9, 10}) ASSERT_TRUE(Claim(number).ok());
  Send({{16, 16}, {17, 17}, {18, 18}, {19, 19}});
  EXPECT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->unchanged, 39u);
  Begin(/*forget=*/true);
  EXPECT_EQ(stretches_->offered(), 0u);
}

TEST_P(SnapshotStretchesTest, ClaimOfARecordThatWentIsRefused) {
  Load(40);
  Overlay(17, std::nullopt);
  Begin();
  for (uint32_t number = 1; number <= 10; ++number) ASSERT_TRUE(Claim(number).ok());
  EXPECT_EQ(Compare().code(), absl::StatusCode::kAborted);
}

TEST_P(SnapshotStretchesTest, RowBesideItsStretchIsRefused) {
  Load(8);
  Begin();
  ASSERT_TRUE(Claim(1).ok());
  ASSERT_TRUE(Claim(2).ok());
  Send({{5, 5}});
  EXPECT_EQ(Compare().code(), absl::StatusCode::kAborted);
}

TEST_P(SnapshotStretchesTest, WhatWasNotOfferedOrIsClaimedTwiceIsRefused) {
  Load(8);
  Begin();
  EXPECT_EQ(Claim(0).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Claim(3).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Claim(2).ok());
  EXPECT_EQ(Claim(2).code(), absl::StatusCode::kAborted);
}

TEST_P(SnapshotStretchesTest, StretchWithARowThatIsNotTakenIsNotOffered) {
  Load(8);
  Begin();
  ASSERT_TRUE(Claim(1).ok());
  Send({{4, 4}, {5, 50}, {6, 6}, {7, 7}});
  ASSERT_TRUE(Compare().ok());
  stretches_->Spoil(5);
  Keep();
  Begin();
  EXPECT_EQ(static_cast<int>(stretches_->Offer(0, 1).back()), 4);
  EXPECT_EQ(static_cast<int>(stretches_->Offer(1, 2).back()), 0);
}

TEST_P(SnapshotStretchesTest, RowsThatCameAgainOrHaveNoPageMakeNoStretch) {
  Load(8);
  Begin();
  ASSERT_TRUE(Claim(1).ok());
  Send({{4, 4}, {5, 5}, {5, 5}, {7, 7}});
  Send({{90, 90}, {91, 91}});
  ASSERT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->duplicate, 2u);
  Keep();
  Overlay(90, 90);
  Overlay(91, 91);
  Begin();
  const std::string offer = stretches_->Offer(0, stretches_->offered());
  for (uint32_t number = 2; number <= stretches_->offered(); ++number) {
    EXPECT_EQ(offer[number * SnapshotStretches::kOfferedBytes - 1], 0) << number;
  }
}

// Whatever an adapter gives for its fingerprint.
TEST_P(SnapshotStretchesTest, UnreadableRowMakesNoStretch) {
  Begin();
  const std::vector<uint64_t> ordinals = {0};
  const Key128 key = RecordKey(1);
  const std::string entries = absl::StrCat(key.view(), RowPrint(1).view(), std::string(32, '\0'));
  std::string formed(20, 'f');
  AppendBig32(100 << 8 | 2, &formed);
  ASSERT_TRUE(stretches_->Form({{}, {}, ordinals, formed}, 0, {}, entries).ok());
  ASSERT_TRUE(rows_->Add({key, RowPrint(1), 0, 0}).ok());
  ordinal_ = 2;
  ASSERT_TRUE(Compare().ok());
  Write({{1, 1}});
  Begin();
  EXPECT_EQ(stretches_->offered(), 0u);
}

TEST_P(SnapshotStretchesTest, AFormedStretchTakesTheNumberOfTheOneBefore) {
  Load(40);
  Begin();
  for (uint32_t number = 1; number <= 4; ++number) ASSERT_TRUE(Claim(number).ok());
  Send({{16, 16}, {17, 170}, {18, 18}, {19, 19}});
  for (uint32_t number = 6; number <= 10; ++number) ASSERT_TRUE(Claim(number).ok());
  ASSERT_TRUE(Compare().ok());
  Keep();
  Overlay(17, 170);
  Begin();
  EXPECT_EQ(stretches_->offered(), 10u);
  for (uint32_t number = 1; number <= 10; ++number) ASSERT_TRUE(Claim(number).ok());
  EXPECT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->unchanged, 40u);
}

// RowsByKey of a stretch that was cut by a piece's end come without being formed again: it is known the next day.
TEST_P(SnapshotStretchesTest, StretchWhoseRowsCameByThemselvesIsStillKnown) {
  Load(40);
  Begin();
  Send({{0, 0}, {1, 1}, {2, 2}, {3, 3}}, /*form=*/false);
  for (uint32_t number = 2; number <= 9; ++number) ASSERT_TRUE(Claim(number).ok());
  Send({{36, 360}, {37, 37}, {38, 38}, {39, 39}});
  ASSERT_TRUE(Compare().ok());
  Keep();
  Overlay(36, 360);
  Begin();
  for (uint32_t number = 1; number <= 10; ++number) ASSERT_TRUE(Claim(number).ok());
  EXPECT_TRUE(Compare().ok());
}

TEST_P(SnapshotStretchesTest, IndexWithoutNumbersGetsThemByTheNextSnapshot) {
  std::map<uint64_t, uint64_t> index;
  for (uint64_t key = 0; key < 20'000; ++key) index[key] = key;
  Write(index);
  Overlay(3, std::nullopt);
  Overlay(30'000, 30'000);
  Begin();
  ASSERT_EQ(stretches_->offered(), 0u);
  for (uint64_t key = 4; key < 20'000; key += 4)
    Send({{key, key}, {key + 1, key + 1}, {key + 2, key + 2}, {key + 3, key + 3}});
  Send({{30'000, 30'000}});
  ASSERT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->gone.count(), 3u);
  Keep();
  Begin();
  ASSERT_EQ(stretches_->offered(), 5'000u);
  for (uint32_t number = 1; number < 5'000; ++number) ASSERT_TRUE(Claim(number).ok());
  ASSERT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->unchanged, 19'996u);
  EXPECT_EQ(difference_->gone.count(), 4u);
}

TEST_P(SnapshotStretchesTest, IndexWithoutNumbersGetsThemWithNewPages) {
  std::map<uint64_t, uint64_t> index;
  for (uint64_t key = 0; key < 10'000; ++key) index[key] = key;
  Write(index);
  Begin();
  for (uint64_t key = 0; key < 10'000; key += 4) {
    Send({{key, key}, {key + 1, key + 10'000}, {key + 2, key + 2}, {key + 3, key + 3}});
    index[key + 1] = key + 10'000;
  }
  ASSERT_TRUE(Compare().ok());
  Write(index);
  Begin();
  ASSERT_EQ(stretches_->offered(), 2'500u);
  for (uint32_t number = 1; number <= 2'500; ++number) ASSERT_TRUE(Claim(number).ok());
  ASSERT_TRUE(Compare().ok());
  EXPECT_EQ(difference_->unchanged, 10'000u);
}

// Day after day some stretches change, and now and then the pages are written anew.
TEST_P(SnapshotStretchesTest, NumbersLastThroughManyDaysAndNewPages) {
  constexpr uint64_t kStretches = 300;
  Load(4 * kStretches);
  std::map<uint64_t, uint64_t> index;
  for (uint64_t key = 0; key < 4 * kStretches; ++key) index[key] = key;
  for (uint64_t day = 1; day <= 60; ++day) {
    Begin();
    uint64_t claimed = 0;
    for (uint64_t stretch = 0; stretch < kStretches; ++stretch) {
      if (stretch % 29 != day % 29) {
        ASSERT_TRUE(Claim(static_cast<uint32_t>(stretch) + 1).ok()) << day;
        claimed += 4;
        continue;
      }
      index[4 * stretch] += 10'000;
      RowsByKey rows;
      for (uint64_t key = 4 * stretch; key < 4 * stretch + 4; ++key) rows.emplace_back(key, index[key]);
      Send(rows);
    }
    ASSERT_TRUE(Compare().ok()) << "day " << day;
    EXPECT_EQ(difference_->unchanged + difference_->candidates.count(), 4 * kStretches);
    EXPECT_GT(claimed, 1'000u);
    if (day % 13 == 0) {
      Write(index);
      continue;
    }
    Keep();
    for (uint64_t stretch = 0; stretch < kStretches; ++stretch) {
      if (stretch % 29 == day % 29) Overlay(4 * stretch, index[4 * stretch]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, SnapshotStretchesTest, testing::Values(1, 2, 5));

}  // namespace
}  // namespace sabun
