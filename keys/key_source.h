// Where the key-encryption key comes from. It is 32 bytes, as they are or as 64 hex digits.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/secret_bytes.h"

namespace sabun {

// Exactly one way is given.
struct KeySource {
  std::string file = {};
  std::string credential = {};           // a name below systemd's $CREDENTIALS_DIRECTORY
  std::vector<std::string> shares = {};  // two files; the key is their exclusive or
  std::string command = {};              // for the shell; prints the key and ends with 0
};

// Errors, with codes: INVALID_ARGUMENT (KEY-SOURCE: none or two ways; KEY-FORMAT), NOT_FOUND (KEY-MISSING),
// UNAVAILABLE (KEY-COMMAND-FAILED). No text holds anything of a key.
absl::StatusOr<SecretBytes> FetchKey(const KeySource& source);
absl::StatusOr<SecretBytes> ReadKeyFile(const std::string& path);

// Writes a key in hex to a new file that only this user can read. Errors: ALREADY_EXISTS (KEY-FILE-EXISTS: a key is
// never overwritten), UNAVAILABLE.
absl::Status WriteKeyFile(const std::string& path, absl::string_view key);

// Random, from the operating system.
SecretBytes NewKey();
// Of equal length. Splits a key with a random share, and joins the two.
SecretBytes ExclusiveOr(absl::string_view a, absl::string_view b);

}  // namespace sabun
