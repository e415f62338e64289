// The two operations that a ring of keys is made with. Thread safe, like all functions.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sabun {

inline constexpr size_t kKeyBytes = 32;

// HMAC-SHA-256, 32 bytes.
std::string KeyedDigest(absl::string_view key, absl::string_view bytes);

// AES-256-GCM under a random nonce: nonce (12 bytes), what was sealed, tag (16 bytes). `place` is bound to it and not
// stored.
std::string Seal(absl::string_view key, absl::string_view place, absl::string_view bytes);
// Nothing when it was sealed under another key or for another place, or is damaged.
std::optional<std::string> Unseal(absl::string_view key, absl::string_view place, absl::string_view sealed);

}  // namespace sabun
