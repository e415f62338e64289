#include "engine/base/process_lock.h"

#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/huge_array.h"
#include "engine/base/random.h"
#include "engine/base/secret_bytes.h"

namespace sabun {
namespace {

// Each test asks the kernel in a process of its own, which ends with 0 when the condition holds.
#define EXPECT_IN_PROCESS(...) EXPECT_EXIT(std::_Exit((__VA_ARGS__) ? 0 : 1), testing::ExitedWithCode(0), "")

bool CoresAreForbidden() {
  rlimit limit{1, 1};
  return LockProcess(false).ok() && getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
}

// The flags that the kernel keeps for the memory at `address` ("VmFlags" of smaps).
bool HasMemoryFlag(const void* address, absl::string_view flag) {
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      here = begin <= reinterpret_cast<unsigned long>(address) && reinterpret_cast<unsigned long>(address) < end;
    } else if (here && absl::StartsWith(line, "VmFlags:")) {
      const std::vector<std::string> flags = absl::StrSplit(line, ' ');
      return std::find(flags.begin(), flags.end(), flag) != flags.end();
    }
  }
  return false;
}

// How often the bytes that `masked` hides occur in this process's memory.
int OccurrencesInMemory(const std::string& masked) {
  std::ifstream maps("/proc/self/maps");
  std::ifstream memory("/proc/self/mem", std::ios::binary);
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3 || std::strncmp(rights, "rw", 2) != 0)
      continue;
    std::vector<char> bytes(end - begin);
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    for (size_t at = 0; at + masked.size() <= bytes.size(); ++at) {
      size_t same = 0;
      while (same < masked.size() && bytes[at + same] == static_cast<char>(masked[same] ^ 0x5A)) ++same;
      count += same == masked.size();
    }
    OPENSSL_cleanse(bytes.data(), bytes.size());
  }
  return count;
}

TEST(ProcessLock, ForbidsCoreDumps) { EXPECT_IN_PROCESS(CoresAreForbidden()); }

TEST(ProcessLock, ShutsOutDebuggersAndNewPrivileges) {
  EXPECT_IN_PROCESS(LockProcess(false).ok() && prctl(PR_GET_DUMPABLE) == 0 &&
                    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

TEST(ProcessLock, LetsDebuggersInWhenAsked) {
  EXPECT_IN_PROCESS(LockProcess(true).ok() && prctl(PR_GET_DUMPABLE) == 1);
}

TEST(ProcessLock, SecretsAreInLockedMemoryThatNoDumpHolds) {
  EXPECT_IN_PROCESS([] {
    if (!LockProcess(true).ok() || !SecretsAreLocked()) return false;
    const SecretBytes secret("0123456789abcdef0123456789abcdef");
    return CRYPTO_secure_allocated(secret.view().data()) == 1 && HasMemoryFlag(secret.view().data(), "lo") &&
           HasMemoryFlag(secret.view().data(), "dd");
  }());
}

TEST(SecretBytes, AreNowhereInMemoryWhenTheyAreGone) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer keeps what was freed, and terabytes of shadow";
#endif
  EXPECT_IN_PROCESS([] {
    std::string secret = RandomBytes(32), masked = secret;
    for (char& byte : masked) byte ^= 0x5A;
    bool while_it_lives = false;
    {
      SecretBytes first = SecretBytes::TakeFrom(&secret);
      const SecretBytes second(std::move(first));
      while_it_lives = OccurrencesInMemory(masked) == 1;
    }
    return while_it_lives && OccurrencesInMemory(masked) == 0;
  }());
}

TEST(SecretBytes, AreTheBytesThatWereGiven) {
  SecretBytes secret(absl::string_view("a\0b", 3));
  EXPECT_EQ(secret.view(), absl::string_view("a\0b", 3));
  secret = SecretBytes("other");
  EXPECT_EQ(secret.view(), "other");
  EXPECT_EQ(SecretBytes().view(), "");
}

TEST(HugeArray, IsLeftOutOfDumps) {
  HugeArray<uint64_t> rows(1 << 20);
  rows.data()[7] = 1;
  EXPECT_TRUE(HasMemoryFlag(rows.data(), "dd"));
}

}  // namespace
}  // namespace sabun
