#include "adapters/file/row_finder.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace sabun::file {
namespace {

class RowFinderTest : public ::testing::Test {
 protected:
  RowFinderTest() {
    for (int i = 0; i < 1000; ++i) absl::StrAppend(&data_, i % 3 == 0 ? "\"x\n\"," : "y,", i, "\n");
    finder_ = std::make_unique<RowFinder>(data_, Dialect());
    const size_t half = data_.find("y,500\n");
    NoteRows(0, half, 1, 500);
    NoteRows(half, data_.size(), 1 + 500 + 167, 500);
  }

  // The rows from `begin` to `end` as one part.
  void NoteRows(size_t begin, size_t end, uint64_t line, uint64_t count) {
    std::vector<RowPlace> places;
    RowScanner scanner(absl::string_view(data_).substr(begin, end - begin), {});
    for (uint64_t row = 0; scanner.Next(&row_); ++row) {
      if (row % kRowsPerPlace != 0) continue;
      places.push_back(
          {static_cast<uint32_t>(row), static_cast<uint32_t>(row_.offset), static_cast<uint32_t>(row_.line - 1)});
    }
    finder_->Note(count, begin, line, places);
  }
  std::string Find(uint64_t ordinal) {
    finder_->Find(ordinal, &row_);
    return std::string(row_.fields[1]);
  }

  std::string data_;
  std::unique_ptr<RowFinder> finder_;
  Row row_;
};

TEST_F(RowFinderTest, FindsEveryRowInOrder) {
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(Find(i), absl::StrCat(i));
}

TEST_F(RowFinderTest, FindsRowsForwardsAndBackwards) {
  for (const int i : {999, 0, 64, 63, 65, 640, 640, 499, 500, 501, 700}) EXPECT_EQ(Find(i), absl::StrCat(i));
}

TEST_F(RowFinderTest, KnowsTheLine) {
  Find(130);
  EXPECT_EQ(row_.line, 1 + 130 + 44);
}

}  // namespace
}  // namespace sabun::file
