#include "engine/store/stretches.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/store/layout.h"

namespace sabun {
namespace {

const std::string kSecretMark(16, 'm');

Key128 PageKey(uint64_t number) { return Key128::Smallest((number + 1) * 0x0001'0000'0000'0000); }
Fingerprint128 PagePrint(uint64_t number) { return Fingerprint128::From(PageKey(number * 7).bytes.data()); }

Stretch AnyStretch(uint32_t number) {
  Stretch stretch;
  stretch.hash = PagePrint(number);
  stretch.sum = number * 1'000'003;
  stretch.anchor = number ^ 0xABCD'0000;
  stretch.bytes = Stretch::kMostBytes - number;
  stretch.rows = 1 + number % Stretch::kMostRows;
  return stretch;
}

// Pages of so many keys, and what is known of them.
class StretchesTest : public testing::Test {
 protected:
  void SetIndex(uint64_t keys) {
    IndexPageWriter writer(*store_->NewBulkWriter(Family::kIndex), 1, 5);
    for (uint64_t key = 0; key < keys; ++key) ASSERT_TRUE(writer.Add({PageKey(key), PagePrint(key)}).ok());
    ASSERT_TRUE(writer.Finish().ok());
    extent_ = {5, keys, 0};
  }
  // Nothing: the overlay hides the page's.
  void Overlay(uint64_t key, std::optional<uint64_t> print) {
    Batch batch;
    PutOverlay(1, 5, PageKey(key), print ? std::optional(PagePrint(*print)) : std::nullopt, &batch);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    ++extent_.overlay_entries;
  }
  void Replace(const StretchTable& table, const std::map<uint64_t, uint32_t>& numbers) {
    NumberRows rows(table.size());
    for (uint64_t key = 0; key < extent_.page_entries; ++key) {
      rows.Add(PageKey(key), numbers.contains(key) ? numbers.at(key) : 0);
    }
    Batch batch;
    StretchWriter(1, 5, kSecretMark).Replace(table, std::move(rows), &batch);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  }
  std::optional<StretchTable> Read(const std::string& mark = kSecretMark) {
    return *StretchTable::Read(store_.get(), 1, extent_, mark);
  }
  // The numbers of the entries from `begin` on.
  std::map<uint64_t, uint32_t> Numbers(const StretchTable& table, std::optional<uint64_t> begin = std::nullopt) {
    NumberScan numbers(store_.get(), 1, extent_, table.changes());
    KeyRange range;
    if (begin) {
      range.begin = PageKey(*begin);
      EXPECT_TRUE(numbers.Seek(*range.begin).ok());
    }
    std::map<uint64_t, uint32_t> all;
    for (IndexScan index(store_.get(), 1, extent_, range); index.Valid(); index.Next()) {
      if (!index.in_pages()) continue;
      const uint32_t number = numbers.Of(index);
      if (number != 0) all[index.entry().key.FirstWord() / 0x0001'0000'0000'0000 - 1] = number;
    }
    return all;
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  IndexExtent extent_;
};

StretchTable StretchesUpTo(uint32_t size) {
  StretchTable table;
  for (uint32_t number = 1; number <= size; ++number) table.Set(number, AnyStretch(number));
  return table;
}

TEST_F(StretchesTest, TableComesBackAsItWasWritten) {
  SetIndex(10'000);
  std::map<uint64_t, uint32_t> numbers;
  for (uint64_t key = 0; key < 10'000; key += 3) numbers[key] = 1 + static_cast<uint32_t>(key * 31 % 3'000);
  Replace(StretchesUpTo(3'000), numbers);
  const auto table = Read();
  ASSERT_TRUE(table);
  ASSERT_EQ(table->size(), 3'000u);
  for (uint32_t number = 1; number <= 3'000; ++number) ASSERT_EQ(table->Get(number), AnyStretch(number));
  EXPECT_EQ(Numbers(*table), numbers);
  // A second one takes its place, though it is smaller.
  Replace(StretchesUpTo(2), {{7, 2}});
  EXPECT_EQ(Read()->size(), 2u);
  EXPECT_EQ(Numbers(*Read()), (std::map<uint64_t, uint32_t>{{7, 2}}));
}

TEST_F(StretchesTest, StepsAreTakenInOrder) {
  SetIndex(100);
  Replace(StretchesUpTo(3), {{1, 1}, {2, 2}, {50, 3}});
  StretchTable table = *Read();
  table.Set(2, AnyStretch(20));
  table.Set(4, AnyStretch(4));
  Batch first;
  StretchWriter(1, 5, kSecretMark).Step(table, {2, 4}, {{PageKey(2), 4}, {PageKey(60), 2}}, &first);
  ASSERT_TRUE(store_->Commit(first, Durability::kSynced).ok());
  table = *Read();
  EXPECT_EQ(table.size(), 4u);
  EXPECT_EQ(table.Get(2), AnyStretch(20));
  EXPECT_EQ(table.Get(4), AnyStretch(4));
  EXPECT_EQ(Numbers(table), (std::map<uint64_t, uint32_t>{{1, 1}, {2, 4}, {50, 3}, {60, 2}}));
  table.Set(4, {});
  Batch second;
  StretchWriter(1, 5, kSecretMark).Step(table, {4}, {{PageKey(2), 0}}, &second);
  ASSERT_TRUE(store_->Commit(second, Durability::kSynced).ok());
  EXPECT_EQ(Read()->Get(4).rows, 0u);
  EXPECT_EQ(Numbers(*Read()), (std::map<uint64_t, uint32_t>{{1, 1}, {50, 3}, {60, 2}}));
  // They count until the next whole table.
  EXPECT_TRUE(StretchWriter::IsLong(*Read()));
  Replace(*Read(), Numbers(*Read()));
  EXPECT_FALSE(StretchWriter::IsLong(*Read()));
  EXPECT_EQ(Numbers(*Read()), (std::map<uint64_t, uint32_t>{{1, 1}, {50, 3}, {60, 2}}));
}

TEST_F(StretchesTest, NumbersStayWithTheirEntriesWhateverTheOverlayHidesOrAdds) {
  SetIndex(20'000);
  std::map<uint64_t, uint32_t> numbers;
  for (uint64_t key = 0; key < 20'000; ++key) numbers[key] = 1 + static_cast<uint32_t>(key % 999);
  Replace(StretchesUpTo(1'000), numbers);
  std::mt19937 random(3);
  for (int i = 0; i < 3'000; ++i) {
    const uint64_t key = random() % 20'000;
    if (!numbers.contains(key)) continue;
    const bool hides = random() % 2 == 0;
    Overlay(key, hides ? std::nullopt : std::optional(key + 1));
    if (hides) numbers.erase(key);
  }
  for (uint64_t key = 20'000; key < 20'050; ++key) Overlay(key, key);  // without a page
  const auto table = Read();
  EXPECT_EQ(Numbers(*table), numbers);
  for (const uint64_t begin : {0, 1, 4'095, 4'096, 4'097, 12'345, 19'999}) {
    const std::map<uint64_t, uint32_t> rest(numbers.lower_bound(begin), numbers.end());
    EXPECT_EQ(Numbers(*table, begin), rest) << begin;
  }
}

TEST_F(StretchesTest, OfAnotherSecretOrGenerationThereIsNone) {
  SetIndex(10);
  EXPECT_FALSE(Read());
  Replace(StretchesUpTo(1), {{1, 1}});
  EXPECT_TRUE(Read());
  EXPECT_FALSE(Read(std::string(16, 'n')));
  extent_.generation = 6;
  EXPECT_FALSE(Read());
  extent_ = {5, 11, 0};
  EXPECT_FALSE(Read());
}

TEST_F(StretchesTest, RowsThatAreNoneAreNoTable) {
  SetIndex(10);
  for (const char part : {'t', 'u'}) {
    for (const size_t size : {3, 4, 31, 33, 41}) {
      Replace(StretchesUpTo(3), {{1, 1}});
      Batch batch;
      batch.Put(Family::kIndex, layout::Numbered(layout::IndexPart(1, 5, part), 0), std::string(size, '\x7F'));
      ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
      EXPECT_FALSE(Read()) << part << size;
    }
  }
  Replace(StretchesUpTo(3), {{1, 1}});
  Batch batch;
  batch.Put(Family::kIndex, layout::IndexPart(1, 5, 'n') + std::string(16, '\0'), "damaged");
  ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  EXPECT_TRUE(Numbers(*Read()).empty());
}

}  // namespace
}  // namespace sabun
