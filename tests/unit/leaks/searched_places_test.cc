#include "tests/leaks/searched_places.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_directory.h"

namespace sabun::leaks {
namespace {

const std::string kValue = "770012345678";

class SearchedPlacesTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = folder_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  SearchReport Search(const std::string& path) {
    SearchReport report;
    EXPECT_TRUE(SearchPath(search_, path, &report).ok());
    return report;
  }

  TempDirectory folder_;
  CanarySearch search_{{kValue}};
};

TEST_F(SearchedPlacesTest, FolderIsSearchedToItsDepth) {
  Write("a/b/c/000012.sst", "bytes" + kValue + "bytes");
  Write("a/clean", "nothing");
  const SearchReport report = Search(folder_.path());
  ASSERT_EQ(report.leak_count, 1u);
  EXPECT_THAT(report.leaks[0].path, testing::HasSubstr("a/b/c/000012.sst"));
  EXPECT_EQ(report.files, 2u);
}

TEST_F(SearchedPlacesTest, NameOfAFileIsSearched) {
  Write("extract-" + kValue + ".csv", "nothing");
  EXPECT_EQ(Search(folder_.path()).leak_count, 1u);
}

TEST_F(SearchedPlacesTest, ValueIsFoundOnceWhereverItLiesInALargeFile) {
  constexpr size_t kPiece = 4 << 20;
  for (const size_t at : {kPiece - 200, kPiece - 30, kPiece - 5, kPiece, kPiece + 1, 2 * kPiece - 3}) {
    std::string bytes(3 * kPiece, 'x');
    bytes.replace(at, kValue.size(), kValue);
    const SearchReport report = Search(Write("large", bytes));
    ASSERT_EQ(report.leak_count, 1u) << at;
    EXPECT_EQ(report.leaks[0].hit.position, at);
  }
}

TEST_F(SearchedPlacesTest, FileThatIsNotThereIsAnError) {
  SearchReport report;
  EXPECT_TRUE(absl::IsNotFound(SearchPath(search_, folder_.path() + "/none", &report)));
}

TEST_F(SearchedPlacesTest, FileWithoutANameIsSearchedWhileAProcessHasIt) {
  const std::string path = Write("spool", kValue);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  unlink(path.c_str());
  SearchReport report;
  EXPECT_TRUE(SearchProcess(search_, getpid(), {}, &report).ok());
  close(file);
  EXPECT_EQ(report.leak_count, 1u);
}

TEST_F(SearchedPlacesTest, SourceThatIsNamedIsLeftOut) {
  const std::string path = Write("source.csv", kValue);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  SearchReport report;
  EXPECT_TRUE(SearchProcess(search_, getpid(), {path}, &report).ok());
  close(file);
  EXPECT_EQ(report.leak_count, 0u);
}

}  // namespace
}  // namespace sabun::leaks
