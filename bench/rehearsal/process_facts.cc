#include "bench/rehearsal/process_facts.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sabun::bench {
namespace {

namespace fs = std::filesystem;

// The number after "NAME:" in a file of lines "NAME:   123 kB", in bytes; 0 when it is not there.
uint64_t KibibytesIn(const std::string& path, absl::string_view name) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!absl::StartsWith(line, name) || line[name.size()] != ':') continue;
    const std::vector<std::string> words = absl::StrSplit(line.substr(name.size() + 1), ' ', absl::SkipWhitespace());
    uint64_t kibibytes = 0;
    if (!words.empty() && absl::SimpleAtoi(absl::StripAsciiWhitespace(words[0]), &kibibytes)) return kibibytes << 10;
  }
  return 0;
}

std::string ProcFile(pid_t id, absl::string_view name) { return absl::StrCat("/proc/", id, "/", name); }

}  // namespace

ProcessMemory MemoryOf(pid_t id) {
  const std::string status = ProcFile(id, "status");
  return {KibibytesIn(status, "RssAnon"), KibibytesIn(status, "VmHWM")};
}

absl::Duration CpuTimeOf(pid_t id) {
  std::ifstream in(ProcFile(id, "stat"));
  std::string text;
  std::getline(in, text);
  // The second field is the program's name in brackets and may hold spaces; utime and stime are 14 and 15.
  const size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return absl::ZeroDuration();
  const std::vector<std::string> fields = absl::StrSplit(text.substr(bracket + 1), ' ', absl::SkipEmpty());
  int64_t user = 0;
  int64_t system = 0;
  if (fields.size() < 13 || !absl::SimpleAtoi(fields[11], &user) || !absl::SimpleAtoi(fields[12], &system)) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(1) * (user + system) / sysconf(_SC_CLK_TCK);
}

absl::Duration OwnCpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

// Lengths and not blocks: the store reserves blocks ahead, and the file system counts them late.
uint64_t DiskUse(const std::string& directory, pid_t id) {
  uint64_t bytes = 0;
  struct stat facts {};
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (lstat(entry->path().c_str(), &facts) == 0) bytes += static_cast<uint64_t>(facts.st_size);
  }
  struct stat place {};
  if (stat(directory.c_str(), &place) != 0) return bytes;
  for (fs::directory_iterator entry(ProcFile(id, "fd"), error), end; !error && entry != end; entry.increment(error)) {
    const bool there = stat(entry->path().c_str(), &facts) == 0;
    if (there && S_ISREG(facts.st_mode) && facts.st_nlink == 0 && facts.st_dev == place.st_dev) {
      bytes += static_cast<uint64_t>(facts.st_size);
    }
  }
  return bytes;
}

absl::StatusOr<uint64_t> FreeDisk(const std::string& directory) {
  struct statvfs facts {};
  if (statvfs(directory.c_str(), &facts) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot ask for the free space of ", directory));
  }
  return static_cast<uint64_t>(facts.f_bavail) * facts.f_frsize;
}

uint64_t MachineMemory() { return KibibytesIn("/proc/meminfo", "MemTotal"); }

uint64_t AvailableMemory() { return KibibytesIn("/proc/meminfo", "MemAvailable"); }

std::string ProcessorName() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (absl::StartsWith(line, "model name")) return std::string(absl::StripAsciiWhitespace(parts.second));
  }
  return "";
}

}  // namespace sabun::bench
