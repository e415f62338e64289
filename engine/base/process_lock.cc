#include "engine/base/process_lock.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace sabun {
namespace {

// A file key is 32 bytes, and a store has some hundreds of files open.
constexpr size_t kSecretHeapBytes = 1 << 20, kSmallestSecret = 32;

bool secrets_are_locked = false;

absl::Status Refused(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("the system refuses ", what, " (errno ", errno, ")"));
}

}  // namespace

absl::Status LockProcess(bool allow_debugger) {
  umask(077);
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return Refused("to forbid core dumps");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused("to forbid new privileges");
  if (!allow_debugger && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Refused("to shut out debuggers");
  secrets_are_locked = CRYPTO_secure_malloc_init(kSecretHeapBytes, kSmallestSecret) == 1;
  return absl::OkStatus();
}

bool SecretsAreLocked() { return secrets_are_locked; }

}  // namespace sabun
