#include "adapters/file/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "tests/unit/adapters/file/temporary_file.h"

namespace sabun::file {
namespace {

// Long enough that a thread is worth it.
std::string LongText() {
  std::string text;
  for (size_t i = 0; text.size() < size_t{24} << 20; ++i) text += std::to_string(i) + "\n";
  return text;
}

// Pages of files that this process has mapped.
size_t MappedKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    size_t kilobytes = 0;
    if (word == "RssFile:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

bool Becomes(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

class MappedFileTest : public ::testing::Test {
 protected:
  const std::string text_ = LongText();
  const TemporaryFile temporary_{text_};
  const std::unique_ptr<MappedFile> file_ = *MappedFile::Open(temporary_.path());
};

TEST_F(MappedFileTest, PagesAreMappedAhead) {
  if (::madvise(const_cast<char*>(file_->data().data()), 1, MADV_POPULATE_READ) != 0) GTEST_SKIP() << "an old kernel";
  const size_t before = MappedKilobytes();
  file_->StartMappingAhead();
  EXPECT_TRUE(Becomes([&] { return MappedKilobytes() > before + (20 << 10); }));
  file_->StopMappingAhead();
  EXPECT_EQ(file_->data(), text_);
}

TEST_F(MappedFileTest, DroppedPagesAreThereAgain) {
  EXPECT_EQ(file_->data(), text_);
  const size_t before = MappedKilobytes();
  file_->StartDroppingPages();
  EXPECT_TRUE(Becomes([&] { return MappedKilobytes() + (20 << 10) < before; }));
  EXPECT_EQ(file_->data(), text_);
}

TEST_F(MappedFileTest, ThreadEndsWithTheFile) {
  file_->StartMappingAhead();
  file_->StartDroppingPages();
}

}  // namespace
}  // namespace sabun::file
