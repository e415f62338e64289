#include "engine/store/index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/store/layout.h"
#include "tests/support/temp_directory.h"

namespace sabun {
namespace {

constexpr uint32_t kDataset = 7;

Key128 KeyOf(uint64_t number) {
  Key128 key;
  for (int i = 0; i < 8; ++i) key.bytes[7 - i] = static_cast<unsigned char>(number >> (8 * i));
  return key;
}
Fingerprint128 PrintOf(uint64_t number) { return Fingerprint128::From(KeyOf(number).bytes.data()); }

class IndexTest : public testing::Test {
 protected:
  void WritePages(const std::vector<uint64_t>& keys) {
    IndexPageWriter writer(*store_->NewBulkWriter(Family::kIndex), kDataset, 1);
    for (const uint64_t key : keys) ASSERT_TRUE(writer.Add({KeyOf(key), PrintOf(key)}).ok());
    ASSERT_TRUE(writer.Finish().ok());
    extent_ = {1, writer.entries(), 0};
  }
  void Overlay(uint64_t key, std::optional<uint64_t> print) {
    Batch batch;
    PutOverlay(kDataset, 1, KeyOf(key), print ? std::optional(PrintOf(*print)) : std::nullopt, &batch);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    ++extent_.overlay_entries;
  }
  std::map<Key128, Fingerprint128> ReadAll() {
    std::map<Key128, Fingerprint128> entries;
    IndexScan scan(store_.get(), kDataset, extent_);
    for (; scan.Valid(); scan.Next()) entries[scan.entry().key] = scan.entry().fingerprint;
    proof_ = scan.Proof();
    return entries;
  }

  std::unique_ptr<Store> store_ = NewMemoryStore();
  IndexExtent extent_;
  absl::Status proof_;
};

TEST_F(IndexTest, PagesAndOverlayReadAsOneMap) {
  WritePages({2, 4, 6});
  Overlay(1, 1);
  Overlay(4, 44);
  Overlay(6, std::nullopt);
  Overlay(9, 9);
  const std::map<Key128, Fingerprint128> expected{
      {KeyOf(1), PrintOf(1)}, {KeyOf(2), PrintOf(2)}, {KeyOf(4), PrintOf(44)}, {KeyOf(9), PrintOf(9)}};
  EXPECT_EQ(ReadAll(), expected);
  EXPECT_TRUE(proof_.ok()) << proof_;
}

TEST_F(IndexTest, EqualsAMapOverRandomContents) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 30; ++round) {
    store_ = NewMemoryStore();
    std::map<Key128, Fingerprint128> model;
    std::vector<uint64_t> paged;
    for (uint64_t key = 0; key < 3'000; ++key) {
      if (random() % 2 == 0) paged.push_back(key);
    }
    WritePages(paged);
    for (const uint64_t key : paged) model[KeyOf(key)] = PrintOf(key);
    for (uint64_t key = 0; key < 3'000; key += 1 + random() % 40) {
      const bool hide = random() % 2 == 0;
      Overlay(key, hide ? std::nullopt : std::optional(key + 1));
      if (hide)
        model.erase(KeyOf(key));
      else
        model[KeyOf(key)] = PrintOf(key + 1);
    }
    EXPECT_EQ(ReadAll(), model);
    EXPECT_TRUE(proof_.ok()) << proof_;
    IndexLookup lookup(store_.get(), kDataset, extent_);
    for (uint64_t key = 0; key < 3'010; key += 7) {
      const auto found = *lookup.Find(KeyOf(key));
      const auto expected = model.find(KeyOf(key));
      ASSERT_EQ(found.has_value(), expected != model.end());
      if (found) {
        EXPECT_EQ(*found, expected->second);
      }
    }
  }
}

TEST_F(IndexTest, MissingPageIsNotProvenComplete) {
  std::vector<uint64_t> keys;
  for (uint64_t key = 0; key < 2'000; ++key) keys.push_back(key);
  WritePages(keys);
  Batch batch;
  batch.Delete(Family::kIndex, layout::IndexPart(kDataset, 1, 'l') + std::string(KeyOf(1'023).view()));
  ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  EXPECT_EQ(ReadAll().size(), 2'000u - 512u);
  EXPECT_EQ(proof_.code(), absl::StatusCode::kDataLoss);
}

TEST_F(IndexTest, GenerationOfAnEarlierVersionReadsTheSame) {
  std::vector<uint64_t> keys;
  for (uint64_t key = 1; key < 2'000; ++key) keys.push_back(3 * key);
  WritePages(keys);
  const auto expected = ReadAll();
  Batch batch;
  const std::string now = layout::IndexPart(kDataset, 1, 'l'), before = layout::IndexPart(kDataset, 1, 'p');
  for (auto page = store_->NewScan(Family::kIndex, now, layout::After(now)); page->Valid(); page->Next()) {
    batch.Put(Family::kIndex, before + std::string(page->value().substr(0, 16)), std::string(page->value()));
    batch.Delete(Family::kIndex, std::string(page->key()));
  }
  ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
  EXPECT_EQ(ReadAll(), expected);
  EXPECT_TRUE(proof_.ok()) << proof_;
  IndexLookup lookup(store_.get(), kDataset, extent_);
  for (uint64_t key = 0; key < 6'010; ++key) {
    ASSERT_EQ(lookup.Find(KeyOf(key))->has_value(), expected.count(KeyOf(key)) == 1) << key;
  }
  IndexScan part(store_.get(), kDataset, extent_, {KeyOf(2'000), KeyOf(4'000)});
  EXPECT_EQ(part.entry().key, KeyOf(2'001));
}

TEST_F(IndexTest, MissingOverlayEntryIsNotProvenComplete) {
  WritePages({1});
  Overlay(2, 2);
  ++extent_.overlay_entries;
  ReadAll();
  EXPECT_EQ(proof_.code(), absl::StatusCode::kDataLoss);
}

TEST_F(IndexTest, ScanThatWasNotRunToItsEndProvesNothing) {
  WritePages({1, 2});
  IndexScan scan(store_.get(), kDataset, extent_);
  EXPECT_EQ(scan.Proof().code(), absl::StatusCode::kDataLoss);
}

TEST_F(IndexTest, RangesTogetherReadAsTheWhole) {
  std::vector<uint64_t> keys;
  for (uint64_t key = 0; key < 2'000; ++key) keys.push_back(key * 3);
  WritePages(keys);
  for (uint64_t key = 1; key < 6'000; key += 500) Overlay(key, key);
  Overlay(300, std::nullopt);
  const std::map<Key128, Fingerprint128> whole = ReadAll();
  for (const uint64_t cut : {0, 1, 300, 301, 1'536, 3'000, 5'997, 9'000}) {
    IndexScan below(store_.get(), kDataset, extent_, {std::nullopt, KeyOf(cut)});
    IndexScan above(store_.get(), kDataset, extent_, {KeyOf(cut), std::nullopt});
    std::map<Key128, Fingerprint128> entries;
    for (; below.Valid(); below.Next()) {
      EXPECT_LT(below.entry().key, KeyOf(cut));
      entries[below.entry().key] = below.entry().fingerprint;
    }
    EXPECT_EQ(below.Proof().code(), absl::StatusCode::kDataLoss);
    for (; above.Valid(); above.Next()) entries[above.entry().key] = above.entry().fingerprint;
    EXPECT_EQ(entries, whole) << cut;
    EXPECT_TRUE(IndexScan::Proof({&below, &above}).ok()) << cut;
    EXPECT_FALSE(IndexScan::Proof({&above, &below}).ok());
    EXPECT_FALSE(IndexScan::Proof({&below, &below}).ok());
  }
}

// In RocksDB a page's memory goes when the scan moves on.
TEST(IndexOnRocksTest, PagesFollowOnEachOther) {
  const TempDirectory directory;
  RocksStoreOptions options;
  options.directory = directory.path();
  options.encryption_key = std::string(32, 'k');
  options.cache_bytes = 1 << 20;
  const std::unique_ptr<Store> store = *OpenRocksStore(options);
  IndexPageWriter writer(*store->NewBulkWriter(Family::kIndex), kDataset, 1);
  for (uint64_t key = 0; key < 20'000; ++key) ASSERT_TRUE(writer.Add({KeyOf(key), PrintOf(key)}).ok());
  ASSERT_TRUE(writer.Finish().ok());
  IndexScan scan(store.get(), kDataset, {1, writer.entries(), 0});
  uint64_t next = 0;
  for (; scan.Valid(); scan.Next(), ++next) ASSERT_EQ(scan.entry().key, KeyOf(next));
  EXPECT_TRUE(scan.Proof().ok()) << scan.Proof();
  EXPECT_EQ(next, 20'000u);
}

TEST_F(IndexTest, OverlayIsFoundInAnyOrderOfKeys) {
  WritePages({1});
  for (uint64_t key = 0; key < 100; key += 2) Overlay(key, key % 4 == 0 ? std::nullopt : std::optional(key));
  IndexLookup lookup(store_.get(), kDataset, extent_);
  for (const uint64_t key : {3, 2, 4, 5, 50, 51, 98, 99, 0, 97, 1}) {
    EXPECT_EQ(*lookup.IsOverlaid(KeyOf(key)), key % 2 == 0) << key;
  }
}

TEST_F(IndexTest, OverlaidKeysAreCounted) {
  WritePages({1});
  EXPECT_EQ(*CountOverlaid(store_.get(), kDataset, extent_, {KeyOf(1), KeyOf(2)}), 0u);
  for (const uint64_t key : {2, 3, 5}) Overlay(key, key == 3 ? std::nullopt : std::optional(key));
  EXPECT_EQ(*CountOverlaid(store_.get(), kDataset, extent_, {KeyOf(5), KeyOf(1), KeyOf(3), KeyOf(4)}), 2u);
}

TEST_F(IndexTest, DamagedPagesAreDataLoss) {
  const std::string page_key = layout::IndexPart(kDataset, 1, 'l') + std::string(KeyOf(1).view());
  const std::string entry = std::string(KeyOf(1).view()) + std::string(PrintOf(1).view());
  for (const std::string& page : {std::string(), entry.substr(1), entry + entry}) {
    Batch batch;
    batch.Put(Family::kIndex, page_key, page);
    ASSERT_TRUE(store_->Commit(batch, Durability::kSynced).ok());
    extent_ = {1, page.size() / 32, 0};
    ReadAll();
    EXPECT_EQ(proof_.code(), absl::StatusCode::kDataLoss) << page.size();
  }
}

}  // namespace
}  // namespace sabun
