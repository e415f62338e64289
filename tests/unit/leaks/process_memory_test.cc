#include "tests/leaks/process_memory.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sabun::leaks {
namespace {

// A value that nobody has: made anew, for the process is a copy of this one with all that was ever made here.
std::string UnknownValue() {
  std::string value(32, '\0');
  EXPECT_EQ(getentropy(value.data(), value.size()), 0);
  for (char& letter : value) letter = static_cast<char>('a' + static_cast<unsigned char>(letter) % 26);
  return value;
}

// A process with a random secret, which nobody else has, in a page that is locked or not.
class Keeper {
 public:
  explicit Keeper(bool locked) {
    int told[2];
    EXPECT_EQ(pipe(told), 0);
    id_ = fork();
    if (id_ == 0) Keep(locked, told[1]);
    secret_.resize(32);
    EXPECT_EQ(read(told[0], secret_.data(), secret_.size()), 32);
    close(told[0]);
    close(told[1]);
  }
  ~Keeper() {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  SecretPlaces Find() const {
    const auto memory = ProcessMemory::Of(id_);
    EXPECT_TRUE(memory.ok()) << memory.status();
    return memory->Find({secret_})->front();
  }
  size_t CountValues() const { return *ProcessMemory::Of(id_)->CountValues(CanarySearch({UnknownValue(), secret_})); }

 private:
  [[noreturn]] static void Keep(bool locked, int told) {
    void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (locked && (mlock(page, 4096) != 0 || madvise(page, 4096, MADV_DONTDUMP) != 0)) _exit(1);
    // Made in place, so that it is nowhere else; a text, so that it may be a person's value.
    if (getentropy(page, 32) != 0) _exit(1);
    for (int i = 0; i < 32; ++i) static_cast<unsigned char*>(page)[i] = 'a' + static_cast<unsigned char*>(page)[i] % 26;
    if (write(told, page, 32) != 32) _exit(1);
    for (;;) pause();
  }
  pid_t id_ = 0;
  std::string secret_;
};

class ProcessMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer reserves terabytes, all of which can be read";
#endif
  }
};

TEST_F(ProcessMemoryTest, SecretInLockedMemoryIsThereOnly) {
  const SecretPlaces places = Keeper(true).Find();
  EXPECT_EQ(places.locked, 1u);
  EXPECT_EQ(places.elsewhere, 0u);
}

TEST_F(ProcessMemoryTest, SecretInOrdinaryMemoryIsFoundThere) {
  const Keeper keeper(false);
  const SecretPlaces places = keeper.Find();
  EXPECT_EQ(places.locked, 0u);
  EXPECT_EQ(places.elsewhere, 1u);
  EXPECT_EQ(places.areas, std::vector<std::string>{"anonymous"});
  EXPECT_EQ(keeper.CountValues(), 1u);
}

TEST_F(ProcessMemoryTest, ProcessThatIsNotThereIsAnError) { EXPECT_FALSE(ProcessMemory::Of(-1).ok()); }

}  // namespace
}  // namespace sabun::leaks
