#include "adapters/file/block_masks.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace sabun::file {

// The name of a test must be the same in every run.
inline void PrintTo(const MaskKernel& kernel, std::ostream* out) { *out << kernel.name; }

namespace {

class BlockMasksTest : public ::testing::TestWithParam<MaskKernel> {};

TEST_P(BlockMasksTest, EveryByteHasItsBit) {
  std::string text(kBlockBytes, 'x');
  text[0] = ',';
  text[3] = '"';
  text[7] = '"';
  text[63] = '\n';
  BlockMasks masks;
  GetParam().find(text.data(), 1, ',', &masks);
  EXPECT_EQ(masks.delimiters, 1U);
  EXPECT_EQ(masks.quotes, 0x88U);
  EXPECT_EQ(masks.line_feeds, uint64_t{1} << 63);
  EXPECT_EQ(masks.quoted, 0x78U);
}

TEST_P(BlockMasksTest, AgreesWithThePortableWayOnAnyBytes) {
  constexpr size_t kBlocks = 1000;
  std::mt19937 random(7);
  std::string text;
  for (size_t i = 0; i < kBlocks * kBlockBytes; ++i) {
    text.push_back(i % 2 == 0 ? static_cast<char>(random()) : ";\"\n\xBB"[random() % 4]);
  }
  std::vector<BlockMasks> expected(kBlocks);
  std::vector<BlockMasks> masks(kBlocks);
  MaskKernels().front().find(text.data(), kBlocks, ';', expected.data());
  GetParam().find(text.data(), kBlocks, ';', masks.data());
  EXPECT_TRUE(masks == expected);
}

INSTANTIATE_TEST_SUITE_P(AllKernels, BlockMasksTest, ::testing::ValuesIn(MaskKernels().begin(), MaskKernels().end()),
                         [](const auto& kernel) {
                           std::string name(kernel.param.name);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace sabun::file
