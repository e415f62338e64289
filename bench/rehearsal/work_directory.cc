#include "bench/rehearsal/work_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace sabun::bench {

absl::StatusOr<std::unique_ptr<WorkDirectory>> WorkDirectory::Create(const std::string& parent) {
  const char* const set = std::getenv("TMPDIR");
  const std::string place = !parent.empty() ? parent : set != nullptr && *set != '\0' ? set : "/tmp";
  std::string path = place + "/sabun-rehearsal-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make a directory in ", place));
  }
  return absl::WrapUnique(new WorkDirectory(std::move(path)));
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;  // What cannot be removed stays; nobody could do anything about it here.
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sabun::bench
