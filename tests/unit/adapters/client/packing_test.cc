#include "adapters/client/packing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace sabun::client {
namespace {

using ::testing::ElementsAre;

TEST(Packing, MatchesTheTestVectorOfIntakeProto) {
  std::string packed;
  for (const absl::string_view value : {"A01", "", "愛"}) AppendPackedField(value, &packed);
  EXPECT_EQ(packed, std::string("\x03\x41\x30\x31\x00\x03\xE6\x84\x9B", 9));
}

TEST(Packing, FieldsComeBackAsTheyWere) {
  std::string packed;
  const std::string longer(300, 'x');
  for (const absl::string_view value : {absl::string_view("a"), absl::string_view(longer)})
    AppendPackedField(value, &packed);
  absl::string_view input = packed;
  std::vector<absl::string_view> values;
  ASSERT_TRUE(TakePackedFields(&input, 2, &values));
  EXPECT_THAT(values, ElementsAre("a", longer));
  EXPECT_TRUE(input.empty());
}

TEST(Packing, EveryCutIsNoticed) {
  std::string packed;
  for (const absl::string_view value : {"abc", "", "de"}) AppendPackedField(value, &packed);
  std::vector<absl::string_view> values;
  for (size_t size = 0; size < packed.size(); ++size) {
    absl::string_view input(packed.data(), size);
    EXPECT_FALSE(TakePackedFields(&input, 3, &values)) << size;
  }
}

TEST(Packing, VarintsHoldAllOf64Bits) {
  for (const uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}, std::numeric_limits<uint64_t>::max()}) {
    std::string bytes;
    AppendVarint(value, &bytes);
    absl::string_view input = bytes;
    uint64_t read = 0;
    ASSERT_TRUE(TakeVarint(&input, &read));
    EXPECT_EQ(read, value);
  }
}

TEST(Packing, VarintOfMoreThan64BitsIsRefused) {
  absl::string_view input = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02";
  uint64_t value = 0;
  EXPECT_FALSE(TakeVarint(&input, &value));
}

}  // namespace
}  // namespace sabun::client
