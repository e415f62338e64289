#include <gtest/gtest.h>

#include <random>

#include "engine/base/bytes.h"
#include "engine/record/change.h"
#include "engine/record/ids.h"
#include "engine/record/packed_fields.h"

namespace sabun {
namespace {

using Values = std::vector<std::string>;

std::string Encoded(const Values& values, const std::vector<uint32_t>& ids) {
  std::string out;
  EncodeCanonical(std::vector<absl::string_view>(values.begin(), values.end()), ids, &out);
  return out;
}

TEST(Key128, SortsAsItsBytes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    Key128 a, b;
    // Few distinct bytes, so that long common beginnings are frequent.
    for (size_t at = 0; at < 16; ++at) {
      a.bytes[at] = static_cast<unsigned char>(random() % 2 * 200);
      b.bytes[at] = i % 4 == 0 ? a.bytes[at] : static_cast<unsigned char>(random() % 2 * 200);
    }
    EXPECT_EQ(a < b, a.view() < b.view());
    EXPECT_EQ(a == b, a.view() == b.view());
  }
}

TEST(Varint, RoundTripsAtEveryWidth) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const uint64_t value : {uint64_t{1} << bits, (uint64_t{1} << bits) - 1, ~uint64_t{0} >> bits}) {
      std::string bytes;
      AppendVarint(value, &bytes);
      absl::string_view rest = bytes;
      uint64_t read = 0;
      ASSERT_TRUE(TakeVarint(&rest, &read));
      EXPECT_EQ(read, value);
      EXPECT_TRUE(rest.empty());
    }
  }
}

TEST(Varint, CutOrOverlongIsRefused) {
  for (const absl::string_view bad : {absl::string_view(""), absl::string_view("\x80"), absl::string_view("\xFF\xFF"),
                                      absl::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02")}) {
    absl::string_view rest = bad;
    uint64_t value = 0;
    EXPECT_FALSE(TakeVarint(&rest, &value));
  }
}

TEST(PackedFields, GoldenVectorOfTheWire) {
  std::string packed;
  AppendPackedFields(Values{"A01", "", "愛"}, &packed);
  EXPECT_EQ(packed, std::string("\x03"
                                "A01"
                                "\x00"
                                "\x03\xE6\x84\x9B",
                                9));
}

TEST(PackedFields, EveryCutIsRefused) {
  std::string packed;
  AppendPackedFields(Values{"A01", "", "愛"}, &packed);
  for (size_t size = 0; size < packed.size(); ++size) {
    absl::string_view input(packed.data(), size);
    std::vector<absl::string_view> values;
    EXPECT_FALSE(TakePackedFields(&input, 3, &values)) << size;
  }
}

TEST(CanonicalForm, FieldsMovedOrAddedLeaveTheBytesEqual) {
  const std::string before = Encoded({"a", "b"}, {1, 2});
  const std::string moved = Encoded({"b", "", "a"}, {2, 3, 1});
  EXPECT_EQ(before, moved);
}

TEST(CanonicalForm, RoundTripsAndDropsUnknownFields) {
  const std::string bytes = Encoded({"a", "b", "c"}, {5, 2, 9});
  Values values;
  ASSERT_TRUE(DecodeCanonical(bytes, std::vector<uint32_t>{9, 5}, &values));
  EXPECT_EQ(values, (Values{"c", "a"}));
}

TEST(CanonicalForm, DamagedBytesAreRefused) {
  const std::string good = Encoded({"a", "b"}, {1, 2});
  Values values;
  EXPECT_FALSE(DecodeCanonical(good.substr(0, good.size() - 1), std::vector<uint32_t>{1, 2}, &values));
  EXPECT_FALSE(DecodeCanonical(good + good, std::vector<uint32_t>{1, 2}, &values)) << "ids must ascend";
  EXPECT_FALSE(DecodeCanonical(std::string("\x01\x00", 2), std::vector<uint32_t>{1}, &values))
      << "an empty value is absent";
}

TEST(Books, BalanceOnlyWhenEveryChangeIsSomewhere) {
  Books books;
  books.planned = 3;
  books[ChangeState::kPending] = 2;
  EXPECT_FALSE(books.Balance());
  books[ChangeState::kAccepted] = 1;
  EXPECT_TRUE(books.Balance());
  books.Move(ChangeState::kPending, ChangeState::kInFlight);
  EXPECT_TRUE(books.Balance());
}

TEST(SnapshotCounts, BalanceOnlyWhenEveryRowIsSomewhere) {
  SnapshotCounts counts;
  counts.received = 7;
  counts.unchanged = counts.added = counts.updated = counts.cosmetic = counts.invalid = counts.duplicate = 1;
  EXPECT_FALSE(counts.Balance());
  counts.delete_rows = 1;
  EXPECT_TRUE(counts.Balance());
}

}  // namespace
}  // namespace sabun
