// What a process that holds personal data asks of the kernel at its start.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sabun {

// Before any secret is read and any thread exists: no core dumps, no debugger or /proc look by processes of the same
// user (unless `allow_debugger`), no new privileges, files for the owner alone, and a heap for secrets that is locked
// against swapping. Errors: UNAVAILABLE with what the kernel refused. A heap that cannot be locked is no error; see
// SecretsAreLocked.
absl::Status LockProcess(bool allow_debugger);

// Whether the secret heap is there and locked: not, when the limit of locked memory is below a mebibyte.
bool SecretsAreLocked();

}  // namespace sabun
