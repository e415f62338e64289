#include "engine/store/sorted_runs.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/store/ctr_cipher.h"

namespace sabun {
namespace {

using Runs = SortedRuns<uint64_t, std::less<uint64_t>>;

std::vector<uint64_t> ReadAll(Runs* runs) {
  std::vector<uint64_t> read;
  EXPECT_TRUE(runs->Rewind().ok());
  while (runs->Valid()) {
    read.push_back(runs->Get());
    EXPECT_TRUE(runs->Next().ok());
  }
  return read;
}

class SortedRunsTest : public testing::TestWithParam<size_t> {};

TEST_P(SortedRunsTest, ReadsBackSortedTwice) {
  std::mt19937_64 random(GetParam());
  for (const size_t count : {0, 1, 15, 16, 17, 1'000, 10'007}) {
    Runs runs({testing::TempDir(), GetParam()});
    std::vector<uint64_t> model;
    for (size_t i = 0; i < count; ++i) {
      model.push_back(random() % 5'000);
      ASSERT_TRUE(runs.Add(model.back()).ok());
    }
    std::sort(model.begin(), model.end());
    EXPECT_EQ(runs.count(), count);
    EXPECT_EQ(ReadAll(&runs), model);
    EXPECT_EQ(ReadAll(&runs), model);
  }
}

INSTANTIATE_TEST_SUITE_P(Budgets, SortedRunsTest, testing::Values(1, 1'000, 64'000, 1 << 20));

TEST(SortedRuns, SpillsOnlyPastItsBudget) {
  Runs small({testing::TempDir(), 16 * sizeof(uint64_t)});
  for (uint64_t i = 0; i < 17; ++i) ASSERT_TRUE(small.Add(i).ok());
  ASSERT_TRUE(small.Rewind().ok());
  EXPECT_EQ(small.spilled_runs(), 2u);
  Runs large({testing::TempDir(), 1 << 20});
  for (uint64_t i = 0; i < 17; ++i) ASSERT_TRUE(large.Add(i).ok());
  ASSERT_TRUE(large.Rewind().ok());
  EXPECT_EQ(large.spilled_runs(), 0u);
}

TEST(SortedRuns, MissingDirectoryIsAnErrorNotALoss) {
  Runs runs({"/nonexistent/directory", 1});
  absl::Status status;
  for (uint64_t i = 0; i < 20 && status.ok(); ++i) status = runs.Add(i);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST(SpoolFile, ReadsBackAnyRange) {
  const auto file = *SpoolFile::Create(testing::TempDir());
  std::string written;
  for (int piece = 1; piece < 50; ++piece) {
    std::string data(piece * 7, static_cast<char>(piece));
    written += data;
    ASSERT_TRUE(file->Append(&data).ok());
  }
  for (size_t offset = 0; offset < written.size(); offset += 101) {
    std::string read(std::min<size_t>(97, written.size() - offset), '\0');
    ASSERT_TRUE(file->Read(offset, read.size(), read.data()).ok());
    EXPECT_EQ(read, written.substr(offset, read.size()));
  }
  char byte = 0;
  EXPECT_FALSE(file->Read(file->size(), 1, &byte).ok());
}

TEST(CtrCipher, PiecesGiveTheCipherOfTheWholeAndNoPlainText) {
  const CtrCipher cipher(DeriveFileKey(std::string(32, 'k'), std::string(32, 's')));
  std::string whole(1'000, 'x'), pieces = whole;
  cipher.Apply(0, whole.data(), whole.size());
  for (size_t at = 0; at < pieces.size(); at += 13)
    cipher.Apply(at, &pieces[at], std::min<size_t>(13, pieces.size() - at));
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(whole.find("xxxx"), std::string::npos);
  EXPECT_NE(DeriveFileKey(std::string(32, 'k'), std::string(32, 't')),
            DeriveFileKey(std::string(32, 'k'), std::string(32, 's')));
}

}  // namespace
}  // namespace sabun
