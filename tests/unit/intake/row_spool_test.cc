#include "engine/intake/row_spool.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sabun {
namespace {

TEST(RowSpool, EveryAddedRowIsFoundByItsOrdinal) {
  std::mt19937_64 random(5);
  RowSpool spool(testing::TempDir());
  std::map<uint64_t, std::string> model;
  for (uint64_t ordinal = 0; ordinal < 20'000; ordinal += 1 + random() % 3) {
    // Some larger than a piece of the file, some empty.
    const size_t size = random() % 2'000 == 0 ? 2'000'000 : random() % 300;
    model[ordinal] = std::string(size, static_cast<char>(random()));
    ASSERT_TRUE(spool.Add(ordinal, model[ordinal]).ok());
  }
  ASSERT_TRUE(spool.FinishAdding().ok());
  for (uint64_t ordinal = 0; ordinal < 20'010; ordinal += 1 + random() % 5) {
    const auto found = spool.Find(ordinal);
    const auto known = model.find(ordinal);
    ASSERT_EQ(found.ok(), known != model.end()) << ordinal;
    if (found.ok()) {
      EXPECT_EQ(*found, known->second) << ordinal;
    } else {
      EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
    }
  }
}

TEST(RowSpool, WithoutRowsNothingIsFoundAndNothingWritten) {
  RowSpool spool("/nonexistent/directory");
  ASSERT_TRUE(spool.FinishAdding().ok());
  EXPECT_EQ(spool.Find(0).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(spool.Add(0, "row").ok());
  EXPECT_EQ(spool.FinishAdding().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sabun
