#include "engine/base/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coded_error.h"

namespace sabun {

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return absl::UnavailableError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return absl::WrapUnique(new DirectoryLock(file));
  const int why = errno;
  close(file);
  if (why != EWOULDBLOCK) return absl::UnavailableError(absl::StrCat("cannot lock ", path, ": ", std::strerror(why)));
  return CodedError(
      absl::StatusCode::kFailedPrecondition,
      {"STORE-IN-USE",
       absl::StrCat("another sabund runs on ", directory, ". Nothing was changed; use that one, or stop it first."),
       absl::StrCat(directory,
                    " では別の sabund が動いています。何も変更していません。それを使うか、先に止めてください。")});
}

DirectoryLock::~DirectoryLock() { close(file_); }

}  // namespace sabun
